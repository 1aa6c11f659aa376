import { expect, test } from "vitest";
import { seed } from "../../engine/random.ts";
import {
  accuracyOf,
  bothWays,
  expectedCalibrationError,
  overConfidence,
  reliabilityBins,
  summarizeCalibration,
} from "./calibration.ts";

test("the error of two bins, by hand", () => {
  // Bin 0.2-0.3 holds 0.25 twice, came true 0 and 1; bin 0.9-1 holds 0.9 and 1.0, came true twice.
  const bins = reliabilityBins([
    { predicted: 0.25, observed: 0 },
    { predicted: 0.25, observed: 1 },
    { predicted: 0.9, observed: 1 },
    { predicted: 1, observed: 1 },
  ]);
  expect(bins.map(({ low, count, observed }) => [low, count, observed])).toEqual([
    [0.2, 2, 0.5],
    [0.9, 2, 1],
  ]);
  // 1/2 x |0.25 - 0.5| + 1/2 x |0.95 - 1| = 0.15
  expect(expectedCalibrationError(bins)).toBeCloseTo(0.15, 12);
});

test("outcomes drawn from the predictions are calibrated; the same outcomes under sharpened predictions are not", () => {
  const random = seed("coins").random();
  const honest = Array.from({ length: 20_000 }, () => {
    const predicted = random.float();
    return { predicted, observed: random.chance(predicted) ? 1 : 0 };
  });
  const sharpened = honest.map(({ predicted, observed }) => ({
    predicted: predicted > 0.5 ? 0.99 : 0.01,
    observed,
  }));
  expect(expectedCalibrationError(reliabilityBins(honest))).toBeLessThan(0.02);
  // A sharp guess is right three times in four: 0.99 against 0.75.
  expect(expectedCalibrationError(reliabilityBins(sharpened))).toBeCloseTo(0.24, 1.5);
});

test("soft truths count with their probability", () => {
  const ties = Array.from({ length: 10 }, () => ({ predicted: 0.5, observed: 0.5 }));
  expect(expectedCalibrationError(reliabilityBins(ties))).toBe(0);
  const certain = ties.map(({ observed }) => ({ predicted: 0.95, observed }));
  expect(expectedCalibrationError(reliabilityBins(certain))).toBeCloseTo(0.45, 12);
});

test("accuracy leaves ties out and gives half for no opinion", () => {
  const accuracy = accuracyOf([
    { predicted: 0.9, observed: 1 },
    { predicted: 0.9, observed: 0.3 },
    { predicted: 0.5, observed: 0 },
    { predicted: 0.99, observed: 0.5 },
  ]);
  expect(accuracy).toEqual({ right: 1.5, of: 3 });
});

test("over-confidence has a sign: surer than right, or righter than sure; ties in truth say nothing", () => {
  const said = (predicted: number, ...observed: readonly number[]) =>
    observed.map((truth) => ({ predicted, observed: truth }));
  // Surely 0.9 either way, and right three times in four.
  expect(overConfidence([...said(0.9, 1, 0, 0.5), ...said(0.1, 0, 0)])).toBeCloseTo(0.15, 12);
  expect(overConfidence(said(0.6, 1, 1, 1))).toBeCloseTo(-0.4, 12);
  expect(overConfidence(said(0.5, 1, 0))).toBeCloseTo(0, 12); // no opinion is half right
  const summary = (given: Parameters<typeof overConfidence>[0]) =>
    summarizeCalibration(given, 50, seed("sign").random())!.overConfidence;
  const under = summary(said(0.6, 1, 1, 1));
  expect([under?.value, under?.low, under?.high].map((value) => value?.toFixed(9))).toEqual(
    Array(3).fill("-0.400000000"),
  );
  expect(summary(said(0.9, 0.5))).toBeNull();
});

test("which answer is called a cannot change the summary's error", () => {
  const predictions = [
    { predicted: 0.8, observed: 1 },
    { predicted: 0.3, observed: 1 },
    { predicted: 0.55, observed: 0.5 },
  ];
  const exchanged = predictions.map((p) => ({ predicted: 1 - p.predicted, observed: 1 - p.observed }));
  expect(bothWays(predictions)).toHaveLength(6);
  const summary = (of: typeof predictions) => summarizeCalibration(of, 100, seed("bootstrap").random())!;
  const error = (of: typeof predictions) => summary(of).expectedCalibrationError;
  for (const part of ["value", "low", "high"] as const)
    expect(error(exchanged)[part]).toBeCloseTo(error(predictions)[part], 12);
  expect(summary(predictions)).toMatchObject({
    comparisons: 3,
    ties: 1,
    accuracy: { count: 1, of: 2 },
  });
});

test("a soft label near one half counts as a tie, however it leans", () => {
  const near = accuracyOf([
    { predicted: 0.9, observed: 0.52 },
    { predicted: 0.9, observed: 0.46 },
    { predicted: 0.9, observed: 0.6 },
  ]);
  expect(near).toEqual({ right: 1, of: 1 });
});
