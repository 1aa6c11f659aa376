// Writes what a run has made as data sets that other tools read, and the card that says what they are. From the ledger alone:
// a run that has not ended, or that an earlier version made, gives what it has.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { openLedger } from "../../ledger/ledger.ts";
import { explainStorageError } from "../../ledger/storage-error.ts";
import { UserError } from "../../user-error.ts";
import { writeWhole } from "../run-directory.ts";
import { cardOf, originIn, type Written } from "./card.ts";
import type { ExportedRow } from "./columns.ts";
import type { Export, Rows } from "./export.ts";
import { EXPORT_NAMES, EXPORTS, type ExportName } from "./exports.ts";
import { type ExportedRun, exportedRun } from "./learnt-from.ts";
import { writeFresh, writeParquet, writeTexts } from "./write-rows.ts";

export type ExportFormat = "jsonl" | "parquet";

export interface ExportOptions {
  readonly what: readonly ExportName[];
  /** Folder; made where it is not there. */
  readonly to: string;
  readonly format: ExportFormat;
  /** What a person typed, for the card. */
  readonly command: string;
}

export interface ExportedFiles {
  readonly written: readonly Written[];
  /** Files of earlier exports in the folder that the card no longer tells of. */
  readonly stale: readonly string[];
}

/** The card's name: the hub and the `datasets` library look for it. */
export const CARD = "README.md";

/**
 * Writes the files and their card.
 * @param directory the run's
 * @throws UserError when there is no ledger, nothing in it to export, or the folder cannot be written or has files of somebody else's
 */
export async function exportRun(directory: string, options: ExportOptions): Promise<ExportedFiles> {
  const { what, to, format, command } = options;
  using ledger = openLedger(directory, { readOnly: true });
  takeFolder(to);
  const run = exportedRun(ledger, directory);
  const written: Written[] = [];
  for (const name of what) written.push(await writeExport(run, name, to, format));
  if (written.every(({ file }) => file === null))
    throw new UserError(
      "nothing-to-export",
      `${basename(directory)}: expected records to export, found none (${written.flatMap(({ notes }) => notes).join("; ")})`,
      "Let the run go on: `charter run` with the same recipe and name.",
    );
  const origin = {
    run: relative(to, directory).split(sep).join("/"),
    name: basename(directory),
    ledger: ledger.chainHead(),
  };
  writeWhole(join(to, CARD), cardOf(run, origin, written, command));
  const told = new Set(written.map(({ file }) => file));
  const stale = readdirSync(to).filter((file) => EXPORTED.test(file) && !told.has(file));
  return { written, stale };
}

/** Makes the folder, without what a killed export was writing; refuses one where a file of somebody else's would be replaced. */
function takeFolder(to: string): void {
  let taken: string | undefined;
  try {
    mkdirSync(to, { recursive: true });
    const card = join(to, CARD);
    const names = readdirSync(to);
    const leftovers = names.filter((name) => LEFTOVER.test(name));
    if (existsSync(card)) taken = originIn(readFileSync(card, "utf8")) === undefined ? CARD : undefined;
    // What a killed export had written has no card yet, and lies beside what it was writing.
    else if (leftovers.length === 0) taken = names.find((name) => EXPORTED.test(name));
    if (taken === undefined) for (const name of leftovers) rmSync(join(to, name));
  } catch (error) {
    throw explainStorageError(error, to);
  }
  if (taken === undefined) return;
  throw new UserError(
    "export-folder-taken",
    `${to}: expected a folder without ${taken}, or one with the card of an export, got ${taken} and no such card`,
    "Name a folder of its own with --to, or delete there what an export that failed has left.",
  );
}

const OURS = `(?:${EXPORT_NAMES.join("|")})\\.(?:jsonl|parquet|json)`;
const EXPORTED = new RegExp(`^${OURS}$`);
/** As `writeFresh` names a file that is not whole. */
const LEFTOVER = new RegExp(`^${OURS}\\.\\d+\\.writing$`);

async function writeExport(
  run: ExportedRun,
  name: ExportName,
  to: string,
  format: ExportFormat,
): Promise<Written> {
  const made: Export = EXPORTS[name];
  const counts = new Map(made.counted.map((column) => [column, new Map<string, number>()]));
  let rows = 0;
  let notes: readonly string[] = [];
  const counted = function* (of: Rows<ExportedRow>): Generator<ExportedRow> {
    let next = of.next();
    for (; !next.done; next = of.next()) {
      rows += 1;
      for (const [column, values] of counts)
        for (const value of [next.value[column] ?? []].flat().map(String))
          values.set(value, (values.get(value) ?? 0) + 1);
      yield next.value;
    }
    notes = next.value;
  };
  const file = `${name}.${made.document === undefined ? format : "json"}`;
  await writeFresh(join(to, file), async (fresh) => {
    const all = counted(made.rows(run));
    if (made.document !== undefined) writeTexts(fresh, made.document(run, all));
    else if (format === "parquet") await writeParquet(fresh, made.columns, all);
    else writeTexts(fresh, linesOf(all));
    return { isKept: rows > 0 };
  });
  return { name, file: rows > 0 ? file : null, rows, notes, counts };
}

function* linesOf(rows: Iterable<ExportedRow>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}
