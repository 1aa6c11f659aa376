// The constitution that a run went by, from its ledger: the file that it was read from may have changed since.
import { join } from "node:path";
import { type Entry, type Ledger, openLedger } from "../ledger/ledger.ts";
import type { Constitution } from "../method/constitution/constitution.ts";
import type { Results } from "../method/evaluation/results.ts";
import { UserError } from "../user-error.ts";
import type { KeptPrinciple } from "./imports.ts";
import { readDerived, resultsOf } from "./run-directory.ts";

/**
 * The one that its results go by, or else the latest, less what the recipe left out; it has no changelog.
 *
 * @throws UserError when there is none
 */
export function constitutionIn(directory: string): Constitution {
  using ledger = openLedger(directory, { readOnly: true });
  const of = resultsOf(directory);
  const principles =
    of === undefined
      ? lastPrinciples(ledger, directory)
      : of.principles.map((id) => ledger.get(id).body as unknown as KeptPrinciple);
  const { constitution: title, version } = principles[0]!;
  return {
    title,
    version,
    changelog: [],
    principles: principles.map(({ constitution: _title, version: _version, ...principle }) => principle),
  };
}

/**
 * Of a run without a note of what its results are of: the constitution and the texts that results.json tells, or else what was
 * written last. A ledger has those of before an amendment, too, and of one that went back to an earlier state nothing newer.
 */
function lastPrinciples(ledger: Ledger, directory: string): readonly KeptPrinciple[] {
  const ended = readDerived<Results>(join(directory, "results.json"));
  const ids = ended?.principles.map(({ id }) => id);
  const isIts = ({ body }: Entry) => {
    const { title, version, principles } = body as unknown as KeptWhole;
    const { constitution } = ended ?? {};
    return title === constitution?.title && version === constitution.version && `${principles}` === `${ids}`;
  };
  const all = [...ledger.entries("constitution")];
  const last = all.filter(isIts).at(-1) ?? all.at(-1);
  if (last === undefined)
    throw new UserError(
      "run-without-constitution",
      `${directory}: expected a run that has begun, got one without a constitution in its ledger`,
      "Run it first.",
    );
  const written = ledger
    .children(last.id)
    .filter(({ kind }) => kind === "principle")
    .map(({ id }) => ledger.get(id).body as unknown as KeptPrinciple);
  const texts = new Map(ended?.principles.map(({ id, text }) => [id, text]));
  // Where one was reworded and the version left as it was, both are below one entry.
  return (last.body as unknown as KeptWhole).principles.map((id) => {
    const own = written.filter((principle) => principle.id === id);
    return own.findLast(({ text }) => text === texts.get(id)) ?? own.at(-1)!;
  });
}

/** The body of a constitution's entry: of its principles the ids, in order. */
interface KeptWhole extends Pick<Constitution, "title" | "version"> {
  readonly principles: readonly string[];
}
