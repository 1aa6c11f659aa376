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
  schemaVersion: 5,
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
      rounds: { drawn: 5, odd: 1 },
      found: wilson(2, 4),
      changed: wilson(1, 4),
      distance: 0.5,
      mended: null,
      comparisons: { drawn: 0, odd: 0 },
      decisiveness: null,
      agreement: null,
      preferenceModel: null,
      adherence: [{ model: "rl-cai", value: 0.75, low: 0.5, high: 0.9 }],
      helpfulnessCost: wilson(1, 4),
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

test("harmful compliance is drawn along PPO beside the score, where there is a grader", () => {
  const history = { ...bare.history, rl: [1, 2, 3].map((score) => ({ score, kl: score, entropy: 1 })) };
  const own = [1, 3].map((iteration) => ({ iteration, answers: 4, comply: wilson(1, 4)!, score: 0 }));
  const drawn = renderReport({ ...graded, history, alongRl: own }, [], []);
  expect(drawn).toContain("harmful compliance, %");
  expect(drawn).toContain("the preference model overstates the gain");
  expect(renderReport({ ...bare, history }, [], [])).not.toContain("harmful compliance, %");
});

test("sections without data are left out", () => {
  expect(headings(renderReport(bare, [], []))).toEqual(["What to try next"]);
  expect(headings(renderReport(graded, [transcript], []))).toEqual([
    "Results",
    "What the answers do",
    "Side by side",
    "Round by round",
    "Principles",
    "What principles think of the models",
    "Kind by kind",
    "What to try next",
  ]);
});

test("one principle alone has its adherence and its cost; an ensemble without prompts has its accord", () => {
  const said = "What principles think of the models";
  const alone = renderReport(graded, [], []);
  expect(alone).toContain('0.750 <small>0.500–0.900</small></td><td class="number">25.0%');
  expect(alone).toContain("one half by definition");
  expect(alone).toContain('5 <small>1 odd</small></td><td class="number">50.0%');
  const [row] = graded.principles;
  const unasked = { ...row!, adherence: [], helpfulnessCost: null };
  const ensemble = {
    ...graded,
    principles: [
      { ...unasked, leftOut: { shift: 0.125, flipped: wilson(1, 10)! } },
      { ...unasked, id: "no-fraud" },
    ],
    accord: [
      { a: "no-theft", b: "no-fraud", comparisons: 10, agree: 0.5, conflict: 0.1, correlation: -0.25 },
    ],
  };
  const html = renderReport(ensemble, [], []);
  expect(headings(html)).not.toContain(said);
  expect(headings(html)).toContain("Principles between them");
  expect(html).toContain('<td class="number">0.13</td><td class="number">10.0%');
  expect(html).toContain("1 of 1 pairs, with a dot");
  // RLHF: principles are drawn in critique and revision, and label nothing.
  const file = { ...graded.feedback, source: "file" as const };
  expect(headings(renderReport({ ...graded, feedback: file, principles: [unasked] }, [], []))).toContain(
    "Principles",
  );
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
  // What later versions added; without it, as above, a file is read as well.
  const estimate = { value: 0, low: 0, high: 0 };
  const calibration = {
    comparisons: 1,
    ties: 0,
    accuracy: null,
    expectedCalibrationError: estimate,
    bins: [],
  };
  const distinct = { answers: 100, distinct1: estimate, distinct2: estimate, widest: null, looping: null };
  const more: Results = {
    ...graded,
    softLabels: { ...calibration, overConfidence: estimate },
    alongRl: [{ iteration: 1, answers: 4, comply: wilson(1, 4)!, score: 0.5 }],
    diversity: [{ model: "sl-cai", set: "declines-100", ...distinct }],
  };
  expect(parseResults(JSON.stringify(more), "results.json")).toEqual(more);
});

test("results of version 4 are read without the figures that meant something else", () => {
  const [row] = graded.principles;
  const { found: _, comparisons: __, ...older } = row!;
  const before = {
    ...older,
    rounds: 5,
    readings: 8,
    decisiveness: 0.5,
    closest: { id: "b", correlation: 1 },
  };
  const accord = [{ a: "a", b: "b", comparisons: 1, agree: 1, conflict: 0, correlation: 1 }];
  const old = { ...graded, schemaVersion: 4, principles: [before], accord };
  const absent = {
    ...{ rounds: null, found: null, comparisons: null, decisiveness: null },
    ...{ helpfulnessCost: null, leftOut: null, closest: null },
  };
  expect(parseResults(JSON.stringify(old), "results.json")).toEqual({
    ...graded,
    principles: [{ ...row, ...absent }],
  });
  const broken = JSON.stringify({ ...old, principles: "none" });
  expect(() => parseResults(broken, "results.json")).toThrow("principles");
});

test.each([
  ["{", "expected JSON"],
  ['{"schemaVersion":1}', "expected schemaVersion 5, got 1"],
  [JSON.stringify({ ...bare, elo: [{ judge: "me" }] }), "elo.0.judge"],
  [JSON.stringify({ ...bare, extra: 1 }), "extra"],
])("what is not a results file is refused: %s", (json, message) => {
  expect(() => parseResults(json, "results.json")).toThrow(message);
});

test("commands are as the reader types them: from their folder, by their way of calling", () => {
  const traced = { ...transcript, chain: { response: "No.", links: [], last: "0a1b2c3d" } };
  const html = renderReport(graded, [traced], [], { call: "npm run charter --", run: "'/my data/town'" });
  const told = [...html.matchAll(/<(pre|code)>([^<]+)</g)].flatMap(([, , text]) => text!.split("\n"));
  const commands = told.filter((line) => line.startsWith("npm run charter -- "));
  expect(commands).toHaveLength(6);
  for (const command of commands) expect(command).toContain("&#39;/my data/town&#39;");
  expect(html).not.toMatch(/>charter /);
});
