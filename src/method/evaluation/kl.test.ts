import { expect, test } from "vitest";
import { fitRewardAgainstKl } from "./kl.ts";

test("a straight line in the square root of KL is found exactly", () => {
  const fit = fitRewardAgainstKl([0, 1, 4, 9].map((kl) => ({ kl, score: 2 + 0.5 * Math.sqrt(kl) })))!;
  expect(fit.slope).toBeCloseTo(0.5, 12);
  expect(fit.intercept).toBeCloseTo(2, 12);
  expect(fit.rSquared).toBeCloseTo(1, 12);
});

test("least squares by hand", () => {
  // x = sqrt(KL) = 0, 1, 2 and y = 0, 2, 1: slope 1/2, intercept 1/2, r² = (1/3)² / (2/3 x 2/3) = 1/4.
  const fit = fitRewardAgainstKl([
    { kl: 0, score: 0 },
    { kl: 1, score: 2 },
    { kl: 4, score: 1 },
  ])!;
  expect([fit.slope, fit.intercept, fit.rSquared].map((x) => x.toFixed(12))).toEqual(
    [0.5, 0.5, 0.25].map((x) => x.toFixed(12)),
  );
});

test("a KL estimated below nought counts as nought; one KL alone has no line", () => {
  expect(
    fitRewardAgainstKl([
      { kl: -0.01, score: 1 },
      { kl: 0, score: 2 },
    ]),
  ).toBeNull();
  expect(fitRewardAgainstKl([])).toBeNull();
});
