import { expect, test } from "vitest";
import { distinct, mostWidespread, shareHolding, wordsOf } from "./diversity.ts";

test("words and marks stand apart, in lower case", () => {
  expect(wordsOf("Don't go, Élise!")).toEqual(["don't", "go", ",", "élise", "!"]);
});

test("distinct-n counts different n-grams over all of them", () => {
  // "a b", "b a" | "a b", "b c": three different of four.
  expect(distinct(["a b a", "a b c"], 2)).toBe(3 / 4);
  expect(distinct(["a b a", "a b c"], 1)).toBe(3 / 6);
  expect(distinct(["a"], 2)).toBe(0);
});

test("the most widespread phrase is counted once an answer", () => {
  const texts = ["x x x x x", "one two three", "say one two", "none"];
  expect(mostWidespread(texts, 2)).toEqual({ phrase: "one two", share: 0.5 });
  expect(mostWidespread(["too short"], 4)).toBeNull();
});

test("a phrase is looked for by whole words", () => {
  expect(shareHolding(["one two", "one twofold", "see: one two!"], "one two")).toBeCloseTo(2 / 3);
});
