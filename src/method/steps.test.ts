import { expect, test } from "vitest";
import { seed } from "../engine/random.ts";
import { batchAt, learningRateAt, stepsOf } from "./steps.ts";

const examples = Array.from({ length: 10 }, (_, i) => i);

test("every epoch shows each example once, in an order of its own", () => {
  const seen = Array.from({ length: 5 }, (_, step) => batchAt(examples, step, 4, seed("s"))).flat();
  const [first, second] = [seen.slice(0, 10), seen.slice(10)];
  expect(first.toSorted((a, b) => a - b)).toEqual(examples);
  expect(second.toSorted((a, b) => a - b)).toEqual(examples);
  expect(first).not.toEqual(second);
});

test("a step's batch depends on the seed and the step alone", () => {
  expect(batchAt(examples, 3, 4, seed("s"))).toEqual(batchAt(examples, 3, 4, seed("s")));
  expect(batchAt(examples, 3, 4, seed("s"))).not.toEqual(batchAt(examples, 3, 4, seed("t")));
});

test("steps cover all epochs", () => {
  expect(stepsOf(10, 2, 4)).toBe(5);
  expect(stepsOf(10, 1, 4)).toBe(3);
  expect(stepsOf(100, 1.1, 10)).toBe(11); // 100 x 1.1 is 110.00000000000001
});

test("warm-up is linear, constant stays, linear and cosine end near zero", () => {
  const schedule = { kind: "constant", learningRate: 2, warmup: 4 } as const;
  expect([0, 1, 3, 50].map((step) => learningRateAt(schedule, step, 100))).toEqual([0.5, 1, 2, 2]);
  expect(learningRateAt({ kind: "linear", learningRate: 2, warmup: 0 }, 75, 100)).toBeCloseTo(0.5, 12);
  expect(learningRateAt({ kind: "cosine", learningRate: 2, warmup: 0 }, 50, 100)).toBeCloseTo(1, 12);
});
