// The content of a file of another format: its text, and what it is as JSON or JSON Lines. What does not hold what it should is
// told by its place: the file is refused where that is the whole of it, and an entry is left out where it is one of many.
import { z } from "zod";
import { findDuplicateKey } from "../../../duplicate-key.ts";
import { UserError } from "../../../user-error.ts";
import { readRow, type Skipped } from "../../datasets/dataset.ts";
import { MalformedRow, type Row } from "../../datasets/row.ts";
import { jsonFault } from "./json-fault.ts";

/** A file, as text and, where it is JSON or JSON Lines, as a value (JSON Lines: the list of its rows). */
export interface Content {
  /** The file's name, for messages and sources. */
  readonly where: string;
  readonly text: string;
  readonly json: unknown;
  /** Of JSON Lines: the line that each row stands on. */
  readonly lines?: readonly number[];
  /** Of JSON Lines: lines that are no row. */
  readonly malformed: readonly Skipped[];
}

/** @example contentOf('{"trait": "kind"}\n{"trait": "brief"}', "a.jsonl").json // [{ trait: "kind" }, { trait: "brief" }] */
export function contentOf(text: string, where: string): Content {
  const file = { where, text, malformed: [] };
  try {
    return { ...file, json: JSON.parse(text) };
  } catch {
    return { ...file, json: undefined, ...rowsOf(text) };
  }
}

/** JSON Lines are told from JSON with a mistake in it: their first line is an object by itself, or most lines are. */
function rowsOf(text: string): Partial<Content> {
  if (!/^\s*\{/m.test(text)) return {};
  const asItIs = { translate: (row: Row) => [row], parse: (row: Row) => row };
  const read = text.split("\n").flatMap((source, i) => [...readRow({ line: i + 1, source }, asItIs)]);
  const rows = read.filter((one) => "row" in one);
  const malformed = read.flatMap((one) =>
    "skipped" in one ? { ...one.skipped, detail: `line ${one.skipped.line}: ${one.skipped.detail}` } : [],
  );
  if ("skipped" in read[0]! && rows.length <= malformed.length) return {};
  return { json: rows.map(({ row }) => row), lines: rows.map(({ line }) => line), malformed };
}

/** @throws UserError, with the place of the first mistake, for a file that is neither JSON nor JSON Lines, or has a key twice */
export function jsonIn({ json, text, lines, where }: Content): unknown {
  const twice = json === undefined || lines !== undefined ? null : findDuplicateKey(text);
  if (twice !== null) {
    const before = text.slice(0, twice.at).split("\n");
    throw new UserError(
      "import-json",
      `${where}:${before.length}:${before.at(-1)!.length + 1}: expected each key once in an object, got "${twice.key}" twice`,
      "Rename one of them, or take it out.",
    );
  }
  if (json !== undefined) return json;
  const { line, column, expected, got } = jsonFault(text)!;
  throw new UserError(
    "import-json",
    `${where}:${line}:${column}: expected JSON, here ${expected}, got ${got}`,
    "Put it right there. If it is no JSON, say what it is with --from; as markdown, it is read as prose.",
  );
}

/** What a file holds that is not read, where there is any. */
export function unreadNote(
  objects: readonly object[],
  read: readonly string[],
  within = "",
): readonly string[] {
  const keys = new Set(objects.flatMap((one) => Object.keys(one)));
  const unread = [...keys.difference(new Set(read))].map((key) => within + key);
  return unread.length === 0 ? [] : [`left out, as there is no place for it here: ${unread.join(", ")}`];
}

/** Text that says something, as it stands. */
export const saidText = z
  .string()
  .refine((text) => text.trim() !== "", { error: "expected text that is not empty" });

/** A list whose entries are looked at one by one; none where there is nothing. */
export const entries = z
  .array(z.unknown())
  .nullish()
  .transform((list) => list ?? []);

/**
 * The value as the format has it.
 * @throws UserError that lists every place where it is not
 */
export function parseAs<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as T;
  throw new UserError(
    "import-value",
    faultsOf(error)
      .map((fault) => `${where}: ${fault}`)
      .join("\n"),
    "Put the file right, or say what it is with --from.",
  );
}

/** One entry of a list, as `parseAs`. @throws MalformedRow */
export function entryAs<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as T;
  throw new MalformedRow("unknown-shape", faultsOf(error, place).join("; "));
}

/** "constitutions[0].revision: expected string, got undefined". */
const faultsOf = ({ issues }: z.ZodError, place = ""): readonly string[] =>
  issues.map(({ path, message }) => {
    const within = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
    const at = /^(?:line \d+)?$/.test(place) ? within.replace(/^\./, place === "" ? "" : ": ") : within;
    return `${place + at || "document"}: ${message.replace(/^Invalid input: /, "").replace(/, received /, ", got ")}`;
  });

/** What became of a list. */
export interface Entries<T> {
  /** By place in the list; undefined where the entry cannot be read. */
  readonly places: readonly (T | undefined)[];
  /** Those that can be read. */
  readonly items: readonly T[];
  readonly malformed: readonly Skipped[];
}

/**
 * Reads each entry of a list; one that cannot be read is left out, with its number, its place and what is wrong with it.
 * @param placeOf how an entry's place is told, such as "changelog[0]"
 * @param lines the line of each entry, where the file has lines
 */
export function each<From, To>(
  list: readonly From[],
  placeOf: (i: number) => string,
  read: (entry: From, place: string, i: number) => To,
  lines?: readonly number[],
): Entries<To> {
  const malformed: Skipped[] = [];
  const places = list.map((entry, i) => {
    try {
      return read(entry, placeOf(i), i);
    } catch (error) {
      if (!(error instanceof MalformedRow)) throw error;
      const { reason, message: detail } = error;
      malformed.push({ line: lines?.[i] ?? i + 1, reason, detail, raw: entry });
      return undefined;
    }
  });
  return { places, items: places.filter((one) => one !== undefined), malformed };
}

/** The rows of a file that is a list or JSON Lines, each by its index or its line; lines that are no row are malformed, too. */
export function eachRow<To>(
  content: Content,
  read: (row: unknown, place: string, i: number) => To,
): Entries<To> {
  const { lines, where } = content;
  const list = parseAs(z.array(z.unknown()).min(1), jsonIn(content), where);
  const placeOf = (i: number) => (lines === undefined ? `[${i}]` : `line ${lines[i]}`);
  const { malformed, ...rest } = each(list, placeOf, read, lines);
  return { ...rest, malformed: [...content.malformed, ...malformed].sort((a, b) => a.line - b.line) };
}

/** As files of other formats are written. */
export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
