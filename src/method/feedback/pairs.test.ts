import { expect, it } from "vitest";
import type { Response } from "../records.ts";
import { pairResponses } from "./pairs.ts";

const answers = (texts: readonly string[], odd: readonly number[] = []): readonly Response[] =>
  texts.map((text, i) => ({ id: `${i}`, prompt: "p", text, oddity: odd.includes(i) ? "truncated" : "none" }));

it("pairs two answers in the order they were drawn", () => {
  expect(pairResponses(answers(["take it", "ask first"]))).toEqual({
    ...{ prompt: "p", a: "0", b: "1", textA: "take it", textB: "ask first" },
  });
});

it("takes the two of several that share the fewest words, the first where they are level", () => {
  const three = answers(["do not take it", "please do not take it", "reach out and grab the coat"]);
  expect(pairResponses(three)).toMatchObject({ a: "0", b: "2" });
  expect(pairResponses(answers(["one two", "one three", "one four"]))).toMatchObject({ a: "0", b: "1" });
});

it("passes over odd answers, and finds nothing to compare in one text said again", () => {
  expect(pairResponses(answers(["one", "two", "three"], [1]))).toMatchObject({ a: "0", b: "2" });
  expect(pairResponses(answers(["one", "two"], [1]))).toBeNull();
  expect(pairResponses(answers(["one", "one", "one"]))).toBeNull();
});

it("refuses answers to different prompts", () => {
  const [a, b] = answers(["one", "two"]);
  expect(() => pairResponses([a!, { ...b!, prompt: "q" }])).toThrow("expected one prompt, got p and q");
});
