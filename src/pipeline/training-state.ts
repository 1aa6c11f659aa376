// The states on a training's way that the ledger remembers: weights and moments of every model as blobs, freed once a later state
// or the result stands in their place. Knows no loop.
import { blobPath, freshBlob, hasBlob, listBlobs, moveToBlob, removeBlob } from "../ledger/blobs.ts";
import type { Json, NewEntry } from "../ledger/ledger.ts";
import type { Metrics, TrainableModel } from "../models/model.ts";
import { type Parent, type Run, recordOne } from "./perform.ts";
import { dropPoint } from "./training-point.ts";

/** The body of a state's entry. */
interface StateBody {
  readonly stage: string;
  /** Key of the training's result: trainings of one stage under other settings keep states of their own. */
  readonly training: string;
  readonly turn: number;
  readonly blobs: Readonly<Record<string, string>>;
  readonly carry: Json;
  readonly history: readonly Metrics[];
}

/** A state and the id of its entry. */
export interface KeptState {
  readonly id: string;
  readonly body: StateBody;
}

/** The first of these states that is remembered and whose bytes are still there. */
export function lastState(run: Run, keys: Iterable<string>): KeptState | undefined {
  for (const key of keys) {
    const entry = run.ledger.recall(key)?.[0];
    const body = entry?.body as unknown as StateBody | undefined;
    if (
      entry !== undefined &&
      body !== undefined &&
      Object.values(body.blobs).every((blob) => hasBlob(run.directory, blob))
    )
      return { id: entry.id, body };
  }
  return undefined;
}

/** The file of each model's weights and moments. */
export const filesOf = ({ directory }: Run, blobs: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(blobs).map(([name, blob]) => [name, blobPath(directory, blob)]));

/** Writes a state with the records that were made on the way to it, and frees the one before; the id of its entry. */
export async function keepState(
  run: Run,
  models: Readonly<Record<string, TrainableModel>>,
  key: string,
  told: Omit<StateBody, "blobs">,
  parents: readonly Parent[],
  records: readonly NewEntry[],
): Promise<string> {
  const blobs = await putStates(run, models);
  const body: StateBody = { ...told, blobs };
  const entry = { kind: "training-state", body: body as unknown as Json, parents };
  const { id } = recordOne(run.ledger, key, entry, records);
  releaseState(run, id, "continues", Object.values(blobs));
  return id;
}

async function putStates(
  run: Run,
  models: Readonly<Record<string, TrainableModel>>,
): Promise<Record<string, string>> {
  const blobs: Record<string, string> = {};
  for (const [name, model] of Object.entries(models)) {
    const fresh = freshBlob(run.directory);
    await model.saveState(fresh);
    blobs[name] = moveToBlob(run.directory, fresh);
  }
  return blobs;
}

/** Frees the bytes of the state that an entry came from; the state's entry stays, and says what it was. */
export function releaseState(
  run: Run,
  of: string,
  role: "continues" | "state",
  kept: readonly string[] = [],
): void {
  for (const { body } of run.ledger.madeFrom(of, role))
    for (const blob of Object.values((body as unknown as StateBody).blobs))
      if (!kept.includes(blob)) removeBlob(run.directory, blob);
}

/**
 * Frees the bytes of trainings that were given up half-way, under settings that have changed since. For the end of a run: nothing
 * of the recipe that it follows is left to train then.
 */
export function releaseGivenUp(run: Pick<Run, "ledger" | "directory">): void {
  dropPoint(run);
  const left = new Set(listBlobs(run.directory));
  for (const { body } of run.ledger.entries("checkpoint", 0))
    for (const blob of Object.values((body as { readonly files?: Record<string, string> }).files ?? {}))
      left.delete(blob);
  if (left.size === 0) return; // as a rule: states hold their whole history, and are read only where there is something to free
  for (const { body } of run.ledger.entries("training-state", 0))
    for (const blob of Object.values((body as unknown as StateBody).blobs))
      if (left.has(blob)) removeBlob(run.directory, blob);
}
