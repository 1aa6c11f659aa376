// Prompts read at one go, as a graph: one a row, padded at the end, where causal attention never sees the padding. Gives the
// distribution of the first new token and the keys and values of every position, for the cache. Knows no sampling.
import { concat, constant, gatherRows, input, reshape, softmax } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import { float32 } from "../engine/tensor.ts";
import type { DecoderConfig } from "./config.ts";
import { vocabularyLogits } from "./heads.ts";
import { rotaryTables } from "./rotary-tables.ts";
import { sharedPositions } from "./shared-positions.ts";
import {
  attention,
  causal,
  decoderStack,
  masked,
  parameterInputs,
  queriesKeysValues,
} from "./transformer.ts";

/** Sizes of one compiled prefill. */
export interface PrefillShape {
  /** B, prompts. */
  readonly rows: number;
  /** T, tokens of the longest. */
  readonly length: number;
  /** P, positions that come before all of them (`shared-beginning.ts`). */
  readonly shared: number;
}

/**
 * The prefill of `shape`. Inputs: `tokens` int32 [BT]; `last` int32 [B], the flat position of each prompt's last token;
 * the weights by memory name; the shared beginning's keys and values. Outputs: `probabilities` [B,V] of the token after each prompt; `keysValues` [B,2LKV,T,D], of
 * each layer first the keys and then the values.
 */
export function prefill(
  config: DecoderConfig,
  { rows: B, length: T, shared: P }: PrefillShape,
): Record<string, Value> {
  const { headSize: D } = config;
  const withShared = sharedPositions(config, P);
  const parameters = parameterInputs(config, "vocabulary");
  const tokens = input("tokens", [B * T], "int32");
  const last = input("last", [B], "int32");
  const tables = rotaryTables(config, T, P);
  const rotations = {
    cos: constant(float32(tables.cos.data, [1, 1, T, D])),
    sin: constant(float32(tables.sin.data, [1, 1, T, D])),
  };
  const mask = reshape(masked(causal(T, P)), [1, 1, T, P + T]);
  const made: Value[] = []; // [B,KV,T,D] each
  const hidden = decoderStack(config, parameters, tokens, (qkv, layer) => {
    const heads = queriesKeysValues(config, qkv, rotations, layer);
    made.push(heads.k, heads.v);
    return attention(config, { ...heads, ...withShared(heads, layer) }, mask);
  }); // [BT,C]
  return {
    probabilities: softmax(vocabularyLogits(config, parameters, gatherRows(hidden, last))),
    keysValues: concat(made, 1),
  };
}
