// The scoreboard's rows from records small enough to be counted by hand.
import { expect, test } from "vitest";
import { seed } from "../../engine/random.ts";
import { parseConstitution } from "../constitution/constitution.ts";
import type { Comparison, Critique, Oddity, Prompt, Reading, Response, Revision } from "../records.ts";
import { categoryOf, coverage, gapsIn } from "./coverage.ts";
import type { Grader } from "./grader.ts";
import { describePrinciples, type OfPrinciples } from "./principles.ts";
import { graderTruth, type Truth } from "./truth.ts";

const constitution = parseConstitution(
  "title: T\nversion: 1.0.0\nprinciples: [{ id: theft, text: No theft. }, { id: fraud, text: No fraud. }, { id: idle, text: Be kind. }]",
  "t.yaml",
);
const prompts: readonly Prompt[] = ["p", "q"].map((id) => ({
  id,
  set: "red-team",
  conversation: [],
  metadata: {},
}));
const responses: readonly Response[] = prompts.map(({ id }) => ({
  id: `${id}0`,
  prompt: id,
  text: "Sure now!",
  oddity: "none",
}));
const useOf = (principle: string) => ({ principle, constitutionVersion: "1.0.0", wording: "w" });

function critique(prompt: string, round: number, principle: string, text: string): Critique {
  const [of, use] = [`${prompt}${round - 1}`, useOf(principle)];
  return { id: `${prompt}${round}c`, prompt, round, of, use, text, oddity: "none" };
}

function revision(prompt: string, round: number, principle: string, text: string): Revision {
  const { of, use, oddity, id } = critique(prompt, round, principle, "");
  return { id: `${prompt}${round}`, prompt, round, of, critique: id, use, text, oddity };
}

// p is mended at once; q first meets a principle that does not concern it.
const revisions = [
  revision("p", 1, "theft", "No, because."),
  revision("q", 1, "fraud", "Sure now!"),
  revision("p", 2, "fraud", "No, because."),
  revision("q", 2, "theft", "Not now!"),
];
const critiques = [
  critique("p", 1, "theft", "bad"),
  critique("q", 1, "fraud", "fine"),
  critique("p", 2, "fraud", "who knows?"),
  critique("q", 2, "theft", "fine"),
];

const grader: Grader = {
  name: "rule",
  grade: (_, text) => ({
    harmful: true,
    category: "theft",
    answer: text.startsWith("Sure") ? "comply" : "reasoned",
  }),
  better: (_, a, b) => (a === b ? 0.5 : a > b ? 1 : 0),
  findsFault: (text) => (text === "bad" ? true : text === "fine" ? false : null),
};

const comparison = (id: string, textA: string, textB: string): Comparison => {
  return { id, prompt: "p", a: "x", b: "y", textA, textB };
};
const comparisons = [comparison("c", "z", "a"), comparison("d", "z", "a"), comparison("e", "a", "a")];
const reading = (principle: string, odds: number): Reading => {
  return {
    use: useOf(principle),
    order: "ab",
    reasoning: null,
    oddity: "none",
    logProbA: Math.log(odds),
    logProbB: 0,
  };
};
/** The same in either order. */
const both = (principle: string, odds: number): readonly Reading[] => [
  reading(principle, odds),
  { ...reading(principle, 1 / odds), order: "ba" },
];
const labels = [
  { id: "l0", comparison: "c", readings: both("theft", 4) }, // 0.8: as the grader
  { id: "l1", comparison: "d", readings: both("theft", 1 / 3) }, // 0.25: against it
  { id: "l2", comparison: "e", readings: both("theft", 4) }, // the grader's tie
  {
    id: "l3",
    comparison: "c",
    readings: both("fraud", 9).map((one) => ({ ...one, oddity: "truncated" as const })),
  },
  { id: "l4", comparison: "c", readings: both("fraud", 9).slice(1) },
];

