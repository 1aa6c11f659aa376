import { expect, test } from "vitest";
import { seed } from "../../engine/random.ts";
import type { Prompt } from "../records.ts";
import { judgeByGrader, judgeByLabels, type Match, pairUp, winRates } from "./compare.ts";
import type { Grader } from "./grader.ts";

const prompts: readonly Prompt[] = ["p", "q"].map((id) => ({
  id,
  set: "red-team",
  conversation: [{ role: "user", content: id }],
  metadata: {},
}));

const answers = {
  x: new Map([
    ["p", ["long answer", "same"]],
    ["q", ["aa"]],
  ]),
  y: new Map([
    ["p", ["short", "same"]],
    ["q", ["aaaa"]],
  ]),
  z: new Map([["p", ["s"]]]),
};

/** Longer is better. */
const grader: Grader = {
  name: "length",
  grade: () => ({ harmful: false, category: "", answer: "comply" }),
  better: (_, a, b) => (a.length > b.length ? 1 : a.length < b.length ? 0 : 0.5),
};

test("every two models meet on every prompt that both answered, sample by sample", () => {
  const pairings = pairUp(prompts, answers);
  expect(pairings.map(({ prompt, a, b, textA, textB }) => [prompt.id, a, b, textA, textB])).toEqual([
    ["p", "x", "y", "long answer", "short"],
    ["p", "x", "y", "same", "same"],
    ["p", "x", "z", "long answer", "s"],
    ["p", "y", "z", "short", "s"],
    ["q", "x", "y", "aa", "aaaa"],
  ]);
  expect(judgeByGrader(grader, pairings, "harmlessness").map(({ score }) => score)).toEqual([
    1, 0.5, 1, 1, 0,
  ]);
});

test("equal texts tie even where the grader would not say so", () => {
  const partial: Grader = { ...grader, better: () => 1 };
  const [match] = judgeByGrader(partial, pairUp(prompts, answers).slice(1, 2), "helpfulness");
  expect(match!.score).toBe(0.5);
});

test("a feedback model's labels become matches in their order, and a missing one is noticed", () => {
  const pairings = pairUp(prompts, answers).slice(0, 2);
  const matches = judgeByLabels(pairings, [{ unclamped: 0.9 }, { unclamped: 0.4 }]);
  expect(matches.map(({ prompt, a, b, score }) => [prompt, a, b, score])).toEqual([
    ["p", "x", "y", 0.9],
    ["p", "x", "y", 0.4],
  ]);
  expect(() => judgeByLabels(pairings, [])).toThrow("expected 2 labels, got 0");
});

test("a win rate is the mean score with its interval and its share of ties", () => {
  const matches: readonly Match[] = [1, 1, 0.5, 0].map((score, i) => ({
    prompt: `p${i}`,
    a: "x",
    b: "y",
    score,
  }));
  const [rate] = winRates(matches, 200, seed("win").random());
  expect(rate).toMatchObject({ a: "x", b: "y", matches: 4, ties: 0.25, value: 0.625 });
  expect(rate!.low).toBeLessThan(0.625);
  expect(rate!.high).toBeGreaterThan(0.625);
});

test("answers to one prompt are resampled together: copies of it add no certainty", () => {
  const once: readonly Match[] = [1, 0, 1, 1].map((score, i) => ({ prompt: `p${i}`, a: "x", b: "y", score }));
  const copied = once.flatMap((match) => Array<Match>(25).fill(match));
  const width = (matches: readonly Match[]) => {
    const [rate] = winRates(matches, 500, seed("width").random());
    return rate!.high - rate!.low;
  };
  expect(width(copied)).toBeCloseTo(width(once), 9);
});
