// Fine-tuning on revisions and helpful answers (CAI paper, section 3.1 and appendix A). One visible loop: a step's batch
// follows from the seed and the step's number, so training can begin again at any step.
import { seed } from "../../engine/random.ts";
import type { AdamW, Conversation, Metrics, TokenSequence, TrainableModel } from "../../models/model.ts";
import { batchAt, learningRateAt, type Schedule, stepsOf } from "../steps.ts";

/** How SL-CAI is fine-tuned. */
export interface SupervisedOptions {
  readonly seed: string;
  readonly epochs: number;
  /** Conversations an optimiser step. */
  readonly batch: number;
  readonly schedule: Schedule;
  readonly adamW: Omit<AdamW, "learningRate">;
}

/** How many optimiser steps a training takes. */
export const supervisedSteps = (
  examples: number,
  { epochs, batch }: Pick<SupervisedOptions, "epochs" | "batch">,
) => stepsOf(examples, epochs, batch);

/**
 * Trains on the last assistant turn of each conversation; yields after each optimiser step.
 *
 * @param from steps already taken by the state the model holds.
 */
export async function* trainSupervised(
  model: TrainableModel,
  conversations: readonly Conversation[],
  options: SupervisedOptions,
  from: number,
): AsyncGenerator<Metrics> {
  const sequences = await model.tokenize(conversations);
  const steps = supervisedSteps(sequences.length, options);
  for (let step = from; step < steps; step++) {
    const batch = batchAt(sequences, step, options.batch, seed(options.seed));
    const learningRate = learningRateAt(options.schedule, step, steps);
    const loss = await model.forwardBackward({ kind: "cross-entropy", examples: meanOverTokens(batch) });
    const { gradientNorm } = await model.optimStep({ ...options.adamW, learningRate });
    yield { ...loss, gradientNorm, learningRate };
  }
}

/** Weights scaled to sum to 1 over the batch, so that the loss is the mean negative log-likelihood a token, nats. */
export function meanOverTokens(batch: readonly TokenSequence[]): readonly TokenSequence[] {
  let total = 0;
  for (const { weights } of batch) for (let t = 1; t < weights.length; t++) total += weights[t]!;
  return batch.map(({ tokens, weights }) => ({ tokens, weights: weights.map((weight) => weight / total) }));
}
