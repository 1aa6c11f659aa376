import { expect, test } from "vitest";
import type { Oddity, Prompt, Revision } from "../records.ts";
import { helpfulExamples, revisionExamples } from "./examples.ts";

const prompt = (id: string): Prompt => ({
  id,
  set: "red-team",
  conversation: [{ role: "user", content: `question ${id}` }],
  metadata: {},
});
const revision = (of: string, round: number, oddity: Oddity = "none"): Revision => ({
  id: `${of}${round}`,
  prompt: of,
  round,
  of: "r",
  critique: null,
  use: { principle: "p", constitutionVersion: "1.0.0", wording: "w" },
  text: `${of} revised ${round}`,
  oddity,
});
const prompts = [prompt("x"), prompt("y")];
const revisions = [1, 2, 3, 4].flatMap((n) => [
  revision("x", n),
  revision("y", n, n >= 3 ? "critique-for-revision" : "none"),
]);
const records = (train: "all" | "final" | number) =>
  revisionExamples(prompts, revisions, train).map(({ record }) => record);

test("all rounds go into training, odd revisions never", () => {
  expect(records("all")).toEqual(["x1", "x2", "x3", "x4", "y1", "y2"]);
});

test("final falls back on the last usable round", () => {
  expect(records("final")).toEqual(["x4", "y2"]);
});

test("up to a round gives SL-CAI-n", () => {
  expect(records(1)).toEqual(["x1", "y1"]);
});

test("an example is the whole conversation with the text as the last turn", () => {
  expect(revisionExamples(prompts, revisions, "final")[0]!.conversation).toEqual([
    { role: "user", content: "question x" },
    { role: "assistant", content: "x revised 4" },
  ]);
});

test("odd helpful answers are kept out", () => {
  const responses = [
    { id: "a", prompt: "x", text: "fine", oddity: "none" },
    { id: "b", prompt: "y", text: "cut of", oddity: "truncated" },
  ] as const;
  expect(helpfulExamples(prompts, responses).map(({ record }) => record)).toEqual(["a"]);
});
