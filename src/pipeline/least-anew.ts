// The fewest records of a stage that must be made anew: those of which the ledger has none that was made of the same, by the same
// model, in the same words. Told by what records say and what they name as their parents, never by keys: where keys hold too much,
// more is made anew than this.
import { canonicalJson, type Json } from "../ledger/canonical-json.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Work } from "./perform.ts";

/** What a model is asked in a record's name, apart from what the record is made of. */
export interface Words<I, O> {
  readonly asked: (input: I) => Json;
  readonly had: (output: O) => Json;
}

/** How many of these inputs, none of which the ledger has by its key, have no record of the same either. */
export function leastAnew<I, O>(
  ledger: Ledger,
  work: Pick<Work<I, O>, "kind" | "parents" | "standIn">,
  words: Words<I, O>,
  inputs: readonly I[],
): number {
  return inputs.filter((input) => {
    const asked = canonicalJson(words.asked(input));
    const from = madeOf(work.parents(input, work.standIn(input)));
    const [first] = from;
    for (const { id, body } of ledger.made(first!.id, first!.role, work.kind))
      if (
        canonicalJson(words.had(body as unknown as O)) === asked &&
        canonicalJson(madeOf(ledger.get(id).parents)) === canonicalJson(from)
      )
        return false;
    return true;
  }).length;
}

/** A principle's words are what counts, not which version of the constitution they stand in. */
const madeOf = (parents: readonly { readonly id: string; readonly role: string }[]) =>
  parents.flatMap(({ id, role }) => (role === "principle" ? [] : [{ id, role }]));
