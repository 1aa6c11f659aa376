import { expect, test } from "vitest";
import { likeness, statementsOf, stemsOf } from "./statements.ts";

/** "+" what is affirmed, "-" what is denied. */
const told = (text: string): readonly string[] =>
  statementsOf(text).map(({ isDenied, stems }) => `${isDenied ? "-" : "+"} ${[...stems].join(" ")}`);

test.each([
  ["The assistant does not help anyone steal, forge or bribe.", ["- help steal forg brib"]],
  ["It never tells secrets and explains why.", ["- tel secret", "+ explain"]],
  ["It takes no part in theft, but offers advice.", ["+ tak", "- part theft", "+ offer advic"]],
  ["Do not insult people; speak warmly.", ["- insult", "+ speak warmly"]],
  ["It doesn’t lie. Facts are checked.", ["- lie", "+ fact check"]],
  ["It refuses to forge papers.", ["- forg paper"]],
])("%s", (text, expected) => {
  expect(told(text)).toEqual(expected);
});

test("words without content are left out, and the forms of a word are one", () => {
  expect(stemsOf("The assistant helps people.")).toEqual(new Set(["help"]));
  expect(stemsOf("helped helping helps help, lie lies, tries try")).toEqual(new Set(["help", "lie", "try"]));
});

test("likeness is the weighted share of words in common", () => {
  const [a, b] = [new Set(["x", "y"]), new Set(["y", "z"])];
  expect(likeness(a, b)).toBeCloseTo(1 / 3, 12);
  // y weighs 4 of 1 + 4 + 1.
  expect(likeness(a, b, (word) => (word === "y" ? 4 : 1))).toBeCloseTo(4 / 6, 12);
  expect(likeness(new Set(), new Set())).toBe(0);
});
