// What is wrong with a constitution, in the words of a person who wrote it: line, what was expected, what came, and the fix.
import type { Document, LineCounter } from "yaml";
import type { z } from "zod";
import { type KeyPath, keysBelow, lineAt, schemaAt, valueAt } from "../../key-path.ts";
import { nearestName } from "../../nearest-name.ts";

/** One mistake. `line` counts from 1. */
export interface ConstitutionIssue {
  readonly code: string;
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

/** All mistakes of a document, in the order of its lines: those the schema found, and ids that stand twice. */
export function explainConstitution(
  document: Document,
  lines: LineCounter,
  found: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
): readonly ConstitutionIssue[] {
  const value: unknown = document.toJS();
  // What is missing at the top is missed where the document begins, after any comments.
  const begins = document.contents?.range?.[0];
  const lineOf = (path: KeyPath): number =>
    lineAt(document, lines, path) ?? (begins === undefined ? 1 : lines.linePos(begins).line);
  const issues = [
    ...found.flatMap((issue) => explain(issue, value, schema, lineOf)),
    ...repeatedIds(value, lineOf),
  ];
  return issues.sort((a, b) => a.line - b.line);
}

function explain(
  issue: z.core.$ZodIssue,
  value: unknown,
  schema: z.ZodType,
  lineOf: (path: KeyPath) => number,
): readonly ConstitutionIssue[] {
  const path = issue.path as KeyPath;
  if (issue.code === "unrecognized_keys") {
    const known = keysBelow(schemaAt(schema, path));
    return issue.keys.map((key) => {
      const near = nearestName(key, known);
      return {
        code: "constitution-key",
        line: lineOf([...path, key]),
        message: `${placeOf([...path, key], value)}: expected a known key, got "${key}"`,
        hint: near === undefined ? `Keys here are: ${known.join(", ")}.` : `Did you mean "${near}"?`,
      };
    });
  }
  const got = valueAt(value, path);
  if (path.length === 0)
    return [
      {
        code: got === null ? "constitution-empty" : "constitution-value",
        line: lineOf(path),
        message: `expected title, version and principles, got ${got === null ? "an empty file" : JSON.stringify(got)}`,
        hint: "Begin from one of those in constitutions/, or see docs/constitutions.md.",
      },
    ];
  const key = String(path.at(-1) ?? "");
  const code = key === "principles" && Array.isArray(got) ? "constitution-empty" : "constitution-value";
  return [
    {
      code,
      line: lineOf(path),
      message: `${placeOf(path, value)}: ${expectationOf(issue)}, got ${got === undefined ? "nothing" : JSON.stringify(got)}`,
      hint:
        code === "constitution-empty"
          ? "Write at least one principle, with an id and a text."
          : got === undefined
            ? `Add the key "${key}".`
            : hintFor(key),
    },
  ];
}

function hintFor(key: string): string {
  if (key === "version")
    return "Write three numbers, such as 1.0.0; raise the first when principles change meaning.";
  if (key === "weight") return "Write a number above 0, or leave the principle out with `without`.";
  if (key === "date") return 'Write a day in quotes, such as "2026-01-31".';
  return `Change the value of "${key}".`;
}

function expectationOf(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `expected ${KINDS[issue.expected] ?? issue.expected}`;
  if (issue.code === "too_small" && issue.origin === "array") return "expected at least one principle";
  if (issue.code === "too_small" && issue.origin === "string") return "expected text that is not empty";
  if (issue.code === "too_small") return `expected a number above ${issue.minimum}`;
  if (issue.code === "invalid_format" && issue.format === "date") return "expected a day, such as 2026-01-31";
  return issue.message.replace(/^(?!expected)/, "expected ");
}

const KINDS: Readonly<Record<string, string>> = {
  object: "keys with values",
  array: "a list",
  string: "text",
  number: "a number",
};

function repeatedIds(value: unknown, lineOf: (path: KeyPath) => number): readonly ConstitutionIssue[] {
  const principles = valueAt(value, ["principles"]);
  if (!Array.isArray(principles)) return [];
  const first = new Map<unknown, number>();
  return principles.flatMap((_, i) => {
    const id = valueAt(principles, [i, "id"]);
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, i);
    if (earlier === undefined || typeof id !== "string") return [];
    return {
      code: "constitution-duplicate-id",
      line: lineOf(["principles", i, "id"]),
      message: `principles[${i}].id: expected an id of its own, got "${id}" again (first on line ${lineOf(["principles", earlier, "id"])})`,
      hint: "Rename one of the two; ids stay what they are for good.",
    };
  });
}

/** "principles[2].weight (no-theft)": the place, with the principle's id where it has one. */
function placeOf(path: KeyPath, value: unknown): string {
  const place = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${part}`)).join("");
  const id =
    path[0] === "principles" && path.length > 2 ? valueAt(value, [...path.slice(0, 2), "id"]) : undefined;
  const plain = place.replace(/^\./, "") || "document";
  return typeof id === "string" && path.at(-1) !== "id" ? `${plain} (${id})` : plain;
}
