// charter show [id]: a record as it is kept, what it was made from and what was made of it; without an id, the latest ones.
import { stringify } from "yaml";
import { type Entry, type Ledger, openLedger } from "../ledger/ledger.ts";
import { nearestName } from "../nearest-name.ts";
import { UserError } from "../user-error.ts";
import { describeEntry } from "./describe-entry.ts";
import { findRun } from "./find-run.ts";
import type { Terminal } from "./terminal.ts";
import type { OfRun } from "./why.ts";

export interface ShowOptions extends OfRun {
  readonly json?: boolean;
  readonly kind?: string;
  /** How many, without an id. */
  readonly last: number;
}

export function show(id: string | undefined, options: ShowOptions, terminal: Terminal): number {
  const run = findRun(options.run, options.runs, terminal.workingDirectory);
  using ledger = openLedger(run, { readOnly: true });
  if (id === undefined) showLatest(ledger, options, terminal);
  else if (options.json) terminal.write(`${JSON.stringify(ledger.get(id), null, 2)}\n`);
  else showEntry(ledger, ledger.get(id), terminal);
  return 0;
}

function showEntry(ledger: Ledger, { id, kind, body, parents }: Entry, { write, paint }: Terminal): void {
  write(`${paint("bold", kind)} ${paint("cyan", id)}\n`);
  write(`${stringify(body, { lineWidth: 100 }).trimEnd()}\n`);
  const line = (role: string, of: string) => {
    const entry = ledger.get(of);
    write(`  ${role}: ${entry.kind} ${paint("cyan", of.slice(0, 8))} ${describeEntry(entry)}\n`);
  };
  const MOST = 8;
  const list = (title: string, links: readonly { readonly id: string; readonly role: string }[]) => {
    if (links.length === 0) return;
    write(`${paint("dim", title)}\n`);
    for (const link of links.slice(0, MOST)) line(link.role, link.id);
    if (links.length > MOST) write(paint("dim", `  … and ${links.length - MOST} more\n`));
  };
  list("made from", parents);
  list(
    "made of it",
    ledger.children(id).map((child) => ({ id: child.id, role: `as ${child.role}` })),
  );
}

function showLatest(ledger: Ledger, { kind, last, json }: ShowOptions, { write, paint }: Terminal): void {
  if (kind !== undefined) needKind(ledger, kind);
  // Parents only where they are written out: a set of examples has thousands.
  for (const entry of ledger.latest(last, kind, json ? undefined : 0)) {
    if (json) write(`${JSON.stringify(entry)}\n`);
    else write(`${paint("cyan", entry.id.slice(0, 8))} ${entry.kind.padEnd(14)} ${describeEntry(entry)}\n`);
  }
}

/** @throws UserError where the ledger has nothing of this kind */
function needKind(ledger: Ledger, kind: string): void {
  const kinds = ledger.kinds();
  if (kinds.includes(kind)) return;
  const near = nearestName(kind, kinds);
  throw new UserError(
    "no-such-kind",
    `--kind: expected a kind of record in this run, got "${kind}"`,
    near === undefined ? `There are ${kinds.join(", ")}.` : `Did you mean "${near}"?`,
  );
}
