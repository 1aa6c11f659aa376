import fc from "fast-check";
import { expect, test } from "vitest";
import { tInterval } from "./intervals.ts";
import { changeOver, decideTrend } from "./trends.ts";

test("Student's interval of three numbers, and of many", () => {
  // Mean 2, standard deviation 1, t = 4.303: 2 +- 4.303 / sqrt(3).
  expect(tInterval([1, 2, 3])).toMatchObject({ value: 2, low: expect.closeTo(-0.4843, 4) });
  expect(tInterval([1])).toBeNull();
  // 31 numbers, -15 to 15: standard deviation sqrt(80 + 8/3); t of 30 degrees is 2.0423.
  const many = tInterval(Array.from({ length: 31 }, (_, i) => i - 15))!;
  expect(many.high).toBeCloseTo((2.0423 * Math.sqrt(2480 / 30)) / Math.sqrt(31), 3);
});

test("a change goes along the line through all, and of two values is their difference", () => {
  expect(changeOver([0.4, 0.3, 0.1])).toBeCloseTo(-0.3);
  // Slope of 1, 3, 2, 4 over 0..3 is 0.8.
  expect(changeOver([1, 3, 2, 4])).toBeCloseTo(2.4);
  expect(changeOver([0.25])).toBe(0.25);
  for (const flat of [0.95, 0.9, 0.35, 0.7]) expect(changeOver(Array(5).fill(flat))).toBe(0); // to the last bit
  fc.assert(
    fc.property(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 }), (a, b) => {
      expect(changeOver([a, b])).toBeCloseTo(b - a);
    }),
  );
});

test.each([
  ["falls", [-0.3, -0.31, -0.29], "seen"],
  ["falls", [0.3, 0.31, 0.29], "not seen"],
  ["falls", [-0.3, 0.1, -0.1], "not decided"],
  ["rises", [0.3, 0.31, 0.29], "seen"],
  ["rises", [-0.3, -0.31, -0.29], "not seen"],
  ["rises", [0, 0, 0], "not decided"],
  ["level", [0.01, -0.01, 0.005], "seen"],
  ["level", [0.3, 0.31, 0.29], "not seen"],
  ["level", [-0.3, -0.31, -0.29], "not seen"],
  ["level", [0.04, 0.06, 0.05], "not decided"],
  ["falls", [-0.3, -0.31], "not decided"], // too few seeds
  ["falls", [], "not decided"],
] as const)("%s, given changes of %j: %s", (trend, changes, outcome) => {
  expect(decideTrend(trend, changes, 0.05).outcome).toBe(outcome);
});

test("what rises is seen exactly where what falls is not, and turned round it is seen", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 6 }),
      (changes) => {
        const [rises, falls] = [
          decideTrend("rises", changes, 0).outcome,
          decideTrend("falls", changes, 0).outcome,
        ];
        expect(rises === "seen").toBe(falls === "not seen");
        const turned = decideTrend(
          "rises",
          changes.map((change) => -change),
          0,
        ).outcome;
        expect(turned).toBe(falls);
      },
    ),
  );
});
