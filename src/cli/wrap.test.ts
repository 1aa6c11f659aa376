import { expect, it } from "vitest";
import { wrap } from "./wrap.ts";

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
