// The constitution that a run went by, from its ledger: the file that it was read from may have changed since.
import { join } from "node:path";
import { type Entry, type Ledger, openLedger } from "../ledger/ledger.ts";
import type { Constitution, Principle } from "../method/constitution/constitution.ts";
import type { Results } from "../method/evaluation/results.ts";
import { UserError } from "../user-error.ts";
import { readDerived } from "./run-directory.ts";

/**
 * The one that its results go by, or else the latest, less what the recipe left out; it has no changelog.
 *
 * @throws UserError when there is none
 */
export function constitutionIn(directory: string): Constitution {
  const ledger = openLedger(directory, { readOnly: true });
  try {
    // An amended run has those before it, too; results.json says which one it ended with.
    const all = [...ledger.entries("constitution")];
    const ended = readDerived<Results>(join(directory, "results.json"))?.constitution;
    const isIts = ({ body }: Entry) => {
      const { title, version } = body as unknown as Constitution;
      return title === ended?.title && version === ended.version;
    };
    const last = all.filter(isIts).at(-1) ?? all.at(-1);
    if (last === undefined)
      throw new UserError(
        "run-without-constitution",
        `${directory}: expected a run that has begun, got one without a constitution in its ledger`,
        "Run it first.",
      );
    const { title, version, principles } = last.body as unknown as Kept;
    return { title, version, principles: principlesOf(ledger, last.id, principles), changelog: [] };
  } finally {
    ledger.close();
  }
}

/** The body of a constitution's entry: of its principles the ids, in order. */
interface Kept extends Pick<Constitution, "title" | "version"> {
  readonly principles: readonly string[];
}

/** The latest wording of each: where one was reworded and the version left as it was, both are below one entry. */
function principlesOf(ledger: Ledger, constitution: string, ids: readonly string[]): readonly Principle[] {
  const children = ledger.children(constitution).filter(({ kind }) => kind === "principle");
  const latest = new Map(
    children.map(({ id }) => {
      const principle = ledger.get(id).body as unknown as Principle;
      return [principle.id, principle];
    }),
  );
  return ids.map((id) => latest.get(id)!);
}
