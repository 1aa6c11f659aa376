// What the run's trainings learnt from, in their order: the one source of what is exported. Several trainings of a stage may be
// in a ledger whose settings have changed; the one whose checkpoint is laid out counts.
import type { Entry, Ledger, Link } from "../../ledger/ledger.ts";
import { modelOf } from "../find-record.ts";

/** A run that is exported. */
export interface ExportedRun {
  readonly ledger: Ledger;
  /** What each training learnt from; null where the run has not come to it. */
  readonly learnt: Readonly<Record<Stage, Learnt | null>>;
}

export type Stage = "sl-cai" | "preference-model";

/** A training set, and the checkpoint that came of it; null where the training has not ended. */
export interface Learnt {
  readonly set: string;
  readonly checkpoint: string | null;
}

/** @param directory the run's */
export function exportedRun(ledger: Ledger, directory: string): ExportedRun {
  const learntBy = (stage: Stage): Learnt | null => {
    const checkpoint = modelOf(ledger, directory, stage);
    const set = checkpoint?.parents.find(({ role }) => role === "training-set")?.id;
    if (checkpoint !== undefined && set !== undefined) return { set, checkpoint: checkpoint.id };
    const begun = [...ledger.entries("training-set", 0)].findLast(
      ({ body }) => (body as { readonly stage: string }).stage === stage,
    );
    return begun === undefined ? null : { set: begun.id, checkpoint: null };
  };
  return {
    ledger,
    learnt: { "sl-cai": learntBy("sl-cai"), "preference-model": learntBy("preference-model") },
  };
}

/** The records that a training learnt from. */
export const examplesOf = ({ ledger }: ExportedRun, { set }: Learnt): Generator<Omit<Entry, "parents">> =>
  ledger.madeFrom(set, "example");

/** An entry's content as a record of the method. */
export const recordOf = <T>(ledger: Ledger, id: string): T => ledger.get(id, 0).body as unknown as T;

/** The stage that an entry's settings name; runs of earlier versions did not keep them. */
export function stageOf(ledger: Ledger, id: string): string | null {
  const [settings] = ledger.tally(id, [{ beside: "settings" }], "id");
  return settings === undefined ? null : recordOf<{ readonly stage: string }>(ledger, settings.of).stage;
}

const up = (...roles: readonly string[]): readonly Link[] => roles.map((role) => ({ up: role }));

/** From an example of a training to what it was made with. */
const MADE_WITH: {
  readonly [S in Stage]: { readonly [K in "model" | "principle"]: readonly (readonly Link[])[] };
} = {
  "sl-cai": { model: [up("model"), up("critique", "model")], principle: [up("principle")] },
  "preference-model": {
    model: [up("readings", "comparison", "a", "model"), up("readings", "model")],
    principle: [up("readings", "principle")],
  },
};

/**
 * The models, or the principles, that examples of these trainings were made with, held-out ones included; and the models that
 * learnt from them.
 */
export function behind(
  { ledger, learnt }: ExportedRun,
  stages: readonly Stage[],
  what: "model" | "principle",
): readonly Entry[] {
  const ids = stages.flatMap((stage) => {
    const own = learnt[stage];
    if (own === null) return [];
    const { set, checkpoint } = own;
    const ends = (from: string, links: readonly Link[]) =>
      ledger.tally(from, links, "id").map(({ of }) => of);
    const heldOut: readonly Link[] = [{ down: "model", kind: "prediction" }, ...up("preference")];
    return [
      ...MADE_WITH[stage][what].flatMap((way) => [
        ...ends(set, [...up("example"), ...way]),
        ...(checkpoint === null ? [] : ends(checkpoint, [...heldOut, ...way])),
      ]),
      ...(what === "model" && checkpoint !== null ? [checkpoint] : []),
    ];
  });
  return [...new Set(ids)].map((id) => ledger.get(id, 0));
}
