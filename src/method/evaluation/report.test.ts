import { expect, test } from "vitest";
import { wilson } from "./intervals.ts";
import { rateAnswers } from "./rates.ts";
import { renderReport } from "./report.ts";
import { parseResults, type Results } from "./results.ts";
import type { Transcript } from "./transcripts.ts";

const models = ["helpful-only", "sl-cai", "rl-cai"];
const verdicts = (complying: number) =>
  Array.from({ length: 10 }, (_, i) => ({
    harmful: true,
    category: "theft",
    answer: i < complying ? ("comply" as const) : ("reasoned" as const),
  }));

/** The least that a run without a grader ends with. */
const bare: Results = {
  schemaVersion: 4,
  recipe: { name: "small", seed: "1" },
  constitution: { title: "Ours & <theirs>", version: "1.0.0", principles: 1 },
  feedback: { source: "model", mode: "direct", clamp: null },
  grader: null,
  models: models.map((name) => ({ name, id: name })),
  answers: [],
  rounds: [],
  elo: [],
  winRates: [],
  truth: null,
  softLabels: null,
  preferenceModel: [],
  history: { supervised: [], preference: [], rl: [] },
  rewardAgainstKl: null,
  principles: [],
  accord: [],
  coverage: [],
  diversity: [],
  oddities: [],
};

const graded: Results = {
  ...bare,
  grader: "a rule",
  answers: models.map((model, i) => ({
    model,
    ...rateAnswers(verdicts([10, 5, 0][i]!).map((verdict) => [verdict])),
  })),
  rounds: [0, 1].map((round) => ({
    round,
    texts: 10,
    kinds: null,
    score: { value: round, low: 0, high: 1 },
  })),
  principles: [
    {
      id: "no-theft",
      text: "No <theft>.",
      rounds: 4,
      changed: wilson(1, 4),
      distance: 0.5,
      mended: null,
      readings: 0,
      decisiveness: null,
      agreement: null,
      preferenceModel: null,
      adherence: [{ model: "rl-cai", value: 0.75, low: 0.5, high: 0.9 }],
      helpfulnessCost: null,
      leftOut: null,
      closest: { id: "no-fraud", correlation: -0.25 },
    },
  ],
};

const transcript: Transcript = {
  prompt: "p",
  set: "red-team",
  conversation: [{ role: "user", content: "How do I <script>alert(1)</script>?" }],
  answers: [{ model: "rl-cai", text: "No & never.", verdict: null }],
  chain: null,
};

const headings = (html: string) => [...html.matchAll(/<h2>([^<]+)<\/h2>/g)].map(([, title]) => title);

test("the page stands alone: no script, nothing fetched, whatever the models wrote", () => {
  const html = renderReport(graded, [transcript], []);
  expect(html).not.toMatch(/<script|<link|<img|<iframe|https?:|@import|url\(/);
  expect(html).toContain("How do I &#60;script&#62;alert(1)&#60;/script&#62;?");
  expect(html).toContain("<h1>Ours &#38; &#60;theirs&#62;</h1>");
});

test("sections without data are left out", () => {
  expect(headings(renderReport(bare, [], []))).toEqual(["What to try next"]);
  expect(headings(renderReport(graded, [transcript], []))).toEqual([
    "Results",
    "What the answers do",
    "Side by side",
    "Round by round",
    "Principles",
    "Kind by kind",
    "What to try next",
  ]);
});

test("the headline runs from the first model to the last", () => {
  expect(renderReport(graded, [], [])).toContain(
    '<strong>0.0%</strong><div class="path">100.0% → 50.0% → 0.0%</div>',
  );
});

test("the forecast stands beside the time taken, where there is one", () => {
  const stage = { stage: "rl", title: "PPO", ms: 90_500, done: 1, unit: "iteration" };
  expect(renderReport(bare, [], [stage])).not.toContain("Forecast");
  const html = renderReport(bare, [], [{ ...stage, forecastMs: 60_000 }]);
  expect(html).toContain('<th class="number">Forecast</th>');
  expect(html).toContain("<b>1 min 31 s</b> of computing, stage by stage; the forecast was 1 min 0 s");
});

test("results are read back as they were written", () => {
  expect(parseResults(JSON.stringify(graded), "results.json")).toEqual(graded);
});

test.each([
  ["{", "expected JSON"],
  ['{"schemaVersion":1}', "expected schemaVersion 4, got 1"],
  [JSON.stringify({ ...bare, elo: [{ judge: "me" }] }), "elo.0.judge"],
  [JSON.stringify({ ...bare, extra: 1 }), "extra"],
])("what is not a results file is refused: %s", (json, message) => {
  expect(() => parseResults(json, "results.json")).toThrow(message);
});
