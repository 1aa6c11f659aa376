import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { UserError } from "../../user-error.ts";
import { parseConstitution, principleLines, without } from "./constitution.ts";

const good = `
title: A small one
version: 1.2.0
principles:
  - id: no-theft
    text: Do not help anyone steal.
    weight: 2
    tags: [theft]
  - id: explain
    text: Say why.
    reasons: A bare refusal teaches nothing.
    source: { title: Bai et al. 2022, locator: section 4.4 }
    wording: { critique: Does the response explain itself? }
changelog:
  - { version: 1.2.0, date: "2026-01-31", note: Explains itself. }
`;

function mistakeIn(yaml: string): UserError {
  try {
    parseConstitution(yaml, "c.yaml");
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("expected the constitution to be refused");
}

test("a constitution is read with its defaults and cannot be changed afterwards", () => {
  const constitution = parseConstitution(good, "c.yaml");
  expect(constitution.principles.map(({ id, weight, tags }) => [id, weight, tags])).toEqual([
    ["no-theft", 2, ["theft"]],
    ["explain", 1, []],
  ]);
  expect(constitution.principles[0]!.wording).toEqual({});
  expect(Object.isFrozen(constitution.principles[1]!.source)).toBe(true);
});

test("the town's own constitution is a good one", () => {
  const file = new URL("../../../constitutions/town.yaml", import.meta.url);
  const { principles } = parseConstitution(readFileSync(file, "utf8"), "town.yaml");
  expect(principles.length).toBeGreaterThanOrEqual(12);
  expect(principles.filter(({ source, reasons }) => source === undefined || reasons === "")).toEqual([]);
});

test("an unknown key is refused by its place, with the nearest name", () => {
  const { code, message, hint } = mistakeIn(good.replace("reasons:", "reason:"));
  expect(code).toBe("constitution-key");
  expect(message).toBe('c.yaml:11: principles[1].reason (explain): expected a known key, got "reason"');
  expect(hint).toBe('Did you mean "reasons"?');
});

test("a repeated id is refused with both lines", () => {
  const { code, message } = mistakeIn(good.replace("id: explain", "id: no-theft"));
  expect(code).toBe("constitution-duplicate-id");
  expect(message).toContain(
    'c.yaml:9: principles[1].id: expected an id of its own, got "no-theft" again (first on line 5)',
  );
});

test.each([
  ["", "constitution-empty", "got an empty file"],
  ["# Nothing yet.\n", "constitution-empty", "got an empty file"],
  ["Be good.\n", "constitution-value", 'got "Be good."'],
])("%j is refused as no constitution", (text, code, got) => {
  const mistake = mistakeIn(text);
  expect([mistake.code, mistake.message]).toEqual([code, expect.stringContaining(got)]);
});

test("an empty list of principles is refused", () => {
  const { code, message } = mistakeIn("title: None\nversion: 1.0.0\nprinciples: []\n");
  expect(code).toBe("constitution-empty");
  expect(message).toBe("c.yaml:3: principles: expected at least one principle, got []");
});

test.each([
  ["version: 1.2.0", "version: 1.2", "version: expected text, got 1.2"],
  ["version: 1.2.0", 'version: "1.2"', "version: expected a version of three numbers, such as 1.0.0"],
  ["weight: 2", "weight: 0", "principles[0].weight (no-theft): expected a number above 0, got 0"],
  ["weight: 2", "weight: often", 'principles[0].weight (no-theft): expected a number, got "often"'],
  ["text: Say why.", 'text: " "', "principles[1].text (explain): expected text that is not empty"],
  [
    "locator: section 4.4",
    'url: "javascript:alert(1)"',
    "source.url (explain): expected an address that begins with http",
  ],
  ["    text: Say why.\n", "", "principles[1].text (explain): expected text, got nothing"],
  ['"2026-01-31"', "tomorrow", "changelog[0].date: expected a day, such as 2026-01-31"],
  ["title: A small one", "", "title: expected text, got nothing"],
])("%s cannot be %s", (from, to, message) => {
  expect(mistakeIn(good.replace(from, to)).message).toContain(message);
});

test("all mistakes are told at once, in the order of the file", () => {
  const { message, hint } = mistakeIn(good.replace("weight: 2", "weight: -1").replace("wording:", "words:"));
  expect(message.split("\n").map((line) => line.split(":")[1])).toEqual(["7", "13"]);
  expect(hint.split("\n")).toHaveLength(2);
});

test("the line of every principle is known by its id", () => {
  expect([...principleLines(good)]).toEqual([
    ["no-theft", 5],
    ["explain", 9],
  ]);
});

test("text that is not YAML is refused with its line", () => {
  expect(mistakeIn("title: a: b\n").message).toMatch(/^c\.yaml:1: expected YAML, got /);
});

test("an asterisk that names no anchor is refused with the fix", () => {
  const { message, hint } = mistakeIn("title: *foo\n");
  expect(message).toMatch(/^c\.yaml: expected YAML, got .*foo/);
  expect(hint).toMatch(/quotes/);
});

test("principles are left out by id and by tag", () => {
  const constitution = parseConstitution(good, "c.yaml");
  expect(without(constitution, ["theft"]).principles.map(({ id }) => id)).toEqual(["explain"]);
  expect(without(constitution, ["explain"]).principles.map(({ id }) => id)).toEqual(["no-theft"]);
  expect(without(constitution, []).principles).toEqual(constitution.principles);
});

test("leaving out an unknown name, or everything, is refused", () => {
  const constitution = parseConstitution(good, "c.yaml");
  expect(() => without(constitution, ["theif"])).toThrow(
    'expected the id or a tag of a principle in "A small one", got "theif"',
  );
  expect(() => without(constitution, ["theft", "explain"])).toThrow("at least one principle");
});
