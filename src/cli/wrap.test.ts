import { expect, it } from "vitest";
import { wrap, wrappedLines } from "./wrap.ts";

it("breaks between words, and a word only where it is longer than a line", () => {
  expect(wrap("one two  three\nfour", 9)).toEqual(["one two", "three", "four"]);
  expect(wrap("a abcdefgh b", 5)).toEqual(["a", "abcde", "fgh b"]);
  expect(wrap(" ", 5)).toEqual([]);
});

it("ends in an ellipsis beyond the last line, within the width, and closes a quotation", () => {
  expect(wrap("one two three four", 7, 2)).toEqual(["one two", "three…"]);
  expect(wrap("“one two three four”", 8, 1)).toEqual(["“one t…”"]);
  expect(wrap("one two", 7, 1)).toEqual(["one two"]);
});

it("lines are no longer than the terminal, less what is comfortable, and lose no word", () => {
  const text = "one two three four five six seven eight nine ten";
  const lines = wrappedLines(text, 30, "  ");
  expect(lines).toEqual(["  one two three four five six", "  seven eight nine ten"]);
  const long = Array.from({ length: 60 }, () => "word").join(" ");
  expect(Math.max(...wrappedLines(long, 500, "").map((line) => line.length))).toBeLessThanOrEqual(96);
});

it("colours take no room, and a word longer than a line keeps one of its own", () => {
  const red = (word: string) => `\x1b[31m${word}\x1b[39m`;
  expect(wrappedLines(`${red("one")} ${red("two")} three four five six`, 30, "  ")).toHaveLength(1);
  expect(wrappedLines(`a ${"x".repeat(60)} b`, 30, "  ")).toHaveLength(3);
});
