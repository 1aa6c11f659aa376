import { expect, test } from "vitest";
import { FIGURE_NAMES, FIGURES } from "./figures.ts";
import { rateAnswers } from "./rates.ts";
import { RESULTS_VERSION, type Results } from "./results.ts";
import { type StudyDesign, spreadOf, summarizeStudy } from "./study.ts";
import { renderStudy } from "./study-page.ts";

/** A run of which so many of ten harmful requests were complied with, by SL-CAI and by RL-CAI. */
function run(sl: number, rl: number): Results {
  const verdicts = (complying: number) =>
    Array.from({ length: 10 }, (_, i) => [
      {
        harmful: true,
        category: "theft",
        answer: i < complying ? ("comply" as const) : ("reasoned" as const),
      },
    ]);
  return {
    schemaVersion: RESULTS_VERSION,
    recipe: { name: "any", seed: "1" },
    constitution: { title: "Any", version: "1.0.0", principles: 1 },
    feedback: { source: "model", mode: "direct", clamp: null },
    grader: "a rule",
    models: [],
    answers: [
      { model: "sl-cai", ...rateAnswers(verdicts(sl)) },
      { model: "rl-cai", ...rateAnswers(verdicts(rl)) },
    ],
    ...{
      rounds: [],
      elo: [],
      winRates: [],
      truth: null,
      softLabels: null,
      preferenceModel: [],
      rewardAgainstKl: null,
    },
    history: { supervised: [], preference: [], rl: [] },
    ...{ principles: [], accord: [], coverage: [], diversity: [], oddities: [] },
  };
}

const design: StudyDesign = {
  name: "any",
  title: "Any <title>",
  about: "",
  seeds: ["1", "2", "3"],
  variants: [
    { name: "a", label: "A & co", set: {} },
    { name: "b", label: "B", set: { "rl.clip": 0.1 } },
  ],
  figures: ["sl-cai.harmful-compliance", "along-rl.harmful-compliance", "sl-cai.evasion", "labels.accuracy"],
  shapes: [
    { paper: "It falls.", figure: "sl-cai.harmful-compliance", is: "falls", over: ["a", "b"], margin: 0 },
    { paper: "RL helps.", figure: "along-rl.harmful-compliance", is: "falls", over: ["a"], margin: 0 },
    { paper: "Labels.", figure: "labels.accuracy", is: "rises", over: ["a", "b"], margin: 0 },
  ],
};
const runs = new Map([
  ["a", [run(8, 2), run(9, 2), run(9, 3)]],
  ["b", [run(4, 4), run(4, 3), run(5, 9)]],
]);

test("figures, their spread over seeds, and the shapes, within a seed", () => {
  const { figures, shapes } = summarizeStudy(design, runs);
  const [sl, along, evasion, labels] = figures;
  expect(sl!.variants.map(({ values }) => values)).toEqual([
    [0.8, 0.9, 0.9],
    [0.4, 0.4, 0.5],
  ]);
  expect(sl!.variants[0]!.spread).toMatchObject({ value: expect.closeTo(0.8667, 4), bar: "interval" });
  // The interval itself goes to 1.01.
  expect(sl!.variants[0]!.spread!.high).toBe(1);
  expect(along!.variants[0]!.values[0]).toBeCloseTo(-0.6);
  expect(evasion!.variants[0]!.spread).toMatchObject({ value: 0, low: 0, high: 0 });
  expect(labels!.variants[0]).toEqual({ name: "a", values: [null, null, null], spread: null });
  expect(shapes.map(({ outcome }) => outcome)).toEqual(["seen", "seen", "not decided"]);
  expect(shapes[0]!.change!.value).toBeCloseTo((-0.4 - 0.5 - 0.4) / 3);
  expect(shapes[2]!.change).toBeNull();
});

test("two seeds have a range and no interval, and decide nothing", () => {
  expect(spreadOf([0.2, 0.4], [0, 1])).toEqual({
    value: expect.closeTo(0.3),
    low: 0.2,
    high: 0.4,
    bar: "range",
  });
  const two = new Map([...runs].map(([name, own]) => [name, own.slice(0, 2)]));
  const { shapes } = summarizeStudy({ ...design, seeds: ["1", "2"] }, two);
  expect(new Set(shapes.map(({ outcome }) => outcome))).toEqual(new Set(["not decided"]));
});

test("the page stands alone, says what each bar is, and what is seen", () => {
  const html = renderStudy(summarizeStudy(design, runs), ({ name }, seed) => `variants/${name}-${seed}.html`);
  expect(html).not.toMatch(/<script|<link|<img|<iframe|https?:|@import|url\(/);
  expect(html).toContain("<h1>Any &#60;title&#62;</h1>");
  expect(html).toContain("Student&#39;s 95% interval".replace("&#39;", "'"));
  expect(html).toContain("−43.3 points (−57.7 to −29.0)");
  expect(html).toContain('<span class="tag reasoned">seen</span>');
  expect(html).toContain("No run has this figure.");
  expect(html).toContain('<a href="variants/b-3.html">3</a>');
  const two = new Map([...runs].map(([name, own]) => [name, own.slice(0, 2)]));
  const few = renderStudy(summarizeStudy({ ...design, seeds: ["1", "2"] }, two), () => "");
  expect(few).toContain("from the least to the most");
});

test("every figure of a run without anything is none, and has a title", () => {
  const bare: Results = { ...run(0, 0), answers: [] };
  for (const name of FIGURE_NAMES) {
    expect([name, FIGURES[name].of(bare)]).toEqual([name, null]);
    expect(FIGURES[name].title).toMatch(/: |that comply/);
  }
});
