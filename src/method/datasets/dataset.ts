// Rows of a JSONL text, each parsed or left out for a stated reason. Real files have malformed rows: they are counted and
// reported, never fatal and never dropped in silence. Knows lines, not files.

/** Why a row cannot be used. */
export type SkipReason =
  | "bad-encoding"
  | "bad-json"
  | "not-an-object"
  | "unknown-shape"
  | "unknown-role"
  | "broken-alternation"
  | "empty-turn"
  | "no-final-user-turn"
  | "no-final-assistant-turn"
  | "empty-reply"
  | "diverging-prefixes"
  | "identical-answers"
  | "bad-probability";

/** A row that was left out; `line` counts from 1. */
export interface Skipped {
  readonly line: number;
  readonly reason: SkipReason;
  readonly detail: string;
}

/** What could be used of a data set, in its order, and what could not. */
export interface Dataset<T> {
  readonly rows: readonly T[];
  readonly skipped: readonly Skipped[];
}

/** One row as it came: a JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/** Thrown by row parsers; `parseRows` turns it into an entry of `skipped`. */
export class MalformedRow extends Error {
  override readonly name = "MalformedRow";
  readonly reason: SkipReason;

  constructor(reason: SkipReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/**
 * Parses JSONL line by line. Blank lines are passed over.
 *
 * @param lines text, or bytes that should be UTF-8
 * @param parseRow throws `MalformedRow` for a row that cannot be used
 */
export function parseRows<T>(lines: Iterable<string | Uint8Array>, parseRow: (row: Row) => T): Dataset<T> {
  const rows: T[] = [];
  const skipped: Skipped[] = [];
  let line = 0;
  for (const source of lines) {
    line++;
    try {
      const text = decode(source).trim();
      if (text !== "") rows.push(parseRow(parseObject(text)));
    } catch (error) {
      if (!(error instanceof MalformedRow)) throw error;
      skipped.push({ line, reason: error.reason, detail: error.message });
    }
  }
  return { rows, skipped };
}

/** Counts of the reasons, most frequent first, such as "3 bad-json, 1 empty-reply". */
export function describeSkipped(skipped: readonly Skipped[]): string {
  const counts = new Map<string, number>();
  for (const { reason } of skipped) counts.set(reason, (counts.get(reason) ?? 0) + 1);
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

function parseObject(text: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text, refuseInfinity);
  } catch (error) {
    throw new MalformedRow("bad-json", (error as Error).message);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Row;
  throw new MalformedRow("not-an-object", `expected a JSON object, got ${text.slice(0, 40)}`);
}

/** JSON.parse reads 1e999 as Infinity, which no record may hold. */
function refuseInfinity(_key: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError("a number beyond the range of float64");
  return value;
}
