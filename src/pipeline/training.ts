// A training, remembered like every other step: the final checkpoint is an entry, and so are the states on the way, from which
// it goes on; between two of them, from the point where it was interrupted. Knows no loss; a stage hands it its visible loop.
import { type Json, stepKey } from "../ledger/ledger.ts";
import type { FreshAdapters, Metrics, TrainableModel } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { type Checkpoint, keepCheckpoint, recalledCheckpoint } from "./checkpoints.ts";
import { needFinite } from "./enough-to-learn.ts";
import { isMissing, keyOf, missingId, type Parent, type Run, recordOne } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import type { Settings } from "./settings.ts";
import { dropPoint, type KeptPoint, keepPoint, keptPoint, POINT_EVERY_MS } from "./training-point.ts";
import { filesOf, type KeptState, keepState, lastState, releaseState } from "./training-state.ts";

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

/** Trains, or takes up where an earlier process stopped, or returns what is already there. */
export async function train<M extends Readonly<Record<string, TrainableModel>>>(
  run: Run,
  training: Training<M>,
): Promise<Trained> {
  const { stage, title, unit, turns } = training;
  const keys = keysOf(run, training);
  const begun = run.now();
  const start = (reused: number) =>
    run.emit({ kind: "stage-start", stage, title, total: turns, unit, reused });
  const end = (reused: number) =>
    run.emit({ kind: "stage-end", stage, ms: run.now() - begun, done: turns, reused });

  const recalled = await recalledCheckpoint(run, keys.result, training.start);
  if (recalled !== undefined) {
    releaseState(run, recalled.checkpoint.id, "state");
    start(turns);
    end(turns);
    return recalled;
  }
  if (run.mayTrain === false) throw wouldTrain(title);
  const standing = standingOf(run, training, keys);
  start(run.missing?.has(keys.result) ? turns : standing.turn);
  run.signal.throwIfAborted();
  if (run.missing !== undefined) {
    run.missing.add(keys.result);
    const id = missingId(keys.result);
    return { checkpoint: { id, stage, directory: "", modelId: id }, history: [] };
  }
  const { last } = standing;
  // A process killed between writing a state and freeing the one before leaves both.
  if (last !== undefined) releaseState(run, last.id, "continues", Object.values(last.body.blobs));
  const models = await training.open();
  try {
    const { state, history } = await takeTurns(run, training, keys, models, standing);
    const trained = await keepCheckpoint(run, {
      stage,
      key: keys.result,
      model: models[training.result]!,
      start: training.start,
      history,
      settings: training.settings,
      parents: [...(state === undefined ? [] : [{ id: state, role: "state" }]), ...training.parents],
    });
    releaseState(run, trained.checkpoint.id, "state");
    end(standing.turn);
    return trained;
  } finally {
    for (const model of Object.values(models)) await model.close();
  }
}

/** How far an earlier process has come. */
interface Standing {
  readonly turn: number;
  /** The last state that the ledger remembers. */
  readonly last: KeptState | undefined;
  /** Where it stopped between that one and the next. */
  readonly point: KeptPoint | undefined;
}

function standingOf(run: Run, { turns, checkpointEvery }: Schedule, keys: TrainingKeys): Standing {
  const last = lastState(run, [turns, ...multiplesBelow(turns, checkpointEvery)].values().map(keys.state));
  const from = last?.body.turn ?? 0;
  const next = nextState({ turns, checkpointEvery }, from);
  const point = from === turns ? undefined : keptPoint(run, keys.state(next));
  return { turn: point?.turn ?? from, last, point };
}

/** The turns that are left, with states and points kept on the way: the last state's entry, and what all turns measured. */
async function takeTurns<M extends Readonly<Record<string, TrainableModel>>>(
  run: Run,
  training: Training<M>,
  keys: TrainingKeys,
  models: M,
  { turn: reused, last, point }: Standing,
): Promise<{ readonly state: string | undefined; readonly history: readonly Metrics[] }> {
  const { stage, title, turns } = training;
  for (const [name, file] of Object.entries(point?.files ?? filesOf(run, last?.body.blobs ?? {})))
    await models[name]!.loadState(file);
  const history: Metrics[] = [...(last?.body.history ?? []), ...(point?.history ?? [])];
  let turn = reused;
  let remembered = last?.body.turn ?? 0;
  let state = last?.id;
  let pending: Turn["records"] = point?.records ?? [];
  let isBeside = point !== undefined;
  let savedAt = run.now();
  const carry = (point ?? last?.body)?.carry ?? null;
  for await (const done of training.loop(models, { turn, carry })) {
    turn += 1;
    needFinite(title, turn, done.metrics);
    history.push(done.metrics);
    pending = [...pending, ...done.records];
    run.emit({ kind: "stage-progress", stage, done: turn, total: turns, metrics: done.metrics });
    const next = nextState(training, remembered);
    if (turn === next) {
      const parents = state === undefined ? training.parents : [{ id: state, role: "continues" }];
      const body = { stage, training: keys.result, turn, carry: done.carry, history };
      state = await keepState(run, models, keys.state(turn), body, parents, pending);
      remembered = turn;
      pending = [];
      savedAt = run.now();
      if (isBeside) dropPoint(run);
      isBeside = false;
    } else if (run.signal.aborted || run.now() - savedAt >= POINT_EVERY_MS) {
      const since = { history: history.slice(remembered), records: pending };
      await keepPoint(run, models, { towards: keys.state(next), turn, carry: done.carry, ...since });
      isBeside = true;
      savedAt = run.now();
    }
    if (turn !== turns) run.signal.throwIfAborted();
  }
  return { state, history };
}

interface TrainingKeys {
  readonly result: string;
  readonly state: (turn: number) => string;
}

function keysOf<M extends Readonly<Record<string, TrainableModel>>>(
  run: Run,
  { stage, version, key: of, checkpointEvery }: Training<M>,
): TrainingKeys {
  const key = { stage, of };
  return {
    result: keyOf(run, "checkpoint", version, key),
    // Which records an interruption has left depends on where states are kept, so that is part of a state's name.
    state: (turn) => keyOf(run, "training-state", version, { ...key, checkpointEvery, turn }),
  };
}

/** Turns of a training, and between two of its states. */
type Schedule = Pick<Training<never>, "turns" | "checkpointEvery">;

/** The turn after which the next state is kept. */
const nextState = ({ turns, checkpointEvery }: Schedule, turn: number): number =>
  Math.min(turns, (Math.floor(turn / checkpointEvery) + 1) * checkpointEvery);

/** Multiples of `every` below `turns`, largest first. */
function multiplesBelow(turns: number, every: number): readonly number[] {
  const count = Math.max(0, Math.ceil(turns / every) - 1);
  return Array.from({ length: count }, (_, i) => (count - i) * every);
}

/** What was learnt is to be used as it is, and something that it was learnt from is not as it was. */
const wouldTrain = (title: string): UserError =>
  new UserError(
    "would-train",
    `${title}: expected what the run learnt from to be as it was, got a constitution, prompts, a model or settings that have changed since, or a newer Charter that makes a step otherwise; nothing is trained here`,
    "To train under the change: charter amend <run>, which says first what that takes. To evaluate the run as it was, put back what has changed; one that was interrupted goes on with the command that began it.",
  );

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
  return recordOne(run.ledger, key, entry).id;
}
