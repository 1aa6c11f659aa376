// Rows of a table as spreadsheets save it: names of columns first, then a row each, with commas, semicolons or tabs between cells.
// Cells are text, but for what other files have as values. Parses cells; knows no columns.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CsvError, type Info, parse } from "csv-parse";
import { delimiterOf } from "../delimiter.ts";
import type { SourceRow } from "../method/datasets/dataset.ts";
import { MalformedRow, type Row, show } from "../method/datasets/row.ts";
import { UserError } from "../user-error.ts";

/** A name that says so, compressed or not: no byte of such a file does. */
export const isCsv = (file: string): boolean => /\.[ct]sv(\.(gz|zst))?$/i.test(file);

/** Columns of numbers; a prompt may well be a number and is text. */
const NUMBERS = new Set(["chosen_prob", "margin"]);

interface Parsed {
  readonly record: readonly string[];
  /** The row as it was written. */
  readonly raw: string;
  readonly info: Info;
}

/**
 * The rows after the names, each with the line it begins on.
 * @param file what errors call it
 * @throws UserError when a quotation mark is out of place, or two columns have one name
 */
export async function* csvRows(file: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<SourceRow> {
  const bytes = chunks[Symbol.asyncIterator]();
  const first = await bytes.next();
  if (first.done) return;
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(file, first.value.toString("utf8")),
    info: true,
    raw: true,
    relax_column_count: true,
    relax_quotes: true, // a mark within a cell that does not begin with one is text
    skip_empty_lines: true,
  });
  async function* all() {
    yield first.value as Buffer;
    yield* { [Symbol.asyncIterator]: () => bytes };
  }
  pipeline(Readable.from(all()), parser).catch(() => {}); // an error comes out of `parser`
  let names: readonly string[] | undefined;
  let line = 1;
  try {
    for await (const { record, raw, info } of parser as AsyncIterable<Parsed>) {
      if (names === undefined) names = namesIn(file, record);
      else yield rowOf(names, record, raw, line);
      line = info.lines + 1;
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new UserError(
      "dataset-csv",
      `${file}: expected a table with quotation marks in pairs, got "${cause.message}" in the row that begins ${show(cause["raw"])}`,
      'put a cell with quotation marks, commas or line breaks between quotation marks, and double those in it: "He said ""no""."',
      { cause },
    );
  }
}

function namesIn(file: string, record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return names;
  throw new UserError(
    "dataset-csv",
    `${file}:1: expected a name of its own for every column, got "${twice}" twice`,
    "rename one of them, or take it out",
  );
}

function rowOf(names: readonly string[], record: readonly string[], raw: string, line: number): SourceRow {
  const open = record.find((cell) => isOpen(cell, raw));
  const wrong =
    open !== undefined
      ? `expected quotation marks in pairs, got a cell that goes on in other lines: ${show(open)}`
      : record.length !== names.length
        ? `expected ${names.length} cells, got ${record.length}`
        : null;
  if (wrong !== null)
    return { line, source: { cells: record }, fault: new MalformedRow("wrong-cells", wrong) };
  const source: Row = Object.fromEntries(names.map((name, i) => [name, cellValue(name, record[i]!)]));
  if (!record.some((cell) => cell.includes("\ufffd"))) return { line, source };
  return { line, source, fault: new MalformedRow("bad-encoding", "expected UTF-8, got other bytes") };
}

/** Whether a quotation mark that nothing closes on its line has taken up rows until the next mark. */
const isOpen = (cell: string, raw: string): boolean =>
  cell.startsWith('"') && /[\r\n]/.test(cell) && !raw.includes(`"${cell.replaceAll('"', '""')}"`);

/** Columns that hold an object, whatever is in it. */
const OBJECTS = new Set(["metadata", "annotations"]);

/** Messages and metadata stand in a cell as JSON; an empty cell is no value, and other text may look like JSON as it likes. */
function cellValue(name: string, cell: string): unknown {
  if (cell === "") return null;
  if (NUMBERS.has(name) && Number.isFinite(Number(cell))) return Number(cell);
  if (!/^\s*[[{]/.test(cell)) return cell;
  try {
    const value: unknown = JSON.parse(cell);
    return OBJECTS.has(name) || isConversation(value) ? value : cell;
  } catch {
    return cell;
  }
}

/** A message, a list of messages, or the pairs of texts of a history. */
function isConversation(value: unknown): boolean {
  const isMessage = (one: unknown) =>
    typeof one === "object" &&
    one !== null &&
    !Array.isArray(one) &&
    ("content" in one || "value" in one || "text" in one);
  const isPair = (one: unknown) => Array.isArray(one) && one.every((text) => typeof text === "string");
  if (!Array.isArray(value)) return isMessage(value);
  return value.length > 0 && (value.every(isMessage) || value.every(isPair));
}
