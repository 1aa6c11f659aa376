// The preference model: a language model whose scalar head, read at the end of a conversation, says how good its last
// answer is; P(a better than b) = sigmoid(score a - score b) (HH paper, section 2.3). It learns from soft labels: AI
// comparisons of harmlessness mixed with comparisons of helpfulness (CAI paper, section 4.1).
import { seed } from "../../engine/random.ts";
import type { AdamW, Metrics, PreferenceExample, TrainableModel } from "../../models/model.ts";
import { withAssistant } from "../critique/respond.ts";
import type { Preference } from "../records.ts";
import { batchAt, learningRateAt, type Schedule, stepsOf } from "../steps.ts";

/** How the preference model is trained. */
export interface PreferenceOptions {
  readonly seed: string;
  readonly epochs: number;
  /** Comparisons an optimiser step. */
  readonly batch: number;
  readonly schedule: Schedule;
  readonly adamW: Omit<AdamW, "learningRate">;
  /** Weight of a harmlessness comparison against a helpfulness one (2-3 in the HH paper). */
  readonly harmlessnessWeight: number;
}

/** How many optimiser steps a training takes. */
export const preferenceSteps = (
  examples: number,
  { epochs, batch }: Pick<PreferenceOptions, "epochs" | "batch">,
) => stepsOf(examples, epochs, batch);

/** Token ids of each preference's two conversations, ends of turn included. */
export async function tokenizePreferences(
  model: TrainableModel,
  preferences: readonly Preference[],
): Promise<readonly { readonly a: readonly number[]; readonly b: readonly number[] }[]> {
  const sequences = await model.tokenize(
    preferences.flatMap(({ conversation, textA, textB }) => [
      withAssistant(conversation, textA),
      withAssistant(conversation, textB),
    ]),
  );
  return preferences.map((_, i) => ({ a: sequences[2 * i]!.tokens, b: sequences[2 * i + 1]!.tokens }));
}

/**
 * Minimises the mean of -[p log s(a-b) + (1-p) log s(b-a)] over the mix; yields after each optimiser step.
 *
 * @param from steps already taken by the state the model holds.
 */
export async function* trainPreferenceModel(
  model: TrainableModel,
  preferences: readonly Preference[],
  options: PreferenceOptions,
  from: number,
): AsyncGenerator<Metrics> {
  const tokens = await tokenizePreferences(model, preferences);
  const examples = preferences.map(
    ({ probability, source }, i): PreferenceExample => ({
      ...tokens[i]!,
      probability,
      weight: source === "harmlessness" ? options.harmlessnessWeight : 1,
    }),
  );
  const steps = preferenceSteps(examples.length, options);
  for (let step = from; step < steps; step++) {
    const batch = batchAt(examples, step, options.batch, seed(options.seed));
    const total = batch.reduce((sum, { weight }) => sum + weight, 0);
    const learningRate = learningRateAt(options.schedule, step, steps);
    const loss = await model.forwardBackward({
      kind: "preference",
      examples: batch.map((example) => ({ ...example, weight: example.weight / total })),
    });
    const { gradientNorm } = await model.optimStep({ ...options.adamW, learningRate });
    yield { ...loss, gradientNorm, learningRate };
  }
}

/** P(a better than b) for each preference, from a trained preference model. */
export async function predictPreferences(
  model: TrainableModel,
  preferences: readonly Preference[],
): Promise<readonly number[]> {
  const tokens = await tokenizePreferences(model, preferences);
  const scores = await model.scoreLast(tokens.flatMap(({ a, b }) => [a, b])); // [2P]
  return preferences.map((_, i) => 1 / (1 + Math.exp(scores[2 * i + 1]! - scores[2 * i]!)));
}
