// charter why <id>: how a record came to be, up to the principle's text and version and the model.
import { openLedger } from "../ledger/ledger.ts";
import { findRun } from "./find-run.ts";
import { lineage } from "./lineage.ts";
import type { Terminal } from "./terminal.ts";

export interface OfRun {
  readonly run?: string;
  readonly runs: string;
}

export function why(id: string, options: OfRun, terminal: Terminal): number {
  const run = findRun(options.run, options.runs, terminal.workingDirectory);
  const ledger = openLedger(run, { readOnly: true });
  try {
    for (const line of lineage(ledger, id, terminal.paint)) terminal.write(`${line}\n`);
    return 0;
  } finally {
    ledger.close();
  }
}
