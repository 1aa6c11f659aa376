// charter why <record>: how a record or a checkpoint came to be, up to the principle's text and version and the model.
import { basename, dirname } from "node:path";
import { openLedger } from "../ledger/ledger.ts";
import { findRecord } from "../pipeline/find-record.ts";
import { ancestry } from "../pipeline/lineage.ts";
import { findRun } from "./find-run.ts";
import { lineageLines } from "./lineage.ts";
import type { Terminal } from "./terminal.ts";

export interface OfRun {
  readonly run?: string;
  readonly runs: string;
}

export interface WhyOptions extends OfRun {
  readonly json?: boolean;
}

export function why(given: string, options: WhyOptions, terminal: Terminal): number {
  // The folder of a checkpoint says its run: runs/town/checkpoints/rl-cai.
  const around = given.includes("/") ? dirname(dirname(given)) : undefined;
  const run = findRun(options.run ?? around, options.runs, terminal.workingDirectory);
  const ledger = openLedger(run, { readOnly: true });
  try {
    const records = ancestry(ledger, findRecord(ledger, run, basename(given)));
    if (options.json) terminal.write(`${JSON.stringify({ of: records[0]!.id, records }, null, 2)}\n`);
    else for (const line of lineageLines(records, terminal)) terminal.write(`${line}\n`);
    return 0;
  } finally {
    ledger.close();
  }
}
