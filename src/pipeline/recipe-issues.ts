// What zod found wrong with a recipe, in the words of a person who wrote it: where, expected, got, and the fix.
import type { z } from "zod";
import { allPaths, type KeyPath, keysBelow, schemaAt, valueAt } from "../key-path.ts";
import { nearestName } from "../nearest-name.ts";
import { UserError } from "../user-error.ts";

interface Context {
  readonly schema: z.ZodType;
  /** What was parsed. */
  readonly value: unknown;
  /** File, line and key. */
  readonly where: (path: KeyPath) => string;
}

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** One error that lists every issue. */
export function explainIssues(issues: readonly z.core.$ZodIssue[], context: Context): UserError {
  const findings = issues.flatMap((issue) => explain(issue, context));
  const messages = findings.map(({ message }) => message);
  const hints = [...new Set(findings.map(({ hint }) => hint))];
  return new UserError(findings[0]?.code ?? "recipe-invalid", messages.join("\n"), hints.join("\n"));
}

function explain(issue: z.core.$ZodIssue, context: Context): readonly Finding[] {
  const path = issue.path as KeyPath;
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey([...path, key], context));
  const got = valueAt(context.value, path);
  const meant = issue.code === "invalid_union" ? meantBy(issue) : undefined;
  if (meant !== undefined && got !== undefined) return meant.flatMap((own) => explain(own, context));
  const name = path.at(-1);
  // A key written where the name of its variable belongs is not repeated for all to read.
  const shown = name === "apiKey" ? "something else" : JSON.stringify(got);
  if (got === undefined)
    return [
      {
        code: "recipe-missing",
        message: `${context.where(path)}: expected ${expectationOf(issue)}, got nothing`,
        hint: `Add the key "${path.join(".")}".`,
      },
    ];
  if (issue.code === "custom")
    return [
      {
        code: "recipe-path",
        message: `${context.where(path)}: ${issue.message}`,
        hint: String(issue.params?.["hint"] ?? ""),
      },
    ];
  return [
    {
      code: "recipe-value",
      message: `${context.where(path)}: expected ${expectationOf(issue)}, got ${shown}`,
      hint: hintFor(issue, got) ?? `Change the value of "${String(name)}".`,
    },
  ];
}

/** What is wrong with the one alternative that the value has the kind of; undefined where a union explains itself. */
function meantBy(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  if (explainsItself(issue)) return undefined;
  const ofKind = issue.errors.filter(
    (own) => !own.some(({ code, path }) => code === "invalid_type" && path.length === 0),
  );
  return ofKind.length === 1
    ? ofKind[0]!.map((own) => ({ ...own, path: [...issue.path, ...own.path] }))
    : undefined;
}

function unknownKey(path: KeyPath, context: Context): Finding {
  const key = String(path.at(-1));
  const siblings = keysBelow(schemaAt(context.schema, path.slice(0, -1)));
  const near = nearestName(key, siblings);
  const elsewhere =
    near === undefined ? allPaths(context.schema).filter((known) => known.endsWith(`.${key}`)) : [];
  const hint =
    near !== undefined
      ? `Did you mean "${[...path.slice(0, -1), near].join(".")}"?`
      : elsewhere.length > 0
        ? `Did you mean "${elsewhere.join('" or "')}"?`
        : `Keys here are: ${siblings.join(", ")}.`;
  return { code: "recipe-key", message: `${context.where(path)}: expected a known key, got "${key}"`, hint };
}

/** What an issue says should have been there. */
function expectationOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return TYPE_NAMES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return `one of ${issue.values.map((value) => String(value)).join(", ")}`;
    case "too_small":
      return `${amount(issue.origin)} ${issue.inclusive === false ? "above" : "of at least"} ${issue.minimum}`;
    case "too_big":
      return `${amount(issue.origin)} ${issue.inclusive === false ? "below" : "of at most"} ${issue.maximum}`;
    case "invalid_union":
      if (explainsItself(issue)) return issue.message.replace(/^expected /, "");
      return issue.errors.map(([first]) => expectationOf(first!)).join(", or ");
    default:
      return issue.message.replace(/^expected /, "");
  }
}

const explainsItself = ({ message }: z.core.$ZodIssueInvalidUnion): boolean => message !== "Invalid input";

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: "a whole number",
  number: "a number",
  string: "text",
  boolean: "true or false",
  object: "a section with keys of its own",
  array: "a list",
  tuple: "a list of two",
};

const amount = (origin: string): string =>
  origin === "string" ? "text with a length" : origin === "array" ? "a list with a length" : "a number";

function hintFor(issue: z.core.$ZodIssue, got: unknown): string | undefined {
  if (issue.code === "invalid_value" && typeof got === "string") {
    const near = nearestName(got, issue.values.map(String));
    if (near !== undefined) return `Did you mean "${near}"?`;
  }
  if (issue.code === "invalid_type" && issue.expected === "number" && typeof got === "string") {
    if (got.trim() !== "" && Number.isFinite(Number(got)))
      return `Write it without quotes${/e/i.test(got) ? `, as ${Number(got)}` : ""}.`;
  }
  return undefined;
}
