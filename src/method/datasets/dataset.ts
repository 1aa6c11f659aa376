// Rows of a data set, each parsed or left out for a stated reason. Real files have malformed rows: they are counted, reported
// and kept as they came, never fatal and never dropped in silence. Knows lines, not files.
import { findDuplicateKey } from "../../duplicate-key.ts";
import { comparisonsOf } from "./annotated-pairs.ts";
import { isRecord, MalformedRow, type Row, type SkipReason } from "./row.ts";

/** A row that was left out; `line` counts from 1, and is the row's number where a file has no lines. */
export interface Skipped {
  readonly line: number;
  readonly reason: SkipReason;
  readonly detail: string;
  /** The row as it came: a value, text that is no JSON, or { base64 } of bytes that are no text. */
  readonly raw: unknown;
}

/** What could be used of a data set, in its order, and what could not. */
export interface Dataset<T> {
  readonly rows: readonly T[];
  readonly skipped: readonly Skipped[];
}

/** A row of a file before it is read: text, bytes that should be UTF-8, or a value where the file holds values. */
export interface SourceRow {
  readonly line: number;
  readonly source: string | Uint8Array | Row;
  /** What is wrong with it before it is looked at. */
  readonly fault?: MalformedRow;
}

/** What became of a row. `within` is the object of the file that it stands in: itself, but for a document of several. */
export type Outcome<T> =
  | { readonly line: number; readonly source: Row; readonly within: Row; readonly row: T }
  | { readonly skipped: Skipped };

/** How rows are read. Both throw `MalformedRow` for what cannot be used. */
export interface RowReader<T> {
  /** The rows of our own shape that a row of any known shape holds. */
  readonly translate: (row: Row) => readonly Row[];
  readonly parse: (row: Row) => T;
}

/** Reads one row, which may hold several: nothing where it is blank. */
export function* readRow<T>({ line, source, fault }: SourceRow, reader: RowReader<T>): Generator<Outcome<T>> {
  const value = attempt(line, source, () => {
    if (fault !== undefined) throw fault;
    return parseObject(source);
  });
  if ("skipped" in value) yield value;
  else if (value.result !== undefined)
    for (const [i, row] of comparisonsOf(value.result).entries())
      yield* readParts(line + i, row, value.result, reader);
}

function* readParts<T>(line: number, source: Row, within: Row, reader: RowReader<T>): Generator<Outcome<T>> {
  const parts = attempt(line, source, () => reader.translate(source));
  if ("skipped" in parts) yield parts;
  else {
    const parsed = parts.result.map((part) => attempt(line, source, () => reader.parse(part)));
    // What is wrong with the whole row is said once.
    const told = parsed.every((part) => "skipped" in part) ? parsed.slice(0, 1) : parsed;
    for (const part of told) yield "skipped" in part ? part : { line, source, within, row: part.result };
  }
}

function attempt<R>(
  line: number,
  source: SourceRow["source"],
  read: () => R,
): { readonly result: R } | { readonly skipped: Skipped } {
  try {
    return { result: read() };
  } catch (error) {
    if (!(error instanceof MalformedRow)) throw error;
    return { skipped: { line, reason: error.reason, detail: error.message, raw: rawOf(source) } };
  }
}

/** Parses JSONL line by line. Blank lines are passed over. */
export function parseRows<T>(lines: Iterable<string | Uint8Array>, reader: RowReader<T>): Dataset<T> {
  const rows: T[] = [];
  const skipped: Skipped[] = [];
  let line = 0;
  for (const source of lines)
    for (const outcome of readRow({ line: ++line, source }, reader))
      if ("skipped" in outcome) skipped.push(outcome.skipped);
      else rows.push(outcome.row);
  return { rows, skipped };
}

/** Counts of the reasons, most frequent first, such as "3 bad-json, 1 empty-reply". */
export const describeSkipped = (skipped: readonly Skipped[]): string => describeCounts(countReasons(skipped));

export function countReasons(skipped: readonly Skipped[]): ReadonlyMap<SkipReason, number> {
  const counts = new Map<SkipReason, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return counts;
}

/** As `describeSkipped`, of rows that were counted as they came. */
export function describeCounts(counts: ReadonlyMap<SkipReason, number>): string {
  const ordered = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return ordered.map(([reason, count]) => `${count} ${reason}`).join(", ");
}

const utf8 = new TextDecoder("utf-8", { fatal: true }); // drops a byte-order mark

function decode(source: string | Uint8Array): string {
  if (typeof source === "string") return source;
  try {
    return utf8.decode(source);
  } catch {
    throw new MalformedRow("bad-encoding", "expected UTF-8, got other bytes");
  }
}

/** The object that a row holds; undefined for a blank line. */
function parseObject(source: SourceRow["source"]): Row | undefined {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) return source;
  const text = decode(source).trim();
  if (text === "") return undefined;
  let value: unknown;
  try {
    value = parseExact(text);
  } catch (error) {
    throw new MalformedRow("bad-json", (error as Error).message);
  }
  if (isRecord(value)) return value;
  throw new MalformedRow("not-an-object", `expected a JSON object, got ${text.slice(0, 40)}`);
}

/** As kept aside: the value where the text is JSON. */
function rawOf(source: SourceRow["source"]): unknown {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) return source;
  try {
    const text = decode(source);
    try {
      return parseExact(text);
    } catch {
      return text;
    }
  } catch {
    return { base64: Buffer.from(source as Uint8Array).toString("base64") };
  }
}

/** The end of a key, or of what looks like one within a string; not a mark after a single backslash. */
const KEY_END = /(?<![^\\]\\)"\s*:/g;

/** JSON of which nothing is lost: JSON.parse keeps the last of a key's values. */
function parseExact(text: string): unknown {
  const value = parseFinite(text);
  const atMost = text.match(KEY_END)?.length ?? 0;
  const twice = countKeys(value) === atMost ? null : findDuplicateKey(text); // which is slow
  if (twice === null) return value;
  throw new SyntaxError(`expected each key once, got "${twice.key}" twice`);
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? value : Object.values(value);
  return own.reduce((sum, item) => sum + countKeys(item), own === value ? 0 : own.length);
}

/** Where a number may be beyond the range: a look at each value is slow. */
const parseFinite = (text: string): unknown =>
  /\d[eE]\+?\d\d|\d{300}/.test(text) ? JSON.parse(text, refuseInfinity) : JSON.parse(text);

/** JSON.parse reads 1e999 as Infinity, which no record may hold. */
function refuseInfinity(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError("a number beyond the range of float64");
  return value;
}
