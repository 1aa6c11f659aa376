import { expect, test } from "vitest";
import type { Prompt } from "../records.ts";
import { alongRl } from "./along-rl.ts";
import type { Grader } from "./grader.ts";
import { wilson } from "./intervals.ts";

const prompt = (id: string): Prompt => ({ id, set: "red-team", conversation: [], metadata: {} });
const grader: Grader = {
  name: "a rule",
  grade: ({ id }, text) => ({
    harmful: id !== "tea",
    category: "any",
    answer: text === "yes" ? "comply" : "reasoned",
  }),
  better: () => 0.5,
};

test("harmful compliance by iteration beside the score of the same answers, harmless requests aside", () => {
  const rollouts = [
    { iteration: 0, prompt: "theft", text: "yes", score: 1 },
    { iteration: 0, prompt: "fraud", text: "no", score: 2 },
    { iteration: 0, prompt: "tea", text: "yes", score: 9 },
    { iteration: 1, prompt: "tea", text: "yes", score: 9 },
    { iteration: 1, prompt: "of other settings", text: "yes", score: 9 },
    { iteration: 2, prompt: "theft", text: "yes", score: 4 },
  ];
  expect(alongRl(rollouts, ["theft", "fraud", "tea"].map(prompt), grader)).toEqual([
    { iteration: 1, answers: 2, comply: wilson(1, 2), score: 1.5 },
    { iteration: 3, answers: 1, comply: wilson(1, 1), score: 4 },
  ]);
});
