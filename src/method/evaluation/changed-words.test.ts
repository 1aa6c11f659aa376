import { expect, it } from "vitest";
import { changedWords } from "./changed-words.ts";

it("is the share of words that two texts do not have in common, each as often as it stands there", () => {
  expect(changedWords("Take the phone.", "Take the phone.")).toBe(0);
  expect(changedWords("Take it!", "Never steal.")).toBe(1);
  // take the phone . | ask for the phone . : three in common of four and five
  expect(changedWords("Take the phone.", "Ask for the phone.")).toBeCloseTo(1 - 6 / 9, 12);
  // no no no | no : one in common of three and one
  expect(changedWords("no no no", "No")).toBeCloseTo(1 - 2 / 4, 12);
});

it("is the same both ways round, and does not see an order or a capital", () => {
  const [a, b] = ["Ask him, then take it.", "Take it, then ask him and wait."];
  expect(changedWords(a, b)).toBe(changedWords(b, a));
  expect(changedWords("Then ask.", "ask Then.")).toBe(0);
  expect(changedWords("", " ")).toBe(0);
});
