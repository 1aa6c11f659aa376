// A training, remembered like every other step: the final checkpoint is an entry, and so are the states on the way, from which
// it goes on; between two of them, from the point where it was interrupted. Knows no loss; a stage hands it its visible loop.
import { blobPath, freshBlob, hasBlob, listBlobs, moveToBlob, removeBlob } from "../ledger/blobs.ts";
import { type Json, stepKey } from "../ledger/ledger.ts";
import type { FreshAdapters, Metrics, TrainableModel } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { type Checkpoint, keepCheckpoint, recalledCheckpoint } from "./checkpoints.ts";
import { needFinite } from "./enough-to-learn.ts";
import { isMissing, keyOf, missingId, type Parent, type Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import type { Settings } from "./settings.ts";
import { dropPoint, keepPoint, keptPoint, POINT_EVERY_MS } from "./training-point.ts";

/** What one turn of a training loop leaves behind. */
export interface Turn {
  readonly metrics: Metrics;
  /** Anything besides weights and moments that the next turn needs. */
  readonly carry: Json;
  /** Records made on the way (rollouts), written with the state that they led to. */
  readonly records: readonly {
    readonly kind: string;
    readonly body: Json;
    readonly parents: readonly Parent[];
  }[];
}

export interface Training<M extends Readonly<Record<string, TrainableModel>>> {
  readonly stage: string;
  readonly title: string;
  readonly unit: string;
  /** Raised when the loop or its losses change their meaning, so that old checkpoints are not taken for new ones. */
  readonly version: number;
  /** Everything that determines the result, apart from stage and version. */
  readonly key: Json;
  readonly parents: readonly Parent[];
  /** Folder of the checkpoint that it starts from. */
  readonly start: string;
  /** What the training was done with, for those who ask. */
  readonly settings: Settings;
  readonly turns: number;
  /** Turns between two states that the ledger remembers. */
  readonly checkpointEvery: number;
  /** Opens the models at their start. Called only when there is something left to train. */
  readonly open: () => Promise<M>;
  /** Which of the models is the result. */
  readonly result: keyof M & string;
  readonly loop: (
    models: M,
    from: { readonly turn: number; readonly carry: Json | null },
  ) => AsyncGenerator<Turn>;
}

/** A trained model and what was measured at each turn of its training. */
export interface Trained {
  readonly checkpoint: Checkpoint;
  readonly history: readonly Metrics[];
}

interface StateBody {
  readonly stage: string;
  /** Key of the training's result: trainings of one stage under other settings keep states of their own. */
  readonly training: string;
  readonly turn: number;
  readonly blobs: Readonly<Record<string, string>>;
  readonly carry: Json;
  readonly history: readonly Metrics[];
}

/** Trains, or takes up where an earlier process stopped, or returns what is already there. */
export async function train<M extends Readonly<Record<string, TrainableModel>>>(
  run: Run,
  training: Training<M>,
): Promise<Trained> {
  const { stage, title, unit, turns } = training;
  const key: Json = { stage, of: training.key };
  const finalKey = keyOf(run, "checkpoint", training.version, key);
  const begun = run.now();
  const start = (reused: number) =>
    run.emit({ kind: "stage-start", stage, title, total: turns, unit, reused });
  const end = (reused: number) =>
    run.emit({ kind: "stage-end", stage, ms: run.now() - begun, done: turns, reused });

  const recalled = await recalledCheckpoint(run, finalKey, training.start);
  if (recalled !== undefined) {
    releaseState(run, recalled.checkpoint.id, "state");
    start(turns);
    end(turns);
    return recalled;
  }
  if (run.mayTrain === false) throw wouldTrain(title);
  // Which records an interruption has left depends on where states are kept, so that is part of a state's name.
  const { checkpointEvery } = training;
  const stateKey = (turn: number) =>
    keyOf(run, "training-state", training.version, { ...key, checkpointEvery, turn });
  const nextState = (turn: number) =>
    Math.min(turns, (Math.floor(turn / checkpointEvery) + 1) * checkpointEvery);
  const last = lastState(run, training, stateKey);
  const from = last?.body.turn ?? 0;
  const point = from === turns ? undefined : keptPoint(run, stateKey(nextState(from)));
  const reused = point?.turn ?? from;
  start(run.missing?.has(finalKey) ? turns : reused);
  run.signal.throwIfAborted();
  if (run.missing !== undefined) {
    run.missing.add(finalKey);
    const checkpoint = { id: missingId(finalKey), stage, directory: "", modelId: missingId(finalKey) };
    return { checkpoint, history: [] };
  }
  // A process killed between writing a state and freeing the one before leaves both.
  if (last !== undefined) releaseState(run, last.id, "continues", Object.values(last.body.blobs));
  const models = await training.open();
  try {
    for (const [name, file] of Object.entries(point?.files ?? filesOf(run, last?.body.blobs ?? {})))
      await models[name]!.loadState(file);
    const history: Metrics[] = [...(last?.body.history ?? []), ...(point?.history ?? [])];
    let turn = reused;
    let remembered = from;
    let previous = last?.id;
    let pending: Turn["records"] = point?.records ?? [];
    let isBeside = point !== undefined;
    let savedAt = run.now();
    for await (const done of training.loop(models, { turn, carry: (point ?? last?.body)?.carry ?? null })) {
      turn += 1;
      needFinite(title, turn, done.metrics);
      history.push(done.metrics);
      pending = [...pending, ...done.records];
      run.emit({ kind: "stage-progress", stage, done: turn, total: turns, metrics: done.metrics });
      if (turn !== nextState(remembered)) {
        if (run.signal.aborted || run.now() - savedAt >= POINT_EVERY_MS) {
          const since = { history: history.slice(remembered), records: pending };
          await keepPoint(run, models, {
            towards: stateKey(nextState(remembered)),
            turn,
            carry: done.carry,
            ...since,
          });
          isBeside = true;
          savedAt = run.now();
        }
        run.signal.throwIfAborted();
        continue;
      }
      const blobs = await putStates(run, models);
      const body: StateBody = { stage, training: finalKey, turn, blobs, carry: done.carry, history };
      const parents = previous === undefined ? training.parents : [{ id: previous, role: "continues" }];
      const state = { kind: "training-state", body: body as unknown as Json, parents };
      const [entries] = run.ledger.commit([{ key: stateKey(turn), entries: [state, ...pending] }]);
      previous = entries![0]!.id;
      remembered = turn;
      pending = [];
      savedAt = run.now();
      releaseState(run, previous, "continues", Object.values(blobs));
      if (isBeside) dropPoint(run);
      isBeside = false;
      if (turn !== turns) run.signal.throwIfAborted();
    }
    const trained = await keepCheckpoint(run, {
      stage,
      key: finalKey,
      model: models[training.result]!,
      start: training.start,
      history,
      settings: training.settings,
      parents: [...(previous === undefined ? [] : [{ id: previous, role: "state" }]), ...training.parents],
    });
    releaseState(run, trained.checkpoint.id, "state");
    end(reused);
    return trained;
  } finally {
    for (const model of Object.values(models)) await model.close();
  }
}

/** What was learnt is to be used as it is, and something that it was learnt from is not as it was. */
const wouldTrain = (title: string): UserError =>
  new UserError(
    "would-train",
    `${title}: expected what the run learnt from to be as it was, got a constitution, prompts, a model or settings that have changed since; nothing is trained here`,
    "To train under the change: charter amend <run>. To evaluate the run as it was, put back what has changed; one that was interrupted goes on with the command that began it.",
  );

/** The latest remembered state whose bytes are still there. */
function lastState<M extends Readonly<Record<string, TrainableModel>>>(
  run: Run,
  { turns, checkpointEvery }: Training<M>,
  stateKey: (turn: number) => string,
): { readonly id: string; readonly body: StateBody } | undefined {
  const remembered = [turns, ...multiplesBelow(turns, checkpointEvery)];
  for (const turn of remembered) {
    const entry = run.ledger.recall(stateKey(turn))?.[0];
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

/** Multiples of `every` below `turns`, largest first. */
function multiplesBelow(turns: number, every: number): readonly number[] {
  const count = Math.max(0, Math.ceil(turns / every) - 1);
  return Array.from({ length: count }, (_, i) => (count - i) * every);
}

const filesOf = ({ directory }: Run, blobs: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(blobs).map(([name, blob]) => [name, blobPath(directory, blob)]));

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
function releaseState(run: Run, of: string, role: "continues" | "state", kept: readonly string[] = []): void {
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

/** Fresh adapters for a training, where the recipe wants them: how a model is opened. */
export const adaptersOf = (
  { lora, seed }: Pick<Recipe, "lora" | "seed">,
  stage: string,
): { readonly adapters?: FreshAdapters } =>
  lora === null ? {} : { adapters: { ...lora, seed: `${seed}/${stage}/adapters` } };

/** And what of them determines the training's result. */
export const adaptersKey = ({
  lora,
  seed,
}: Pick<Recipe, "lora" | "seed">): { readonly [key: string]: Json } =>
  lora === null ? {} : { lora: lora as unknown as Json, seed };

/** Writes which records a training learns from, so that a checkpoint can be traced to each of them. Returns the entry's id. */
export function recordTrainingSet(run: Run, stage: string, records: readonly string[]): string {
  const key = stepKey({ kind: "training-set", stage, records });
  if (records.some(isMissing)) return missingId(key);
  const parents = records.map((id) => ({ id, role: "example" }));
  const entry = { kind: "training-set", body: { stage, examples: records.length }, parents };
  const [entries] = run.ledger.commit([{ key, entries: [entry] }]);
  return entries![0]!.id;
}
