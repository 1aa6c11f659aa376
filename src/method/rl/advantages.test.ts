import { expect, test } from "vitest";
import { estimateAdvantages, whiten } from "./advantages.ts";

test("with lambda 1 and discount 1 the return of every token is the reward still to come", () => {
  const { returns, advantages } = estimateAdvantages([1, 2, 4], [0.5, -1, 3], 1, 1);
  expect(returns).toEqual([7, 6, 4]);
  expect(advantages).toEqual([6.5, 7, 1]);
});

test("with lambda 0 the advantage is the one-step temporal difference", () => {
  // delta = [1 + 0.9*(-1) - 0.5, 2 + 0.9*3 - (-1), 4 + 0 - 3]
  const { advantages } = estimateAdvantages([1, 2, 4], [0.5, -1, 3], 0.9, 0);
  expect(advantages[0]).toBeCloseTo(-0.4, 12);
  expect(advantages[1]).toBeCloseTo(5.7, 12);
  expect(advantages[2]).toBeCloseTo(1, 12);
});

test("advantages agree with the sum of discounted differences written out", () => {
  const rewards = [0.3, -0.2, 0, 1.5];
  const values = [0.1, 0.4, -0.3, 0.9];
  const [discount, lambda] = [0.97, 0.8];
  const delta = rewards.map((r, t) => r + discount * (values[t + 1] ?? 0) - values[t]!);
  const { advantages } = estimateAdvantages(rewards, values, discount, lambda);
  for (let t = 0; t < 4; t++) {
    let written = 0;
    for (let k = t; k < 4; k++) written += (discount * lambda) ** (k - t) * delta[k]!;
    expect(advantages[t]).toBeCloseTo(written, 12);
  }
});

test("whitening acts over the whole batch, not answer by answer", () => {
  const whitened = whiten([[1, 2], [3], [4, 5, 6]]);
  const all = whitened.flat();
  expect(all.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 10);
  expect(all.reduce((a, b) => a + b * b, 0) / all.length).toBeCloseTo(1, 6);
  expect(whitened.map((answer) => answer.length)).toEqual([2, 1, 3]);
  expect(whitened[0]![0]!).toBeLessThan(whitened[2]![0]!);
});
