// What one export is: its columns, where its rows come from, and what its readers are told.
import type { Columns, ExportedRow } from "./columns.ts";
import type { ExportedRun } from "./learnt-from.ts";

/** What there is, as it comes; returns what is to be said of what is not there. */
export type Rows<T> = Generator<T, readonly string[]>;

/** The rows that each item gives. */
export function* rowsOf<T>(items: Rows<T>, toRows: (item: T) => Iterable<ExportedRow>): Rows<ExportedRow> {
  let next = items.next();
  for (; !next.done; next = items.next()) yield* toRows(next.value);
  return next.value;
}

export interface Export {
  /** What is in it and what its numbers mean, for the card: Markdown, one paragraph. */
  readonly about: string;
  readonly columns: Columns;
  readonly rows: (run: ExportedRun) => Rows<ExportedRow>;
  /** Columns whose values the card counts. */
  readonly counted: readonly string[];
  /** Task of the hub that it is for. */
  readonly task: "text-generation" | "text-classification" | "reinforcement-learning" | null;
  /** Written only where it is named. */
  readonly isOnRequest?: true;
  /** One JSON document around the rows, where they are not written as lines or Parquet. */
  readonly document?: {
    readonly before: (run: ExportedRun) => string;
    readonly after: (run: ExportedRun) => string;
  };
}
