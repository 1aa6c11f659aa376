import { expect, test } from "vitest";
import type { Comparison, Reading } from "../records.ts";
import { probabilityOfA, softLabel } from "./soft-label.ts";

const use = { principle: "p", constitutionVersion: "1.0.0", wording: "Which is better?" };
const comparison: Comparison = { id: "c", prompt: "x", a: "r1", b: "r2", textA: "one", textB: "two" };
const reading = (order: "ab" | "ba", pA: number, pB: number): Reading => ({
  use,
  order,
  reasoning: null,
  oddity: "none",
  logProbA: Math.log(pA),
  logProbB: Math.log(pB),
});
const soft = { labels: "soft", clamp: null } as const;

test("mass outside the two labels is normalised away", () => {
  expect(probabilityOfA(reading("ab", 0.3, 0.1))).toBeCloseTo(0.75, 12);
});

test("in the swapped order, answer a stands under label (B)", () => {
  expect(probabilityOfA(reading("ba", 0.3, 0.1))).toBeCloseTo(0.25, 12);
});

test("a judge that always says (A) ends at one half: position bias cancels", () => {
  const label = softLabel(comparison, [reading("ab", 0.9, 0.1), reading("ba", 0.9, 0.1)], soft);
  expect(label.probability).toBeCloseTo(0.5, 12);
});

test("the clamp keeps what was read before it", () => {
  const readings = [reading("ab", 0.9, 0.1), reading("ba", 0.2, 0.8)];
  const label = softLabel(comparison, readings, { labels: "soft", clamp: [0.4, 0.6] });
  expect(label.unclamped).toBeCloseTo(0.85, 12);
  expect(label.probability).toBe(0.6);
});

test("hard labels round, and a perfect tie stays a tie", () => {
  const hard = { labels: "hard", clamp: null } as const;
  expect(softLabel(comparison, [reading("ab", 0.2, 0.3)], hard).probability).toBe(0);
  expect(softLabel(comparison, [reading("ab", 0.5, 0.5), reading("ba", 0.5, 0.5)], hard).probability).toBe(
    0.5,
  );
});

test("readings after odd reasons count for nothing, and without others there is no label to learn from", () => {
  const odd: Reading = { ...reading("ab", 0.1, 0.9), oddity: "truncated" };
  expect(softLabel(comparison, [odd, reading("ba", 0.2, 0.8)], soft)).toMatchObject({
    probability: expect.closeTo(0.8, 12),
    oddity: "none",
  });
  expect(softLabel(comparison, [odd], soft)).toMatchObject({ probability: 0.5, oddity: "no-reading" });
});
