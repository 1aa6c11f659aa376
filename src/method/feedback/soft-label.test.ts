import { expect, test } from "vitest";
import type { Comparison, Reading } from "../records.ts";
import { probabilitiesByPrinciple, probabilityOfA, softLabel } from "./soft-label.ts";

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
  expect(softLabel(comparison, [reading("ab", 0.2, 0.3), reading("ba", 0.5, 0.4)], hard).probability).toBe(0);
  // A judge of nine votes in ten for whatever stands first: 0.49999999999999994 in floating point.
  expect(softLabel(comparison, [reading("ab", 0.9, 0.1), reading("ba", 0.9, 0.1)], hard).probability).toBe(
    0.5,
  );
  expect(softLabel(comparison, [reading("ab", 0.5, 0.5), reading("ba", 0.5, 0.5)], hard).probability).toBe(
    0.5,
  );
});

test("readings after odd reasons count for nothing, and both orders for as much, however many of either are left", () => {
  const odd: Reading = { ...reading("ab", 0.1, 0.9), oddity: "truncated" };
  const [ab, ba] = [reading("ab", 0.9, 0.1), reading("ba", 0.9, 0.1)]; // always (A)
  expect(softLabel(comparison, [odd, ab, ba, ba, ba], soft)).toMatchObject({
    probability: expect.closeTo(0.5, 12),
    oddity: "none",
  });
});

test("without a reading in either order there is no label to learn from", () => {
  const odd: Reading = { ...reading("ab", 0.1, 0.9), oddity: "truncated" };
  for (const readings of [[], [odd], [odd, reading("ba", 0.2, 0.8)]])
    expect(softLabel(comparison, readings, soft)).toMatchObject({ probability: 0.5, oddity: "no-reading" });
});

test("of several principles each counts once, and one that was not read in both orders not at all", () => {
  const under = (principle: string, one: Reading): Reading => ({ ...one, use: { ...use, principle } });
  const readings = [
    ...[reading("ab", 0.9, 0.1), reading("ba", 0.1, 0.9), reading("ba", 0.1, 0.9)].map((one) =>
      under("p", one),
    ),
    ...[reading("ab", 0.3, 0.7), reading("ba", 0.7, 0.3)].map((one) => under("q", one)),
    under("r", reading("ab", 0.9, 0.1)),
  ];
  expect([...probabilitiesByPrinciple(readings)]).toEqual([
    ["p", expect.closeTo(0.9, 12)],
    ["q", expect.closeTo(0.3, 12)],
  ]);
  expect(softLabel(comparison, readings, soft).probability).toBeCloseTo(0.6, 12);
});