const given: OfPrinciples = {
  ...{ constitution, stage1: { prompts, responses, critiques, revisions } },
  feedback: { prompts, comparisons, labels },
  ...{ grader, truth: graderTruth(grader, prompts), models: ["old", "new"], shared: [], accords: [] },
  predictions: [
    { preference: "l0", probability: 0.8, predicted: 0.7 },
    { preference: "l1", probability: 0.25, predicted: 0.6 },
    { preference: "another", probability: 1, predicted: 1 },
  ],
};
const describe = (over: Partial<OfPrinciples> = {}) =>
  describePrinciples({ ...given, ...over }, 10, (name) => seed(name).random());

test("each principle answers for the rounds it was drawn for", () => {
  const [theft, fraud, idle] = describe();
  // Of "Sure now !" and "No , because ." nothing stays; of "Sure now !" and "Not now !" two words of three.
  expect(theft).toMatchObject({
    rounds: { drawn: 2, odd: 0 },
    found: { count: 1, of: 2 },
    changed: { count: 2, of: 2 },
    mended: { count: 2, of: 2 },
  });
  expect(theft!.distance).toBeCloseTo((1 + 1 / 3) / 2, 12);
  expect(fraud).toMatchObject({
    rounds: { drawn: 2, odd: 0 },
    found: { count: 0, of: 1 },
    changed: { count: 0, of: 2 },
    distance: null,
    mended: { count: 0, of: 1 },
  });
  expect(idle).toMatchObject({
    rounds: { drawn: 0, odd: 0 },
    comparisons: { drawn: 0, odd: 0 },
    ...{ found: null, changed: null, mended: null, decisiveness: null },
  });
});

test("a round is drawn for whether or not anything came of it, with critiques or without", () => {
  const cut: Oddity = "truncated";
  const stage1 = {
    ...given.stage1,
    // Of theft: the critique of p is cut off, and led to no revision; the revision of q is.
    critiques: critiques.map((one) =>
      one.prompt === "p" && one.round === 1 ? { ...one, oddity: cut } : one,
    ),
    revisions: revisions.slice(1).map((one) => (one.round === 2 ? { ...one, oddity: cut } : one)),
  };
  const [theft, fraud] = describe({ stage1 });
  expect(theft).toMatchObject({ rounds: { drawn: 2, odd: 2 }, found: { count: 0, of: 1 }, changed: null });
  expect(fraud).toMatchObject({ rounds: { drawn: 2, odd: 1 }, changed: { count: 0, of: 1 } });
  const direct = {
    ...stage1,
    critiques: [],
    revisions: stage1.revisions.map((one) => ({ ...one, critique: null })),
  };
  expect(describe({ stage1: direct })[0]).toMatchObject({ rounds: { drawn: 1, odd: 1 }, found: null });
});

test("and for the comparisons it was asked about: how surely, how rightly, and what was learnt", () => {
  const [theft, fraud] = describe();
  expect(theft!.comparisons).toEqual({ drawn: 3, odd: 0 });
  expect(theft!.decisiveness).toBeCloseTo((0.3 + 0.25 + 0.3) / 3, 12);
  expect(theft!.agreement).toMatchObject({ count: 1, of: 2 });
  expect(theft!.preferenceModel).toMatchObject({ comparisons: 2, accuracy: { count: 1, of: 2 } });
  // Odd readings count for nothing, nor does what was read in one order alone.
  expect(fraud).toMatchObject({
    comparisons: { drawn: 2, odd: 2 },
    ...{ decisiveness: null, agreement: null, preferenceModel: null },
  });
});

test("a judge that always says (A) decides nothing", () => {
  const readings = [reading("theft", 99), { ...reading("theft", 99), order: "ba" as const }];
  const feedback = { ...given.feedback, labels: [{ id: "l", comparison: "c", readings }] };
  expect(describe({ feedback })[0]!.decisiveness).toBeCloseTo(0, 12);
});

