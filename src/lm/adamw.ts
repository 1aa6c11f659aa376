// AdamW on weights in memory: global-norm clipping, decoupled weight decay on matrices alone (gains are left free). Updates
// in place; plain arithmetic, so the same gradients give the same bytes. Knows no graphs.
// Source: Loshchilov & Hutter 2019 (arXiv 1711.05101), algorithm 2; clipping as torch.nn.utils.clip_grad_norm_.
import type { Parameters } from "./fused-weights.ts";

export interface AdamW {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest global norm of the gradient; Infinity leaves it alone. */
  readonly clipNorm: number;
}

/**
 * One step, in place: with g the clipped gradient, m and v its running mean and mean square,
 * w <- w - rate (decay w + (m / (1 - beta1^step)) / (sqrt(v / (1 - beta2^step)) + epsilon)).
 *
 * @param step counted from 1
 * @returns the gradient's norm before clipping
 */
export function updateWeights(
  state: { readonly weights: Parameters; readonly m: Parameters; readonly v: Parameters },
  gradients: ReadonlyMap<string, Float32Array>,
  { learningRate, beta1, beta2, epsilon, weightDecay, clipNorm }: AdamW,
  step: number,
): number {
  const norm = Math.sqrt([...gradients.values()].reduce((sum, gradient) => sum + sumOfSquares(gradient), 0));
  const clip = Math.min(1, clipNorm / (norm + 1e-6));
  const rate = learningRate / (1 - beta1 ** step);
  const correction = 1 / Math.sqrt(1 - beta2 ** step);
  for (const [name, { data: w, shape }] of state.weights) {
    const gradient = gradients.get(name)!;
    const m = state.m.get(name)!.data;
    const v = state.v.get(name)!.data;
    const keep = shape.length > 1 ? 1 - learningRate * weightDecay : 1;
    for (let i = 0; i < w.length; i++) {
      const g = gradient[i]! * clip;
      const mean = beta1 * m[i]! + (1 - beta1) * g;
      const meanSquare = beta2 * v[i]! + (1 - beta2) * g * g;
      m[i] = mean;
      v[i] = meanSquare;
      w[i] = keep * w[i]! - (rate * mean) / (correction * Math.sqrt(meanSquare) + epsilon);
    }
  }
  return norm;
}

function sumOfSquares(numbers: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]! * numbers[i]!;
  return sum;
}
