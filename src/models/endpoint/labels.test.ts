import { expect, test } from "vitest";
import { labelAtStart, labelLogProbs, type TokenChoice } from "./labels.ts";

const labels = ["(A)", "(B)"];

test.each([
  ["A", 0],
  ["(B)", 1],
  [" **B**: because", 1],
  ["\n(A) is better", 0],
  ["'B'.", 1],
  ["Answer", -1],
  ["And", -1],
  ["", -1],
  ["the first", -1],
])("the label at the start of %j is %i", (text, expected) => {
  expect(labelAtStart(text, labels)).toBe(expected);
});

const choice = (token: string, alternatives: Readonly<Record<string, number>>): TokenChoice => ({
  token,
  logprob: Math.log(alternatives[token]!),
  top_logprobs: Object.entries(alternatives).map(([text, p]) => ({ token: text, logprob: Math.log(p) })),
});
const probabilities = (tokens: readonly TokenChoice[]) =>
  labelLogProbs(tokens, labels)?.map((logProb) => Math.exp(logProb));

test("spellings of one label add up", () => {
  const found = probabilities([
    choice("A", { A: 0.5, " A": 0.1, "(A": 0.05, B: 0.2, "(B)": 0.05, The: 0.1 }),
  ]);
  expect(found).toEqual([expect.closeTo(0.65, 12), expect.closeTo(0.25, 12)]);
});

test("the label may come after marks, whose probability counts", () => {
  const found = probabilities([
    choice("(", { "(": 0.8, A: 0.2 }),
    choice("B", { B: 0.9, A: 0.1 }),
    choice(")", { ")": 1 }),
  ]);
  expect(found).toEqual([expect.closeTo(0.08, 12), expect.closeTo(0.72, 12)]);
});

test("or after the words that were to be gone on from", () => {
  const lead = "The answer is:";
  expect(labelAtStart(" **The answer is:** (B)", labels, lead)).toBe(1);
  expect(labelAtStart("The answer is: neither", labels, lead)).toBe(-1);
  const words = ["The", " answer", " is", ": ("].map((word) => choice(word, { [word]: 1, "(": 0 }));
  const label = choice("B", { B: 0.9, A: 0.1 });
  const found = labelLogProbs([...words, label], labels, lead);
  expect(found!.map(Math.exp)).toEqual([expect.closeTo(0.1, 12), expect.closeTo(0.9, 12)]);
  expect(labelLogProbs([choice("The", { The: 1 }), choice(" end", { " end": 1 }), label], labels, lead)).toBe(
    null,
  );
});

test("a label that is not listed gets no more than the least that is, nor than what is left", () => {
  expect(probabilities([choice("A", { A: 0.9, The: 0.06 })])![1]).toBeCloseTo(0.04, 12);
  expect(probabilities([choice("A", { A: 0.7, The: 0.01 })])![1]).toBeCloseTo(0.01, 12);
});

test("an answer that begins with something else has no label", () => {
  expect(probabilities([choice("The", { The: 0.6, A: 0.4 }), choice("A", { A: 1 })])).toBeUndefined();
  expect(probabilities([choice("(", { "(": 1 })])).toBeUndefined();
  expect(probabilities([])).toBeUndefined();
});
