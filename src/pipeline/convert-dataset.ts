// A data file of any known shape as JSONL in our own, row by row, so that memory does not grow with their number (of Parquet, a
// group of rows is read at once). Rows that cannot be used are written beside, and what the shape has no place for is counted.
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { explainStorageError } from "../ledger/storage-error.ts";
import { type RowReader, readRow, type Skipped } from "../method/datasets/dataset.ts";
import { DEMONSTRATIONS } from "../method/datasets/demonstrations.ts";
import { leftBehind, leftOfDocument } from "../method/datasets/left-behind.ts";
import { preferences } from "../method/datasets/preferences.ts";
import { PROMPTS } from "../method/datasets/prompts.ts";
import type { Row, SkipReason } from "../method/datasets/row.ts";
import { type Choices, type Purpose, purposeOf } from "../method/datasets/shapes.ts";
import { preferenceRecord } from "../method/datasets/write-preferences.ts";
import { demonstrationRecord, promptRecord } from "../method/datasets/write-rows.ts";
import { rowsOf } from "./dataset-file.ts";
import { type Malformed, nothingUsable } from "./read-dataset.ts";

/** What became of a file. */
export interface Conversion extends Malformed {
  readonly purpose: Purpose;
  /** Rows written. */
  readonly rows: number;
  /** Where the malformed rows are, with line, reason and detail; null where there are none. */
  readonly malformedFile: string | null;
  /** What had no place, such as "output" or "messages[].weight", and in how many rows. */
  readonly left: ReadonlyMap<string, number>;
}

/**
 * Writes the rows of a file into another, which is there whole or not at all, over one that was there.
 *
 * @param options purpose: what the rows are read for; where none is named, what the first row of a known shape says most about
 * @throws UserError when the file cannot be read or has no usable row
 */
export async function convertDataset(
  file: string,
  to: string,
  options: Choices & {
    readonly purpose?: Purpose | undefined;
    /** Stops it; nothing is written then. */
    readonly signal?: AbortSignal;
    /** Told now and then how many rows have been written. */
    readonly onProgress?: (rows: number) => void;
  } = {},
): Promise<Conversion> {
  const purpose = options.purpose ?? (await guessPurpose(file));
  const reader = RECORDS[purpose](options);
  const malformedPath = malformedPathOf(to);
  using out = lineWriter(to);
  using aside = lineWriter(malformedPath);
  const counts = new Map<SkipReason, number>();
  const left = new Map<string, number>();
  let rows = 0;
  let first: Skipped | undefined;
  let last: Row | undefined;
  let document: Row | undefined;
  for await (const source of rowsOf(file)) {
    options.signal?.throwIfAborted();
    for (const outcome of readRow(source, reader))
      if ("skipped" in outcome) {
        first ??= outcome.skipped;
        count(counts, outcome.skipped.reason);
        aside.write(outcome.skipped);
      } else {
        out.write(outcome.row);
        if (++rows % 10_000 === 0) options.onProgress?.(rows);
        if (outcome.source === last) continue; // another part of the same row
        last = outcome.source;
        for (const part of leftBehind(last, purpose)) count(left, part);
        if (outcome.within === last || outcome.within === document) continue;
        document = outcome.within;
        for (const part of leftOfDocument(document)) count(left, part);
      }
  }
  if (rows === 0) throw nothingUsable(file, purpose, { counts, first });
  out.keep();
  if (first !== undefined) aside.keep();
  return { purpose, rows, counts, first, left, malformedFile: first === undefined ? null : malformedPath };
}

/** Where malformed rows go: beside the others. */
export const malformedPathOf = (to: string): string => `${to.replace(/\.jsonl$/, "")}.malformed.jsonl`;

/** How rows are read and at once made records to write. */
const RECORDS: { readonly [P in Purpose]: (choices: Choices) => RowReader<object> } = {
  prompts: () => written(PROMPTS, promptRecord),
  preferences: (choices) => written(preferences(choices), preferenceRecord),
  demonstrations: () => written(DEMONSTRATIONS, demonstrationRecord),
};

const written = <T>(
  { translate, parse }: RowReader<T>,
  record: (row: T, cameAs: Row) => object,
): RowReader<object> => ({ translate, parse: (row) => record(parse(row), row) });

const AS_IT_IS: RowReader<Row> = { translate: (row) => [row], parse: (row) => row };

async function guessPurpose(file: string): Promise<Purpose> {
  for await (const source of rowsOf(file))
    for (const outcome of readRow(source, AS_IT_IS)) {
      const purpose = "row" in outcome ? purposeOf(outcome.row) : undefined;
      if (purpose !== undefined) return purpose;
    }
  return "prompts"; // which no row can be either, as will be told
}

const count = <K>(counts: Map<K, number>, key: K): void => void counts.set(key, (counts.get(key) ?? 0) + 1);

/** Characters written at once. */
const BUFFERED = 1 << 18;

/** Writes values as lines into a file that takes its name when it is kept, and is gone when it is not. */
function lineWriter(path: string) {
  const fresh = `${path}.writing`;
  let handle: number | undefined;
  let waiting = "";
  const storing = <R>(act: () => R): R => {
    try {
      return act();
    } catch (error) {
      throw explainStorageError(error, path);
    }
  };
  const flush = () =>
    storing(() => {
      handle ??= openSync(fresh, "w");
      if (waiting !== "") writeFileSync(handle, waiting); // all of it, where writeSync may write less
      waiting = "";
    });
  const close = () => {
    if (handle !== undefined) closeSync(handle);
    handle = undefined;
  };
  return {
    write(value: unknown) {
      waiting += `${JSON.stringify(value)}\n`;
      if (waiting.length > BUFFERED) flush();
    },
    keep() {
      flush();
      close();
      storing(() => renameSync(fresh, path));
    },
    [Symbol.dispose]() {
      close();
      rmSync(fresh, { force: true });
    },
  };
}
