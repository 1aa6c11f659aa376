// A training, remembered like every other step: the final checkpoint is an entry, and so are the states on the way, so that
// a crash loses at most the optimiser steps since the last one. Knows no loss; a stage hands it its visible loop.
import { blobPath, freshBlob, hasBlob, moveToBlob, removeBlob } from "../ledger/blobs.ts";
import { type Json, stepKey } from "../ledger/ledger.ts";
import type { FreshAdapters, Metrics, TrainableModel } from "../models/model.ts";
import { type Checkpoint, keepCheckpoint, recalledCheckpoint } from "./checkpoints.ts";
import { needFinite } from "./enough-to-learn.ts";
import { isMissing, keyOf, missingId, type Parent, type Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import type { Settings } from "./settings.ts";

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
  /** Turns between two remembered states. */
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
    releaseStates(run, finalKey, []);
    start(turns);
    end(turns);
    return recalled;
  }
  // Which records an interruption has left depends on where states are kept, so that is part of a state's name.
  const { checkpointEvery } = training;
  const stateKey = (turn: number) =>
    keyOf(run, "training-state", training.version, { ...key, checkpointEvery, turn });
  const last = lastState(run, training, stateKey);
  start(run.missing?.has(finalKey) ? turns : (last?.body.turn ?? 0));
  run.signal.throwIfAborted();
  if (run.missing !== undefined) {
    run.missing.add(finalKey);
    const checkpoint = { id: missingId(finalKey), stage, directory: "", modelId: missingId(finalKey) };
    return { checkpoint, history: [] };
  }
  const models = await training.open();
  try {
    for (const [name, blob] of Object.entries(last?.body.blobs ?? {}))
      await models[name]!.loadState(blobPath(run.directory, blob));
    const history: Metrics[] = [...(last?.body.history ?? [])];
    let turn = last?.body.turn ?? 0;
    let previous = last?.id;
    let pending: Turn["records"] = [];
    for await (const done of training.loop(models, { turn, carry: last?.body.carry ?? null })) {
      turn += 1;
      needFinite(title, turn, done.metrics);
      history.push(done.metrics);
      pending = [...pending, ...done.records];
      run.emit({ kind: "stage-progress", stage, done: turn, total: turns, metrics: done.metrics });
      if (turn % training.checkpointEvery !== 0 && turn !== turns) continue;
      const blobs = await putStates(run, models);
      const body: StateBody = { stage, training: finalKey, turn, blobs, carry: done.carry, history };
      const parents = previous === undefined ? training.parents : [{ id: previous, role: "continues" }];
      const state = { kind: "training-state", body: body as unknown as Json, parents };
      const [entries] = run.ledger.commit([{ key: stateKey(turn), entries: [state, ...pending] }]);
      previous = entries![0]!.id;
      pending = [];
      releaseStates(run, finalKey, Object.values(blobs));
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
    releaseStates(run, finalKey, []);
    end(last?.body.turn ?? 0);
    return trained;
  } finally {
    for (const model of Object.values(models)) await model.close();
  }
}

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

/** Frees the bytes of a training's states but for those kept; their entries stay, and say what they were. */
function releaseStates(run: Run, training: string, kept: readonly string[]): void {
  for (const entry of run.ledger.entries("training-state")) {
    const body = entry.body as unknown as StateBody;
    if (body.training !== training) continue;
    for (const blob of Object.values(body.blobs)) if (!kept.includes(blob)) removeBlob(run.directory, blob);
  }
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
