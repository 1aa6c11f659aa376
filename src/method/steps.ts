// What the supervised and preference trainings share: which examples a step sees, and its learning rate. Both follow from
// the step's number alone, so that a training resumed at step n goes on exactly as an unbroken one.
import type { Seed } from "../engine/random.ts";

/** Learning rate over the steps of a training. The paper fine-tunes at a constant rate (appendix A). */
export interface Schedule {
  readonly kind: "constant" | "linear" | "cosine";
  readonly learningRate: number;
  /** Steps of linear warm-up from 0. */
  readonly warmup: number;
}

/** Optimiser steps of a training: the last one may run on into another epoch. What 1.1 is not quite in binary makes no step. */
export const stepsOf = (examples: number, epochs: number, batch: number): number =>
  Math.ceil((examples * epochs) / batch - 1e-9);

/** Learning rate of a step (0-based) out of `steps`. Linear and cosine end at zero. */
export function learningRateAt(schedule: Schedule, step: number, steps: number): number {
  const { kind, learningRate, warmup } = schedule;
  const warm = warmup > 0 ? Math.min(1, (step + 1) / warmup) : 1;
  const progress = Math.min(1, Math.max(0, (step - warmup) / Math.max(1, steps - warmup)));
  const decay = { constant: 1, linear: 1 - progress, cosine: (1 + Math.cos(Math.PI * progress)) / 2 }[kind];
  return learningRate * warm * decay;
}

/**
 * The examples of a step: epochs are shuffled apart and laid end to end; the last batch runs on into the next.
 */
export function batchAt<T>(examples: readonly T[], step: number, batch: number, seed: Seed): readonly T[] {
  const epochs = new Map<number, readonly T[]>();
  const shuffled = (epoch: number): readonly T[] => {
    const known = epochs.get(epoch) ?? seed.child("epoch", epoch).random().shuffle(examples);
    epochs.set(epoch, known);
    return known;
  };
  return Array.from({ length: batch }, (_, i) => {
    const at = step * batch + i;
    return shuffled(Math.floor(at / examples.length))[at % examples.length]!;
  });
}