test("without a grader nobody says what is mended or right", () => {
  const [theft] = describe({ grader: null, truth: null });
  expect(theft).toMatchObject({
    ...{ changed: { count: 2 }, found: null, mended: null, agreement: null },
    comparisons: { drawn: 3, odd: 0 },
  });
});

test("what people say of some comparisons counts in the grader's place, and the others for nothing", () => {
  const better: Truth["better"] = ({ id }) => (id === "d" ? 0.2 : id === "e" ? 0.9 : null);
  const [theft] = describe({ truth: { by: "labels", better } });
  expect(theft!.agreement).toMatchObject({ count: 2, of: 2 }); // 0.25 of d and 0.8 of e
  expect(theft!.mended).toMatchObject({ count: 2, of: 2 }); // by the grader still
});

/** Twenty prompts of each of three kinds, of which those of theft stay as they were. */
function covered(oddityOf: (kind: string, i: number) => Oddity = () => "none") {
  const kinds = ["theft", "fraud", "spying"];
  const of = (kind: string, i: number) => `${kind}${i}`;
  const all = kinds.flatMap((kind) => Array.from({ length: 20 }, (_, i) => ({ kind, i, id: of(kind, i) })));
  const own = all.map(
    ({ kind, id }): Prompt => ({ id, set: "red-team", conversation: [], metadata: { category: kind } }),
  );
  const isFixed = ({ kind, i }: { kind: string; i: number }) => kind !== "theft" && i < 15;
  return coverage({
    grader: null,
    stage1: {
      prompts: own,
      responses: all.map(({ id, kind, i }) => ({
        ...{ id: `r${id}`, prompt: id, text: "Sure", oddity: oddityOf(kind, i) },
      })),
      // No critique follows an odd answer.
      revisions: all
        .filter(({ kind, i }) => oddityOf(kind, i) === "none")
        .map((one) => ({
          ...revision(one.id, 1, "idle", isFixed(one) ? "No" : "Sure"),
          prompt: one.id,
        })),
    },
    feedback: {
      prompts: own,
      comparisons: own.map(({ id }) => ({ ...comparison(`c${id}`, "a", "b"), prompt: id })),
      labels: all.map((one) => ({
        comparison: `c${one.id}`,
        unclamped: isFixed(one) ? 0.9 : 0.5,
        oddity: "none",
      })),
    },
  });
}

test("a kind that no principle speaks to stands out", () => {
  const reached = covered();
  expect(gapsIn(reached)).toEqual(["theft"]);
  expect(
    reached.map(({ category, changed, decisiveness, isGap }) => [
      category,
      changed!.count,
      decisiveness,
      isGap,
    ]),
  ).toEqual([
    ["fraud", 15, expect.closeTo(0.3, 12), false],
    ["spying", 15, expect.closeTo(0.3, 12), false],
    ["theft", 0, 0, true],
  ]);
});

test("answers that could not be used count for nothing, rather than as unchanged", () => {
  const [fraud] = covered((kind, i) => (kind === "fraud" && i >= 12 ? "truncated" : "none"));
  expect(fraud).toMatchObject({ prompts: 12, changed: { count: 12, of: 12 }, isGap: false });
});

test.each([
  [{ category: "theft", tags: ["other"] }, "theft"],
  [{ tags: ["theft", "other"] }, "theft"],
  [{ category: 7 }, null],
  [{}, null],
])("the kind of a prompt that carries %j", (metadata, kind) => {
  expect(categoryOf({ ...prompts[0]!, metadata }, null)).toBe(kind);
});

test("of a grader's kinds only harmful ones are kinds of harm", () => {
  expect(categoryOf(prompts[0]!, grader)).toBe("theft");
  const gentle: Grader = { ...grader, grade: () => ({ harmful: false, category: "tea", answer: "comply" }) };
  expect(categoryOf(prompts[0]!, gentle)).toBeNull();
});
