// Generalised advantage estimation (Schulman et al. 2016, eq. 16) and whitening. The HH paper sets the discount to 1 and
// does not give lambda; 0.95 is ours. R = tokens of one answer.
import { mean } from "../mean.ts";

/** Advantages and returns of one answer. */
export interface Advantages {
  /** [R] */
  readonly advantages: readonly number[];
  /** [R] advantages + values: what the value model should have said. */
  readonly returns: readonly number[];
}

/**
 * delta_t = r_t + discount * V_{t+1} - V_t;  A_t = delta_t + discount * lambda * A_{t+1}. The answer's end has value 0.
 *
 * @param rewards [R]
 * @param values [R] value of the state before each token
 */
export function estimateAdvantages(
  rewards: readonly number[],
  values: readonly number[],
  discount: number,
  lambda: number,
): Advantages {
  const advantages = new Array<number>(rewards.length);
  let following = 0;
  for (let t = rewards.length - 1; t >= 0; t--) {
    const delta = rewards[t]! + discount * (values[t + 1] ?? 0) - values[t]!;
    following = delta + discount * lambda * following;
    advantages[t] = following;
  }
  return { advantages, returns: advantages.map((advantage, t) => advantage + values[t]!) };
}

/** Shifts and scales all advantages of a batch of answers to mean 0 and standard deviation 1. */
export function whiten(batch: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const all = batch.flat();
  const middle = mean(all);
  const variance = mean(all.map((x) => (x - middle) ** 2));
  const scale = 1 / Math.sqrt(variance + 1e-8);
  return batch.map((answer) => answer.map((x) => (x - middle) * scale));
}
