// One token from a distribution: temperature, nucleus, inverse of the cumulative distribution at one uniform number. The
// distribution comes normalised at temperature 1, so that the log-probability of what was drawn is its logarithm. Knows
// nothing of batches: a row's draw depends on its own numbers alone.
import type { Sampling } from "../models/model.ts";

/**
 * Draws a token.
 *
 * @param probabilities [B,V] at temperature 1
 * @param row which of the B
 * @param size V
 * @param uniform in [0, 1); greedy sampling (temperature 0) does not look at it
 * @example sampleToken(float32([0.25, 0.75], [1, 2]).data, 0, 2, { temperature: 1, topP: 1 }, 0.3) // 1
 */
export function sampleToken(
  probabilities: Float32Array,
  row: number,
  size: number,
  { temperature, topP }: Pick<Sampling, "temperature" | "topP">,
  uniform: number,
): number {
  const start = row * size;
  if (temperature === 0) return mostProbable(probabilities, start, size);
  if (temperature === 1 && topP >= 1) return inverseCumulative(probabilities, start, size, uniform);
  return sampleReshaped(probabilities.subarray(start, start + size), temperature, topP, uniform);
}

/** The first of the largest. */
function mostProbable(probabilities: Float32Array, start: number, size: number): number {
  let best = 0;
  for (let token = 1; token < size; token++) {
    if (probabilities[start + token]! > probabilities[start + best]!) best = token;
  }
  return best;
}

/** The first token at which the running sum, in order of ids, exceeds the uniform number. */
function inverseCumulative(
  probabilities: Float32Array,
  start: number,
  size: number,
  uniform: number,
): number {
  let sum = 0;
  for (let token = 0; token < size; token++) {
    sum += probabilities[start + token]!;
    if (sum > uniform) return token;
  }
  // Rounding may leave the sum a little below 1.
  return mostProbable(probabilities, start, size);
}

/** Share of the weight that tokens left out may have together: what softmax in float32 rounds away. Spares their powers. */
const NEGLIGIBLE = 1e-7;

/**
 * softmax(logits / temperature) is p^(1/temperature), normalised. The nucleus (Holtzman et al. 2020) is the smallest set of
 * most probable tokens that holds at least topP of it; equal ones are taken in order of ids.
 */
function sampleReshaped(
  probabilities: Float32Array,
  temperature: number,
  topP: number,
  uniform: number,
): number {
  const V = probabilities.length;
  const most = probabilities[mostProbable(probabilities, 0, V)]!;
  // (p / most)^(1 / temperature) < NEGLIGIBLE / V
  const least = most * (NEGLIGIBLE / V) ** temperature;
  const tokens: number[] = [];
  const weights: number[] = [];
  let total = 0;
  for (let token = 0; token < V; token++) {
    const probability = probabilities[token]!;
    if (probability < least) continue;
    const weight = temperature === 1 ? probability : (probability / most) ** (1 / temperature);
    tokens.push(token);
    weights.push(weight);
    total += weight;
  }
  if (topP >= 1) return drawn(tokens, weights, uniform * total);
  const order = tokens.map((_, i) => i).sort((i, j) => weights[j]! - weights[i]! || i - j);
  let mass = 0;
  const nucleus: number[] = [];
  for (const i of order) {
    nucleus.push(i);
    mass += weights[i]!;
    if (mass >= topP * total) break;
  }
  return drawn(
    nucleus.map((i) => tokens[i]!),
    nucleus.map((i) => weights[i]!),
    uniform * mass,
  );
}

function drawn(tokens: readonly number[], weights: readonly number[], target: number): number {
  let sum = 0;
  for (let i = 0; i < tokens.length; i++) {
    sum += weights[i]!;
    if (sum > target) return tokens[i]!;
  }
  return tokens[weights.indexOf(Math.max(...weights))]!;
}
