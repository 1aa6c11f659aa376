// What an export cannot hold is told.
import { expect, test } from "vitest";
import { parseConstitution } from "../constitution.ts";
import type { Beside } from "./draft.ts";
import { exportConstitution } from "./exchange.ts";
import type { FormatName } from "./format-names.ts";

const small = parseConstitution(
  `
title: Ours
version: 1.2.0
principles:
  - { id: tone, text: It is kind., reasons: People are., weight: 2, tags: [tone], source: { title: Policy } }
  - { id: length, text: It is brief., wording: { critique: Is it long?, revision: Shorten it. } }
`,
  "ours.yaml",
);

test.each([
  [
    "hugging-face",
    ["id of 2 principles", "text, reasons, source, weight, tags of 1 principle", "title", "version"],
  ],
  ["paper", ["text, reasons, source, weight, tags of 1 principle", "title", "version"]],
  [
    "constitutional-evals",
    [
      "id of 2 principles",
      "reasons, source, weight, tags, critique wording, revision wording of 1 principle",
    ],
  ],
] as const)("what does not come back from %s is told", (format, lost) => {
  expect(exportConstitution(small, format).lost).toEqual(lost);
});

test("of what stands beside the principles, what a format cannot hold is told, too", () => {
  const shown = { critiqueRequest: "a", critique: "b", revisionRequest: "c", revision: "d", response: "e" };
  const conversation = [{ role: "user", content: "Hi" }] as const;
  const beside: Beside = {
    demonstrations: [{ conversation, ...shown }],
    comparisons: [{ conversation, chosen: "a", rejected: "b", probability: 0.7, metadata: {} }],
    questions: [{ prompt: "Hi", principle: "nobody", list: "questions" }],
  };
  const lostIn = (format: FormatName) => exportConstitution(small, format, beside).lost;
  expect(lostIn("hugging-face").slice(-2)).toEqual(["1 of the comparisons", "1 of the prompts"]);
  expect(lostIn("traits").slice(-3)).toEqual([
    "1 of the demonstrations",
    "1 of the comparisons",
    "1 of the prompts",
  ]);
  expect(lostIn("paper-comparison-few-shot")).toContain("1 of the comparisons"); // its soft label
});

test("order, changelog and version are told where they do not come back, and sources are in the provenance", () => {
  const yaml = (ids: readonly string[]) =>
    `title: T\nversion: 1.0.0-beta\nprinciples:\n${ids
      .map((id, i) =>
        `  - { id: "${id}", text: It keeps ${id}., tags: [${i === 0 ? "guideline" : "x"}], source: { title: Policy, locator: ${i} } }`.replace(
          /locator: (\d)/,
          'locator: "$1"',
        ),
      )
      .join("\n")}\nchangelog: [{ version: 1.0.0-beta, date: "2026-01-31", note: First. }]`;
  const own = parseConstitution(yaml(["b", "a"]), "own.yaml");
  const { text, lost } = exportConstitution(own, "constitutional-evals");
  expect(lost.slice(-3)).toEqual(["order of the principles", "version", "changelog"]);
  expect(JSON.parse(text).provenance).toEqual({ source_texts: ["Policy, 0", "Policy, 1"] });
  const numbered = exportConstitution(parseConstitution(yaml(["b", "2"]), "own.yaml"), "paper");
  expect(numbered.lost).toContain("order of the principles");
  expect(exportConstitution(own, "paper").lost).not.toContain("order of the principles");
});
