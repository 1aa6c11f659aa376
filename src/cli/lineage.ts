// How a record came to be, as a tree: each entry under what was made of it, with the role it played, down to the principle,
// the prompt (which names its file) and the model it started from. Knows the ledger alone.
import type { Entry, Ledger } from "../ledger/ledger.ts";
import { describeEntry } from "./describe-entry.ts";
import type { Paint } from "./terminal.ts";

/** Parents in one role beyond these are counted, not shown: a training set has thousands. */
const SHOWN_A_ROLE = 3;

/** The tree's lines, the entry itself first. What was already told is named and not told again. */
export function lineage(ledger: Ledger, id: string, paint: Paint): readonly string[] {
  const told = new Set<string>();
  const lines: string[] = [];

  const tell = (entry: Entry, role: string, lead: string, below: string): void => {
    const known = told.has(entry.id);
    told.add(entry.id);
    const label = role === "" || role === entry.kind ? entry.kind : `${role}: ${entry.kind}`;
    const what = known ? paint("dim", "(above)") : describeEntry(entry);
    lines.push(`${paint("dim", lead)}${paint("bold", label)} ${paint("cyan", entry.id.slice(0, 8))} ${what}`);
    if (known) return;
    const branches = branchesOf(ledger, entry);
    branches.forEach((branch, i) => {
      const isLast = i === branches.length - 1;
      const stem = `${below}${isLast ? "└─ " : "├─ "}`;
      if (branch.kind === "more") lines.push(paint("dim", `${stem}… and ${branch.count} ${branch.of}`));
      else tell(ledger.get(branch.id), branch.role, stem, `${below}${isLast ? "   " : "│  "}`);
    });
  };

  tell(ledger.get(id), "", "", "");
  return lines;
}

type Branch =
  | { readonly kind: "parent"; readonly id: string; readonly role: string }
  | { readonly kind: "more"; readonly count: number; readonly of: string };

function branchesOf(ledger: Ledger, entry: Entry): readonly Branch[] {
  const { count, first } = beginningOf(ledger, entry);
  const byRole = Map.groupBy(first.parents, ({ role }) => role);
  return [
    ...(count > 0 ? [{ kind: "more", count, of: "earlier states of the same training" } as const] : []),
    ...[...byRole].flatMap(([role, all]): readonly Branch[] => [
      ...all.slice(0, SHOWN_A_ROLE).map(({ id }) => ({ kind: "parent", id, role }) as const),
      ...(all.length > SHOWN_A_ROLE
        ? [{ kind: "more", count: all.length - SHOWN_A_ROLE, of: `more as ${role}` } as const]
        : []),
    ]),
  ];
}

/** The first state of the training that a state continues, and how many states lie before it; others stand for themselves. */
function beginningOf(ledger: Ledger, entry: Entry): { readonly count: number; readonly first: Entry } {
  let first = entry;
  let count = 0;
  for (;;) {
    const before = first.parents.find(({ role }) => role === "continues");
    if (before === undefined) return { count, first };
    first = ledger.get(before.id);
    count += 1;
  }
}
