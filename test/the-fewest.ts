// Independent truth for amendments: which critiques and revisions of a run must be made anew under another constitution, from the
// draws and the run's texts, not from its keys; and the records of a run.
import { openLedger } from "../src/ledger/ledger.ts";
import { drawPrinciple } from "../src/method/constitution/draw.ts";
import { critiqueRequest, revisionRequest } from "../src/method/constitution/wording.ts";
import type { Critique, Revision } from "../src/method/records.ts";
import { readConstitution } from "../src/pipeline/read-constitution.ts";

/** Bodies of the records of one kind by their ids. */
export function recordsIn<T>(run: string, kind: string): ReadonlyMap<string, T> {
  const ledger = openLedger(run, { readOnly: true });
  try {
    return new Map([...ledger.entries(kind, 0)].map(({ id, body }) => [id, body as unknown as T]));
  } finally {
    ledger.close();
  }
}

/** By stage, for a run of two rounds with critiques, under seed 1. */
export function theFewest(run: string, ofBefore: string, ofAfter: string): Readonly<Record<string, number>> {
  const before = readConstitution({ file: ofBefore });
  const after = readConstitution({ file: ofAfter });
  const critiques = [...recordsIn<Critique>(run, "critique")];
  const revisions = [...recordsIn<Revision>(run, "revision")];
  const fewest: Record<string, number> = {};
  for (const round of [1, 2]) for (const kind of ["critique", "revision"]) fewest[`${kind}-${round}`] = 0;
  // One chain a prompt whose answer was not odd.
  for (const [, { prompt, of: response }] of critiques.filter(([, { round }]) => round === 1)) {
    let [isAnew, of] = [false, response];
    for (const round of [1, 2]) {
      const key = `1/supervised/principle/${prompt}/${round}`;
      const [old, now] = [drawPrinciple(before, key), drawPrinciple(after, key)];
      isAnew ||= old.id !== now.id || critiqueRequest(old).text !== critiqueRequest(now).text;
      if (isAnew) fewest[`critique-${round}`]! += 1;
      const critique = critiques.find(([, own]) => own.of === of && own.round === round)!;
      if (!isAnew && critique[1].oddity !== "none") continue;
      isAnew ||= revisionRequest(old).text !== revisionRequest(now).text;
      if (isAnew) fewest[`revision-${round}`]! += 1;
      const revision = revisions.find(([, own]) => own.critique === critique[0]);
      if (revision?.[1].oddity === "none") [of] = revision;
    }
  }
  return fewest;
}
