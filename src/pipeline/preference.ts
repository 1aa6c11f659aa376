// Stage 2, second half: the preference model on the mix of harmlessness and helpfulness comparisons, and how good it is on
// comparisons it never saw.

import { seed } from "../engine/random.ts";
import type { Json } from "../ledger/ledger.ts";
import {
  predictPreferences,
  preferenceSteps,
  tokenizePreferences,
  trainPreferenceModel,
} from "../method/preference/train.ts";
import type { Draft, Preference } from "../method/records.ts";
import type { ModelHost } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { needPreferences } from "./enough-to-learn.ts";
import { lazily } from "./lazy-model.ts";
import { perform, type Recorded, type Run } from "./perform.ts";
import { readable } from "./readable.ts";
import type { Recipe } from "./recipe.ts";
import { adaptersKey, adaptersOf, recordTrainingSet, type Trained, train } from "./training.ts";

/** What is learnt from and what is held out; a comparison's side depends on its conversation alone, whatever its label. */
export interface PreferenceSplit {
  readonly train: readonly Preference[];
  readonly heldOut: readonly Preference[];
}

/** Comparisons that the model can read whole; how many are not is said. */
export function readablePreferences(
  run: Run,
  host: ModelHost,
  recipe: Recipe,
  base: Checkpoint,
  preferences: readonly Preference[],
): Promise<readonly Preference[]> {
  return readable(run, host, base, {
    stage: "comparison-lengths",
    title: "Comparisons that the model can read whole",
    kind: "length",
    called: "labelled comparisons",
    items: preferences,
    role: "preference",
    idOf: ({ id }) => id,
    batch: 8 * recipe.compute.batch,
    lengths: async (model, some) => {
      const tokens = await tokenizePreferences(model, some);
      return tokens.map(({ a, b }) => Math.max(a.length, b.length));
    },
    reader: recipe.preference.base,
  });
}

export function splitPreferences(
  preferences: readonly Preference[],
  holdOut: number,
  name: string,
): PreferenceSplit {
  const isHeldOut = ({ conversation }: Preference) =>
    seed(name).child(JSON.stringify(conversation)).random().float() < holdOut;
  const train = preferences.filter((preference) => !isHeldOut(preference));
  needPreferences(train.length, preferences.length);
  return { train, heldOut: preferences.filter(isHeldOut) };
}

/** Labels drawn towards one half: p becomes e + (1 - 2e) p. */
export function smoothLabels(preferences: readonly Preference[], e: number): readonly Preference[] {
  return preferences.map((preference) => ({
    ...preference,
    probability: e + (1 - 2 * e) * preference.probability,
  }));
}

/** Trains the preference model from the weights of `base` with a fresh scalar head. */
export function trainPreference(
  run: Run,
  host: ModelHost,
  recipe: Recipe,
  base: Checkpoint,
  preferences: readonly Preference[],
): Promise<Trained> {
  const { preference, seed: runSeed } = recipe;
  const adapters = { lora: preference.lora, seed: runSeed };
  const options = {
    seed: `${runSeed}/preference/training`,
    epochs: preference.epochs,
    batch: preference.batch,
    schedule: { kind: preference.schedule, learningRate: preference.learningRate, warmup: preference.warmup },
    adamW: preference.adamW,
    harmlessnessWeight: preference.harmlessnessWeight,
    labelSmoothing: preference.labelSmoothing, // done by smoothLabels; here because it determines the result
  };
  const examples = recordTrainingSet(
    run,
    "preference-model",
    preferences.map(({ id }) => id),
  );
  return train(run, {
    stage: "preference-model",
    title: "Preference model",
    unit: "step",
    version: 1,
    key: { base: base.modelId, examples, options: options as unknown as Json, ...adaptersKey(adapters) },
    start: base.directory,
    parents: [
      { id: base.id, role: "base" },
      { id: examples, role: "training-set" },
    ],
    settings: { options: options as unknown as Json, ...adaptersKey(adapters) },
    turns: preferenceSteps(preferences.length, options),
    checkpointEvery: preference.checkpointEvery,
    open: async () => {
      const opening = { head: "scalar", ...adaptersOf(adapters, "preference-model") } as const;
      return { preferenceModel: await host.open(base.directory, opening) };
    },
    result: "preferenceModel",
    loop: async function* ({ preferenceModel }, { turn }) {
      for await (const metrics of trainPreferenceModel(preferenceModel, preferences, options, turn))
        yield { metrics, carry: null, records: [] };
    },
  });
}

/** A held-out comparison with what the preference model says of it. */
export interface Prediction {
  readonly preference: string;
  readonly source: Preference["source"];
  /** The label: probability that a is better. */
  readonly probability: number;
  /** The preference model's. */
  readonly predicted: number;
}

/** Asks the preference model about comparisons it was not trained on. */
export async function predictHeldOut(
  run: Run,
  host: ModelHost,
  recipe: Recipe,
  preferenceModel: Checkpoint,
  heldOut: readonly Preference[],
): Promise<readonly Recorded<Draft<Prediction & { id: string }>>[]> {
  const model = lazily(host, preferenceModel, "scalar");
  const predictions = await perform<Preference, Prediction>(run, {
    stage: "preference-held-out",
    title: "Preference model on held-out comparisons",
    kind: "prediction",
    version: 1,
    inputs: heldOut,
    batch: recipe.compute.batch,
    key: ({ id, probability }) => ({ model: model.id, preference: id, probability }),
    parents: ({ id }) => [
      { id, role: "preference" },
      { id: preferenceModel.id, role: "model" },
    ],
    standIn: ({ id, source, probability }) => ({ preference: id, source, probability, predicted: 0.5 }),
    compute: async (batch) => {
      const predicted = await predictPreferences(await model.opened(), batch);
      return batch.map(({ id, source, probability }, i) => ({
        preference: id,
        source,
        probability,
        predicted: predicted[i]!,
      }));
    },
  });
  await model.close();
  return predictions;
}
