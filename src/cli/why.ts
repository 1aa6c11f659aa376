// charter why <record>: how a record, a checkpoint or a line of an export came to be, up to the principle's text and version
// and the model.
import { basename, dirname, resolve } from "node:path";
import { openLedger } from "../ledger/ledger.ts";
import { exportedId, parseExportedLine, runOfExport } from "../pipeline/export/exported-line.ts";
import { findRecord } from "../pipeline/find-record.ts";
import { ancestry } from "../pipeline/lineage.ts";
import { UserError } from "../user-error.ts";
import { findRun } from "./find-run.ts";
import { lineageLines } from "./lineage.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

export interface OfRun {
  readonly run?: string;
  readonly runs: string;
}

export interface WhyOptions extends OfRun {
  readonly json?: boolean;
}

export async function why(given: string, options: WhyOptions, terminal: Terminal): Promise<number> {
  const { around, record } = await meant(given, options, terminal);
  const run = findRun(options.run ?? around, options.runs, terminal.workingDirectory);
  using ledger = openLedger(run, { readOnly: true });
  try {
    const records = ancestry(ledger, findRecord(ledger, run, record));
    if (options.json) terminal.write(`${JSON.stringify({ of: records[0]!.id, records }, null, 2)}\n`);
    else for (const line of lineageLines(records, terminal)) terminal.write(`${line}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError && NOT_IN_RUN.has(error.code))) throw error;
    throw elsewhere(error, given, record, shownPath(run, terminal.workingDirectory));
  }
}

/** How it is said that a run has no such record: an id, or the stage of a checkpoint. */
const NOT_IN_RUN: ReadonlySet<string> = new Set(["unknown-entry", "unknown-record"]);

/** The same with the run that was searched: without --run it is the latest, and may be another than is meant. */
const elsewhere = (error: UserError, given: string, record: string, run: string): UserError =>
  record === given
    ? new UserError(
        error.code,
        `expected a record or a checkpoint of the run ${run}, got "${given}"`,
        `${error.hint} If it is of another run: --run <folder or name>.`,
        { cause: error },
      )
    : new UserError(
        "record-of-another-run",
        `${given}: expected a record of the run ${run}, got ${record}, which is not in it`,
        error.code === "unknown-record" ? error.hint : "Name the run that it is of: --run <folder or name>.",
        { cause: error },
      );

/** The name of what is asked about, and the run that the name itself points to. */
async function meant(
  given: string,
  { run }: WhyOptions,
  { workingDirectory }: Terminal,
): Promise<{ readonly record: string; readonly around: string | undefined }> {
  const line = parseExportedLine(given);
  if (line !== undefined) {
    const file = resolve(workingDirectory, line.file);
    const record = await exportedId({ ...line, file });
    return { record, around: run ?? runOfExport(file) };
  }
  if (!given.includes("/")) return { record: given, around: undefined };
  // The folder of a checkpoint says its run: runs/town/checkpoints/rl-cai.
  const folder = dirname(given);
  if (basename(folder) !== "checkpoints")
    throw new UserError(
      "unknown-record",
      `expected a record's id, a checkpoint of a run or a line of an export, got "${given}"`,
      "Such as 3f2a91c0, runs/town/checkpoints/rl-cai or runs/town/export/sft.jsonl:12.",
    );
  return { record: basename(given), around: dirname(folder) };
}
