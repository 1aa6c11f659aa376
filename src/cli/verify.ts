// charter verify [run]: recomputes a run's ledger from its bytes and says what does not agree.
import { verifyLedger } from "../ledger/verify.ts";
import { counted } from "./amounts.ts";
import { findRun } from "./find-run.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

/** Returns 1 when something does not agree. */
export function verify(
  given: string | undefined,
  options: { readonly runs: string; readonly json?: boolean },
  { write, paint, workingDirectory }: Terminal,
): number {
  const run = findRun(given, options.runs, workingDirectory);
  const shown = shownPath(run, workingDirectory);
  const found = verifyLedger(run);
  const { entries, steps, blobs, chainHead, problems } = found;
  if (options.json) {
    write(`${JSON.stringify(found)}\n`);
    return problems.length === 0 ? 0 : 1;
  }
  const amount = `${counted(entries, "entry")}, ${counted(steps, "step")}, ${counted(blobs, "blob")}`;
  if (problems.length === 0) {
    write(
      `${paint("green", "✓")} ${shown}: ${amount}; every id, parent, step and blob agrees with its bytes\n`,
    );
    write(paint("dim", `  head of the chain ${chainHead}\n`));
    return 0;
  }
  write(`${paint("red", "✗")} ${shown}: ${amount}; ${counted(problems.length, "problem")}\n`);
  const MOST = 20;
  for (const { where, problem } of problems.slice(0, MOST)) write(`  ${where}: ${problem}\n`);
  if (problems.length > MOST) write(`  … and ${problems.length - MOST} more (--json lists all)\n`);
  return 1;
}
