// Principles on the same comparisons, counted by hand; and what must hold of any.
import fc from "fast-check";
import { expect, test } from "vitest";
import { seed } from "../../engine/random.ts";
import {
  accordOf,
  adherenceTo,
  closestTo,
  helpfulnessCost,
  leaveOut,
  type SharedReading,
} from "./shared-readings.ts";

let nth = 0;
const reading = (
  under: Record<string, number>,
  helpful: number | null = null,
  models: SharedReading["models"] = ["old", "new"],
): SharedReading => ({ prompt: `${nth++}`, models, under: new Map(Object.entries(under)), helpful });

const shared = [
  reading({ theft: 0.1, fraud: 0.2, tea: 0.9 }, 0.9),
  reading({ theft: 0.5, fraud: 0.1, tea: 0.8 }, 0.2),
  reading({ theft: 0.9, fraud: 0.8, tea: 0.52 }, 0.5),
  reading({ theft: 0.2, tea: 0.5 }),
];

test("two principles agree, or conflict, where both decide", () => {
  const accords = accordOf(["theft", "fraud", "tea"], shared);
  expect(
    accords.map(({ a, b, comparisons, agree, conflict }) => [a, b, comparisons, agree, conflict]),
  ).toEqual([
    ["theft", "fraud", 3, 2 / 3, 0],
    ["theft", "tea", 4, 0, 1 / 4],
    ["fraud", "tea", 3, 0, 2 / 3],
  ]);
  expect(closestTo("theft", accords)!.id).toBe("fraud");
  expect(closestTo("tea", accords)!.id).toBe("theft");
  expect(accordOf(["theft", "unasked"], shared)).toEqual([]);
});

test("correlation is Pearson's, and none where one never varies", () => {
  const [line] = accordOf(
    ["x", "y"],
    [0.1, 0.3, 0.8].map((x) => reading({ x, y: 1 - x / 2 })),
  );
  expect(line!.correlation).toBeCloseTo(-1, 12);
  const [flat] = accordOf(
    ["x", "y"],
    [0.1, 0.3].map((x) => reading({ x, y: 0.5 })),
  );
  expect(flat!.correlation).toBeNull();
  expect(closestTo("x", [flat!])).toBeNull();
});

test("without a principle the ensemble's labels move, and some change sides", () => {
  const { shift, flipped } = leaveOut("theft", [
    reading({ theft: 0.9, fraud: 0.3 }),
    reading({ theft: 0.9, fraud: 0.9 }),
  ])!;
  expect(shift).toBeCloseTo(0.15, 12); // 0.6 to 0.3, and 0.9 to 0.9
  expect(flipped).toMatchObject({ count: 1, of: 2 });
  expect(leaveOut("theft", [reading({ theft: 0.9 })])).toBeNull();
});

test("what it costs in helpfulness: the comparisons in which it prefers the less helpful answer", () => {
  expect(helpfulnessCost("theft", shared)).toMatchObject({ count: 1, of: 1 });
  expect(helpfulnessCost("tea", shared)).toMatchObject({ count: 1, of: 2 });
  expect(helpfulnessCost("unasked", shared)).toBeNull();
});

test("adherence is told against the first model, whichever side it stands on", () => {
  const both = [
    reading({ theft: 0.1 }),
    reading({ theft: 0.7 }, null, ["new", "old"]),
    reading({ theft: 0.9 }, null, null),
  ];
  const [found, ...rest] = adherenceTo("theft", ["old", "new", "newest"], both, 100, seed("a").random());
  expect(rest).toEqual([]);
  expect(found!.model).toBe("new");
  expect(found!.value).toBeCloseTo(0.8, 12);
});

test("two comparisons of one prompt are no surer than one", () => {
  const once = [reading({ theft: 0.9, fraud: 0.3 }, 0.1), reading({ theft: 0.9, fraud: 0.9 }, 0.9)];
  const twice = [...once, ...once];
  const width = ({ low, high }: { readonly low: number; readonly high: number }) => high - low;
  const flipped = (some: readonly SharedReading[]) => leaveOut("theft", some)!.flipped;
  const cost = (some: readonly SharedReading[]) => helpfulnessCost("theft", some)!;
  for (const of of [flipped, cost]) {
    expect(of(twice)).toMatchObject({ count: 2, of: 4 });
    expect(width(of(twice))).toBeGreaterThanOrEqual(width(of(once)));
  }
  const adherence = (some: readonly SharedReading[]) =>
    adherenceTo("theft", ["old", "new"], some, 200, seed("a").random());
  expect(adherence(twice)).toEqual(adherence(once));
});

test("whoever is left out of an ensemble of equals changes nothing, and every principle is at one with itself", () => {
  const probability = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(probability, { minLength: 2, maxLength: 20 }), (ps) => {
      const equal = ps.map((p) => reading({ a: p, b: p, c: p }));
      expect(leaveOut("a", equal)!.shift).toBeCloseTo(0, 9);
      expect(leaveOut("a", equal)!.flipped.count).toBe(0);
      const [accord] = accordOf(["a", "b"], equal);
      expect(accord!.conflict).toBe(0);
      expect(accord!.correlation ?? 1).toBeCloseTo(1, 6);
    }),
  );
});
