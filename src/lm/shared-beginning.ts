// What all prompts of a call begin with, such as demonstrations that are shown before every question: read once, its keys and
// values stand before those of every row. Knows tokens, not text.
import { float32, type Tensor } from "../engine/tensor.ts";
import type { Parameters } from "./fused-weights.ts";
import type { InferenceGraphs } from "./inference-graphs.ts";
import { bucketBelow, readRows } from "./prefill.ts";
import { sharedInput } from "./shared-positions.ts";

/** Positions that come before every row of a graph. */
export interface SharedBeginning {
  /** P */
  readonly length: number;
  /** [1,2LKV,P,D], of each layer first the keys and then the values. */
  readonly keysValues: Float32Array;
  /** The same under the names of a graph's inputs. */
  readonly feeds: Readonly<Record<string, Tensor>>;
}

const NONE: SharedBeginning = { length: 0, keysValues: new Float32Array(), feeds: {} };

/** Each length is compiled for: it has to spare the reading of this many tokens. */
const LEAST_SPARED = 1024;

/**
 * Reads what the prompts begin with, where that is worth its while. Of each prompt at least one token is left.
 *
 * @param prompts token ids, none empty
 * @param parameters in memory layout
 */
export async function readShared(
  graphs: InferenceGraphs,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
): Promise<SharedBeginning> {
  const different = [...new Map(prompts.map((prompt) => [prompt.join(), prompt])).values()];
  const length = bucketBelow(commonLength(different));
  if (length * (different.length - 1) < LEAST_SPARED) return NONE;
  const { keysValues } = await readRows(graphs, parameters, [prompts[0]!.slice(0, length)], length, NONE);
  const { layers, keyValueHeads: KV, headSize: D } = graphs.config;
  const size = KV * length * D;
  const feeds: Record<string, Tensor> = {};
  for (let layer = 0; layer < layers; layer++) {
    (["k", "v"] as const).forEach((what, i) => {
      const start = (2 * layer + i) * size;
      feeds[sharedInput(layer, what)] = float32(keysValues.subarray(start, start + size), [1, KV, length, D]);
    });
  }
  return { length, keysValues, feeds };
}

/** Tokens that all prompts have alike from the first on, but for the last one of the shortest. */
function commonLength(prompts: readonly (readonly number[])[]): number {
  const [first = [], ...others] = prompts;
  let common = first.length - 1;
  for (const prompt of others) {
    common = Math.min(common, prompt.length - 1);
    for (let i = 0; i < common; i++) if (prompt[i] !== first[i]) common = i;
  }
  return Math.max(0, common);
}
