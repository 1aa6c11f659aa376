// A row of a data set as it came, and what is wrong with one that cannot be used. Knows no shape.

/** One row as it came: a JSON object. */
export type Row = Readonly<Record<string, unknown>>;

/** Why a row cannot be used. */
export type SkipReason =
  | "bad-encoding"
  | "bad-json"
  | "not-an-object"
  | "wrong-cells"
  | "unknown-shape"
  | "unknown-role"
  | "broken-alternation"
  | "empty-turn"
  | "no-final-user-turn"
  | "no-final-assistant-turn"
  | "empty-reply"
  | "diverging-prefixes"
  | "identical-answers"
  | "bad-probability"
  | "no-preference";

/** Thrown by row readers; `readRow` turns it into a `Skipped`. */
export class MalformedRow extends Error {
  override readonly name = "MalformedRow";
  readonly reason: SkipReason;

  constructor(reason: SkipReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** Whether a value is an object with keys: no list, and not null. */
export const isRecord = (value: unknown): value is Row =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value in a message: what it begins with. */
export const show = (value: unknown): string =>
  value === undefined ? "nothing" : JSON.stringify(value).slice(0, 60);
