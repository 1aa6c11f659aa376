// Reads prompts in batches: equal prompts once, prompts of like length together. What comes back serves the first draw of
// every request and the first positions of its row in the cache.
import { int32 } from "../engine/tensor.ts";
import type { Parameters } from "./fused-weights.ts";
import type { InferenceGraphs } from "./inference-graphs.ts";
import type { SharedBeginning } from "./shared-beginning.ts";

/** A prompt as read: row `row` of a batch's results. */
export interface ReadPrompt {
  readonly row: number;
  /** [B,V] of the token after each prompt, at temperature 1. */
  readonly probabilities: Float32Array;
  /** [B,2LKV,T,D] of what comes after the shared beginning. */
  readonly keysValues: Float32Array;
  /** T */
  readonly length: number;
}

const MOST_TOKENS = 4096;
const MOST_ROWS = 64;
/** Positions that rows look at, for which keys and values are laid out row by row: those that come before all rows count in each. */
const MOST_SEEN = 16384;

/** Rows of T tokens that may be read at once, after P shared positions. */
export const rowsAfter = (P: number, T: number): number => Math.max(1, Math.floor(MOST_SEEN / (P + T)));

/** Sizes of rows: powers of two, so that few graphs are compiled. */
export function rowBucket(rows: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, rows)));
}

/** Sizes of positions: 32, 64, 96, ... to 256, then in steps of an eighth of the next power of two. */
export function positionBucket(positions: number): number {
  const step = bucketStep(positions);
  return Math.ceil(positions / step) * step;
}

const bucketStep = (positions: number): number => Math.max(32, 2 ** Math.ceil(Math.log2(positions)) / 8);

/** The largest of these sizes that is not above n; 0 below the smallest. */
export function bucketBelow(n: number): number {
  const step = bucketStep(n);
  return Math.floor(n / step) * step;
}

/**
 * Reads prompts with the given weights; the results are in the order of the prompts, equal prompts share theirs.
 *
 * @param prompts token ids after the shared beginning, none empty
 * @param parameters in memory layout
 */
export async function readPrompts(
  graphs: InferenceGraphs,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
  shared: SharedBeginning,
): Promise<readonly ReadPrompt[]> {
  const keys = prompts.map((prompt) => prompt.join(","));
  const different = new Map(prompts.map((prompt, i) => [keys[i]!, prompt]));
  const byLength = [...different].sort(([, a], [, b]) => b.length - a.length);
  const read = new Map<string, ReadPrompt>();
  for (let start = 0; start < byLength.length; ) {
    const length = positionBucket(byLength[start]![1].length); // the longest that is left
    const inTokens = Math.max(1, Math.floor(MOST_TOKENS / length));
    const fitting = Math.min(MOST_ROWS, inTokens, rowsAfter(shared.length, length));
    const chunk = byLength.slice(start, start + 2 ** Math.floor(Math.log2(fitting)));
    const results = await readRows(
      graphs,
      parameters,
      chunk.map(([, prompt]) => prompt),
      length,
      shared,
    );
    chunk.forEach(([key], row) => {
      read.set(key, { ...results, row, length });
    });
    start += chunk.length;
  }
  return keys.map((key) => read.get(key)!);
}

/** Reads prompts as the rows of one batch of T tokens. */
export async function readRows(
  graphs: InferenceGraphs,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
  length: number,
  shared: SharedBeginning,
): Promise<Pick<ReadPrompt, "probabilities" | "keysValues">> {
  const rows = rowBucket(prompts.length);
  const tokens = new Int32Array(rows * length);
  const last = new Int32Array(rows);
  prompts.forEach((prompt, row) => {
    tokens.set(prompt, row * length);
    last[row] = row * length + prompt.length - 1;
  });
  const executable = await graphs.prefill({ rows, length, shared: shared.length });
  const { probabilities, keysValues } = await executable.run({
    ...Object.fromEntries(parameters),
    ...shared.feeds,
    tokens: int32(tokens),
    last: int32(last),
  });
  return {
    probabilities: probabilities!.data as Float32Array,
    keysValues: keysValues!.data as Float32Array,
  };
}
