import { expect, it } from "vitest";
import { learningRateAt } from "./schedule.ts";

const rates = (schedule: Parameters<typeof learningRateAt>[0], steps: readonly number[]) =>
  steps.map((step) => learningRateAt(schedule, 0.01, step));

it("a constant rate stays at the peak after its warmup", () => {
  expect(rates({ kind: "constant", warmupSteps: 4 }, [1, 2, 4, 5, 1000])).toEqual([
    0.0025, 0.005, 0.01, 0.01, 0.01,
  ]);
});

it("a linear rate falls in a straight line to its final fraction, and stays there", () => {
  const [middle, last, after] = rates(
    { kind: "linear", warmupSteps: 0, steps: 10, finalFraction: 0.1 },
    [5, 10, 12],
  );
  expect(middle).toBeCloseTo(0.01 * (0.1 + 0.9 * 0.5), 12);
  expect(last).toBeCloseTo(0.001, 12);
  expect(after).toBeCloseTo(0.001, 12);
});

it("a cosine rate is half way down at half time and flat at the end", () => {
  const schedule = { kind: "cosine", warmupSteps: 2, steps: 102, finalFraction: 0 } as const;
  const [middle, late, last] = rates(schedule, [52, 77, 102]);
  expect(middle).toBeCloseTo(0.005, 12);
  expect(late).toBeCloseTo(0.005 * (1 - Math.SQRT1_2), 12); // (1 + cos 3pi/4) / 2
  expect(last).toBeCloseTo(0, 12);
});

it("a stable-decay rate stays at the peak until its last steps", () => {
  const schedule = {
    kind: "stable-decay",
    warmupSteps: 0,
    steps: 100,
    decaySteps: 20,
    finalFraction: 0,
  } as const;
  const [stable, middle, last] = rates(schedule, [80, 90, 100]);
  expect(stable).toBeCloseTo(0.01, 12);
  expect(middle).toBeCloseTo(0.005, 12);
  expect(last).toBeCloseTo(0, 12);
});
