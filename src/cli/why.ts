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
  const ledger = openLedger(run, { readOnly: true });
  try {
    const records = ancestry(ledger, findRecord(ledger, run, record));
    if (options.json) terminal.write(`${JSON.stringify({ of: records[0]!.id, records }, null, 2)}\n`);
    else for (const line of lineageLines(records, terminal)) terminal.write(`${line}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof UserError && error.code === "unknown-entry" && record !== given)) throw error;
    throw new UserError(
      "record-of-another-run",
      `${given}: expected a record of ${shownPath(run, terminal.workingDirectory)}, got ${record}, which is not in it`,
      "Name the run that the export was made from: --run <folder>.",
      { cause: error },
    );
  } finally {
    ledger.close();
  }
}

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
  // The folder of a checkpoint says its run: runs/town/checkpoints/rl-cai.
  return { record: basename(given), around: given.includes("/") ? dirname(dirname(given)) : undefined };
}
