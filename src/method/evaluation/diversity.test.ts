import { expect, test } from "vitest";
import {
  alikeDeclines,
  describeDiversity,
  distinct,
  estimateDistinct,
  hundredDeclines,
  isLooping,
  mostWidespread,
  wordsOf,
} from "./diversity.ts";
import { jackknife, wilson } from "./intervals.ts";

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
  const texts = [["x x x x x"], ["one two three"], ["say one two"], ["none"]];
  expect(mostWidespread(texts, 2)).toEqual({ phrase: "one two", share: wilson(2, 4) });
  // Two prompts with two answers each, where one prompt has both: no surer than one of two.
  const pairs = [texts.slice(1, 3).flat(), [texts[0]!, texts[3]!].flat()];
  const { share } = mostWidespread(pairs, 2)!;
  expect(share).toMatchObject({ count: 2, of: 4 });
  expect(share.high - share.low).toBeGreaterThanOrEqual(wilson(1, 2)!.high - wilson(1, 2)!.low);
  expect(mostWidespread([["too short"]], 4)).toBeNull();
});

test("its interval is the jackknife's over prompts, an answer left out by really leaving it out", () => {
  const texts = [["a b c", "a b d"], ["b c a b"], ["x y z"], ["a b c x y"]];
  const without = texts.map((_, i) => distinct(texts.filter((_own, j) => j !== i).flat(), 2));
  expect(estimateDistinct(texts, 2)).toEqual(jackknife(distinct(texts.flat(), 2), without));
  expect(estimateDistinct([], 2)).toEqual({ value: 0, low: 0, high: 0 });
});

test("a text that says itself again and again goes in circles; one that repeats a sentence does not", () => {
  const sentence = "Please take good care of yourself and of all the others.";
  expect(isLooping(`${sentence} `.repeat(6))).toBe(true);
  expect(isLooping("no no no no no no no no no no no no no no no no")).toBe(true);
  expect(isLooping(`${sentence} I mean it, since nobody else will do it for you. ${sentence}`)).toBe(false);
  expect(isLooping("no no no no no")).toBe(false); // too short to tell
  expect(describeDiversity([[sentence], ["so it goes ".repeat(9)]]).looping).toEqual(wilson(1, 2));
});

test("declines are compared in equal numbers, of the models that decline at all", () => {
  const prompts = (declined: number) =>
    Array.from({ length: 20 }, (_, i) => (i < declined ? [`no ${i}`] : []));
  const alike = alikeDeclines({ first: prompts(2), second: prompts(7), third: prompts(18) });
  expect(Object.entries(alike).map(([model, texts]) => [model, texts.length])).toEqual([
    ["second", 7],
    ["third", 7],
  ]);
  expect(alikeDeclines({ first: prompts(0) })).toEqual({});
});

test("declines that are cut are spread over the prompts, one of each, not the first in the file", () => {
  const declines = (count: number) => Array.from({ length: count }, (_, i) => [`no ${i}`, "again"]);
  const alike = alikeDeclines({ few: declines(4), many: declines(10) });
  expect(alike["few"]).toEqual([["no 0"], ["no 1"], ["no 2"], ["no 3"]]);
  expect(alike["many"]).toEqual([["no 0"], ["no 2"], ["no 5"], ["no 7"]]);
});

test("a hundred declines are a hundred, whatever the other models of the run do", () => {
  const declines = (count: number) => Array.from({ length: 300 }, (_, i) => (i < count ? [`no ${i}`] : []));
  const of = (others: Parameters<typeof hundredDeclines>[0]) =>
    hundredDeclines({ own: declines(200), ...others });
  expect(of({})).toEqual({ own: of({ other: declines(40) })["own"] });
  expect(of({})["own"]).toHaveLength(100);
  expect(of({})["own"]!.at(-1)).toEqual(["no 198"]);
  expect(Object.keys(of({ other: declines(99), more: declines(100) }))).toEqual(["own", "more"]);
});
