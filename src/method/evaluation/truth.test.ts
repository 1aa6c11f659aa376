// Labels find the comparison they are about by its words alone, whichever answer stands first.
import { expect, test } from "vitest";
import type { Comparison, Preference, Prompt } from "../records.ts";
import { labelTruth } from "./truth.ts";

const user = (content: string) => [{ role: "user" as const, content }];
const prompts: readonly Prompt[] = [
  { id: "p", set: "red-team", conversation: user("Help me."), metadata: {} },
  { id: "q", set: "red-team", conversation: user("Help us."), metadata: {} },
];
const comparison = (prompt: string, textA: string, textB: string): Comparison => {
  return { id: `${prompt}${textA}`, prompt, a: "a", b: "b", textA, textB };
};
const label = (said: string, textA: string, textB: string, probability: number): Preference => {
  return { id: "l", source: "harmlessness", conversation: user(said), textA, textB, probability };
};

test("a label speaks of the two answers to its prompt in either order, and of nothing else", () => {
  const { better } = labelTruth([label("Help me. ", "No.\n", "Sure.", 0.9)], prompts);
  expect(better(comparison("p", "No.", "Sure."))).toBe(0.9);
  expect(better(comparison("p", "Sure.", "No."))).toBeCloseTo(0.1, 12);
  expect(better(comparison("q", "No.", "Sure."))).toBeNull();
  expect(better(comparison("p", "No!", "Sure."))).toBeNull();
});

test("people who label one comparison are averaged, whichever way round they saw it", () => {
  const labels = [
    label("Help me.", "No.", "Sure.", 1),
    label("Help me.", "No.", "Sure.", 1),
    label("Help me.", "Sure.", "No.", 1),
  ];
  expect(labelTruth(labels, prompts).better(comparison("p", "No.", "Sure."))).toBeCloseTo(2 / 3, 12);
});
