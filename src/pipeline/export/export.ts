// What one export is: its columns, where its rows come from, and what its readers are told.
import type { Columns, ExportedRow } from "./columns.ts";
import type { ExportedRun, Stage } from "./learnt-from.ts";

/** What there is, as it comes; returns what is to be said of what is not there. */
export type Rows<T> = Generator<T, readonly string[]>;

/** The rows that each item gives. */
export function* rowsOf<T>(items: Rows<T>, toRows: (item: T) => Iterable<ExportedRow>): Rows<ExportedRow> {
  let next = items.next();
  for (; !next.done; next = items.next()) yield* toRows(next.value);
  return next.value;
}

/** As `rowsOf`, of rows that hold a transcript: what none can hold has no row, and is counted. */
export function* transcribed<T>(
  items: Rows<T>,
  what: string,
  toRow: (item: T) => ExportedRow | null,
): Rows<ExportedRow> {
  let unfit = 0;
  const notes = yield* rowsOf(items, (item) => {
    const row = toRow(item);
    unfit += row === null ? 1 : 0;
    return row === null ? [] : [row];
  });
  const why = "with a system message, or with a turn's mark inside a text, which transcripts cannot hold";
  return unfit === 0 ? notes : [...notes, `${unfit} left out: ${what} ${why}`];
}

export interface Export {
  /** What is in it and what its numbers mean, for the card: Markdown, one paragraph. */
  readonly about: string;
  readonly columns: Columns;
  readonly rows: (run: ExportedRun) => Rows<ExportedRow>;
  /** The trainings that its rows were made for: the card names the models and principles behind those. */
  readonly madeFor: readonly Stage[];
  /** Columns whose values the card counts. */
  readonly counted: readonly string[];
  /** Task of the hub that it is for. */
  readonly task: "text-generation" | "text-classification" | "reinforcement-learning" | null;
  /** Written only where it is named. */
  readonly isOnRequest?: true;
  /** One JSON document that holds the rows, piece by piece, where they are not written as lines or Parquet. */
  readonly document?: (run: ExportedRun, rows: Iterable<ExportedRow>) => Generator<string>;
}
