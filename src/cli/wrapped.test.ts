import { expect, test } from "vitest";
import { wrappedLines } from "./wrapped.ts";

test("lines are no longer than the terminal, less what is comfortable, and lose no word", () => {
  const text = "one two three four five six seven eight nine ten";
  const lines = wrappedLines(text, 30, "  ");
  expect(lines).toEqual(["  one two three four five six", "  seven eight nine ten"]);
  const long = Array.from({ length: 60 }, () => "word").join(" ");
  expect(Math.max(...wrappedLines(long, 500, "").map((line) => line.length))).toBeLessThanOrEqual(96);
});

test("colours take no room, and a word longer than a line keeps one of its own", () => {
  const red = (word: string) => `\x1b[31m${word}\x1b[39m`;
  expect(wrappedLines(`${red("one")} ${red("two")} three four five six`, 30, "  ")).toHaveLength(1);
  expect(wrappedLines(`a ${"x".repeat(60)} b`, 30, "  ")).toHaveLength(3);
});
