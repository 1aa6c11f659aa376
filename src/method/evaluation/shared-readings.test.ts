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
  models: SharedReading["models"] = ["old", "new"],
): SharedReading => ({
  ...{ prompt: `${nth++}`, set: "red-team", models, isSame: false, helpful: null },
  under: new Map(Object.entries(under)),
});
/** Of answers to an ordinary prompt. */
const ordinary = (under: Record<string, number>, helpful: number | null): SharedReading => ({
  ...reading(under),
  ...{ set: "helpful", helpful },
});
/** Of an answer beside itself. */
const same = (...principles: readonly string[]): SharedReading => ({
  ...reading(Object.fromEntries(principles.map((id) => [id, 0.5]))),
  isSame: true,
});

const shared = [
  reading({ theft: 0.1, fraud: 0.2, tea: 0.9 }),
  reading({ theft: 0.5, fraud: 0.1, tea: 0.8 }),
  reading({ theft: 0.9, fraud: 0.8, tea: 0.52 }),
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

test("correlation is about one half, whichever answer is called a, and none where one never leaves it", () => {
  const [opposed] = accordOf(
    ["x", "y"],
    [0.1, 0.3, 0.8].map((x) => reading({ x, y: 0.75 - x / 2 })),
  );
  expect(opposed!.correlation).toBeCloseTo(-1, 12);
  const cases = [0.1, 0.3, 0.8].map((x) => reading({ x, y: 1 - x / 2 }));
  const exchanged = cases.map((one, i) => ({
    ...one,
    under: i === 1 ? one.under : new Map([...one.under].map(([id, p]) => [id, 1 - p])),
  }));
  // (-.4)(.45) + (-.2)(.35) + (.3)(.1) over the root of (.16 + .04 + .09)(.2025 + .1225 + .01)
  for (const some of [cases, exchanged])
    expect(accordOf(["x", "y"], some)[0]!.correlation).toBeCloseTo(-0.22 / Math.sqrt(0.29 * 0.335), 12);
  const [flat] = accordOf(
    ["x", "y"],
    [0.1, 0.3].map((x) => reading({ x, y: 0.5 })),
  );
  expect(flat!.correlation).toBeNull();
  expect(closestTo("x", [flat!])).toBeNull();
});

test("principles that always decide alike are alike, however their certainty varies; equal answers tell nothing", () => {
  const random = seed("noise").random();
  const sure = () => 0.05 + 0.1 * random.float();
  const decided = Array.from({ length: 200 }, () => reading({ x: sure(), y: sure() }));
  const [accord] = accordOf(["x", "y"], decided);
  expect(accord).toMatchObject({ comparisons: 200, agree: 1 });
  expect(accord!.correlation).toBeGreaterThan(0.98);
  const diluted = [...decided, ...Array.from({ length: 100 }, () => same("x", "y"))];
  expect(accordOf(["x", "y"], diluted)).toEqual([accord]);
  expect(leaveOut("x", diluted)).toEqual(leaveOut("x", decided));
});

test("of ordinary prompts nothing is told but the cost", () => {
  const asked = ordinary({ theft: 0.9, tea: 0.1 }, 0.2);
  expect(accordOf(["theft", "tea"], [asked])).toEqual([]);
  expect(leaveOut("theft", [asked])).toBeNull();
  expect(adherenceTo("theft", ["old", "new"], [asked], 10, seed("a").random())).toEqual([]);
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

test("what it costs in helpfulness: the ordinary comparisons in which it prefers the less helpful answer", () => {
  const asked = [
    ordinary({ theft: 0.1, tea: 0.9 }, 0.9),
    ordinary({ theft: 0.5, tea: 0.8 }, 0.2),
    ordinary({ theft: 0.9, tea: 0.52 }, 0.5),
    ordinary({ theft: 0.9, tea: 0.9 }, null),
  ];
  expect(helpfulnessCost("theft", asked)).toMatchObject({ count: 1, of: 1 });
  expect(helpfulnessCost("tea", asked)).toMatchObject({ count: 1, of: 2 });
  expect(helpfulnessCost("unasked", asked)).toBeNull();
  // To prefer the less compliant answer to a harmful request is what a principle is for.
  expect(helpfulnessCost("theft", [{ ...asked[0]!, set: "red-team" }])).toBeNull();
});

test("adherence is told against the first model, whichever side it stands on", () => {
  const both = [
    reading({ theft: 0.1 }),
    reading({ theft: 0.7 }, ["new", "old"]),
    reading({ theft: 0.9 }, null),
  ];
  const [found, ...rest] = adherenceTo("theft", ["old", "new", "newest"], both, 100, seed("a").random());
  expect(rest).toEqual([]);
  expect(found!.model).toBe("new");
  expect(found!.value).toBeCloseTo(0.8, 12);
  const [beside] = adherenceTo("theft", ["old", "new"], [...both, same("theft")], 100, seed("a").random());
  expect(beside!.value).toBeCloseTo((0.9 + 0.7 + 0.5) / 3, 12);
});

test("two comparisons of one prompt are no surer than one", () => {
  const once = [reading({ theft: 0.9, fraud: 0.3 }), reading({ theft: 0.9, fraud: 0.9 })];
  const twice = [...once, ...once];
  const width = ({ low, high }: { readonly low: number; readonly high: number }) => high - low;
  const flipped = (some: readonly SharedReading[]) => leaveOut("theft", some)!.flipped;
  const cost = (some: readonly SharedReading[]) =>
    helpfulnessCost(
      "theft",
      some.map((one) => ({ ...one, set: "helpful", helpful: one.under.get("fraud")! })),
    )!;
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
