// The way from a first answer to a revision: every critique and revision between them, from the links of the ledger.
import type { Ledger } from "../../ledger/ledger.ts";
import type { Critique, Prompt, Response, Revision } from "../../method/records.ts";
import type { Recorded } from "../perform.ts";
import type { Rows } from "./export.ts";
import { type ExportedRun, examplesOf, recordOf } from "./learnt-from.ts";

/** A prompt, the first answer to it, and what came of it round by round. */
export interface Chain {
  readonly prompt: Recorded<Prompt & { readonly file: string }>;
  readonly response: Recorded<Response>;
  readonly steps: readonly Step[];
}

export interface Step {
  /** None in direct revision. */
  readonly critique: Recorded<Critique> | null;
  readonly revision: Recorded<Revision>;
}

/** The chain of every prompt whose revisions SL-CAI learnt from, up to the last of them. */
export function* chainsOf(run: ExportedRun): Rows<Chain> {
  const { ledger } = run;
  const learnt = run.learnt["sl-cai"];
  if (learnt === null) return ["the run has not come to the fine-tuning of SL-CAI: no revisions"];
  // Revisions of a prompt stand together, the last of them last.
  let last: Recorded<Revision> | null = null;
  for (const { id, kind, body } of examplesOf(run, learnt)) {
    if (kind !== "revision") continue;
    const revision = { ...(body as unknown as Revision), id };
    if (last !== null && last.prompt !== revision.prompt) yield chainTo(ledger, last);
    last = revision;
  }
  if (last !== null) yield chainTo(ledger, last);
  return [];
}

function chainTo(ledger: Ledger, last: Recorded<Revision>): Chain {
  const steps: Step[] = [];
  let revision: Recorded<Revision> | null = last;
  let of = last.of;
  while (revision !== null) {
    const { critique } = revision;
    steps.unshift({
      critique: critique === null ? null : { ...recordOf<Critique>(ledger, critique), id: critique },
      revision,
    });
    of = revision.of;
    const before = ledger.get(of, 0);
    revision = before.kind === "revision" ? { ...(before.body as unknown as Revision), id: of } : null;
  }
  return {
    prompt: { ...recordOf<Prompt & { readonly file: string }>(ledger, last.prompt), id: last.prompt },
    response: { ...recordOf<Response>(ledger, of), id: of },
    steps,
  };
}
