import { expect, test } from "vitest";
import { nextCoefficient, tokenRewards } from "./reward.ts";

test("the score arrives at the last token and every token pays its share of the KL", () => {
  const rewards = tokenRewards(2, [-1, -2, -0.5], [-1.5, -1, -0.5], 0.1);
  expect(rewards[0]).toBeCloseTo(-0.05, 12);
  expect(rewards[1]).toBeCloseTo(0.1, 12);
  expect(rewards[2]).toBeCloseTo(2, 12);
});

test("the rewards of an answer add up to score - coefficient x KL", () => {
  const rewards = tokenRewards(-1.25, [-0.2, -0.9], [-0.7, -0.1], 0.3);
  const kl = -0.2 - 0.9 - (-0.7 - 0.1);
  expect(rewards.reduce((a, b) => a + b, 0)).toBeCloseTo(-1.25 - 0.3 * kl, 12);
});

test("an adaptive coefficient rises above the target, falls below it, and moves at most a fifth a horizon", () => {
  const control = { kind: "adaptive", initial: 0.1, target: 4, horizon: 1000 } as const;
  expect(nextCoefficient(control, 0.1, 4.4, 100)).toBeCloseTo(0.1 * (1 + 0.1 * 0.1), 12);
  expect(nextCoefficient(control, 0.1, 400, 1000)).toBeCloseTo(0.12, 12);
  expect(nextCoefficient(control, 0.1, 0, 1000)).toBeCloseTo(0.08, 12);
  expect(nextCoefficient(control, 0.1, 0, 64_000)).toBeCloseTo(0.08, 12); // never below nothing, however many answers
  expect(nextCoefficient({ kind: "fixed", coefficient: 0.001 }, 0.001, 400, 1000)).toBe(0.001);
});
