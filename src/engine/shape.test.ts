import fc from "fast-check";
import { expect, it } from "vitest";
import { add, expand, input } from "./functions.ts";
import { sumTo } from "./gradients.ts";
import { interpret } from "./interpret.ts";
import { broadcastShapes, normalizeAxis, type Shape, sizeOf, stridesOf } from "./shape.ts";

/** Two shapes that broadcast: a full one, and the same with axes cut from the front or set to 1. */
const broadcastable = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 })
  .chain((full) =>
    fc
      .tuple(fc.integer({ min: 0, max: full.length }), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
      .map(([cut, ones]) => ({ full, part: full.slice(cut).map((size, axis) => (ones[axis] ? 1 : size)) })),
  );

it("a shape broadcasts with its own parts to itself, in either order", () => {
  fc.assert(
    fc.property(broadcastable, ({ full, part }) => {
      expect(broadcastShapes("test", full, part)).toEqual(full);
      expect(broadcastShapes("test", part, full)).toEqual(full);
    }),
  );
});

it("shapes with unequal sizes above 1 are refused with both shapes in the message", () => {
  expect(() => broadcastShapes("add", [2, 3], [2, 4])).toThrow(
    "add: expected shapes that broadcast, got [2,3] and [2,4]",
  );
});

it("summing back what was broadcast multiplies by the number of copies", () => {
  fc.assert(
    fc.property(broadcastable, ({ full, part }) => {
      const back = sumTo(expand(input("x", part), full), part);
      const numbers = Float64Array.from({ length: sizeOf(part) }, (_, i) => i + 1);
      const copies = sizeOf(full) / sizeOf(part);
      const [{ shape, data }] = interpret([back], { x: numbers }) as [{ shape: Shape; data: Float64Array }];
      expect(shape).toEqual(part);
      expect([...data]).toEqual([...numbers].map((x) => x * copies));
    }),
  );
});

it("adding a broadcast operand reads it at the coordinates it was stretched from", () => {
  const [sum] = interpret([add(input("a", [2, 1, 2]), input("b", [3, 1]))], {
    a: [1, 2, 3, 4],
    b: [10, 20, 30],
  });
  expect(sum!.shape).toEqual([2, 3, 2]);
  expect([...sum!.data]).toEqual([11, 12, 21, 22, 31, 32, 13, 14, 23, 24, 33, 34]);
});

it("strides step over whole rows", () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
});

it("an axis may count from the end and must exist", () => {
  expect(normalizeAxis("sum", -1, 3)).toBe(2);
  expect(() => normalizeAxis("sum", 3, 3)).toThrow("sum: expected an axis in -3..2, got 3");
});
