// One step of cached decoding as a graph: a token a row in, the distribution of the next one out. The cache is an input
// and only the new token's keys and values come back, because inputs are read in place and outputs are copied; attention
// runs over [cached scores, own score]. Weights are inputs too, so that one compiled step serves every state of a model. On a GPU
// the step writes the cache as well, which then never leaves it.
import {
  add,
  concat,
  constant,
  gatherRows,
  input,
  matmul,
  mul,
  reshape,
  slice,
  softmax,
  sub,
} from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import type { DecoderConfig } from "./config.ts";
import { vocabularyLogits } from "./heads.ts";
import { rotaryTables } from "./rotary-tables.ts";
import { decoderStack, parameterInputs, turned } from "./transformer.ts";

/** Sizes of one compiled step. */
export interface StepShape {
  /** B */
  readonly rows: number;
  /** S, positions that the cache has room for. */
  readonly slots: number;
  /** Whether the step itself puts the cache's rows in order and writes the new position, for a cache on a GPU. */
  readonly writesCache?: boolean;
}

/** Inputs of the cache, by layer: keys and values [B,KV,S,D]. */
export const keysInput = (layer: number): string => `cache.${layer}.keys`;
export const valuesInput = (layer: number): string => `cache.${layer}.values`;

/**
 * The step of `shape`. Inputs: `tokens` and `positions` int32 [B]; `mask` [B,1,1,S], 0 where a slot is filled and -1e9
 * elsewhere; the cache; the weights by memory name. Outputs: `probabilities` [B,V] of the next token at temperature 1;
 * `keysValues` [B,2LKV,1,D], of each layer first the keys and then the values. A step that writes the cache also takes `order`
 * int32 [B], the row whose cached positions each row goes on with, and `place` [B,1,S,1], 1 at the new position and 0 elsewhere; it
 * gives the cache as it then is, under its inputs' names.
 */
export function decodeStep(
  config: DecoderConfig,
  { rows: B, slots: S, writesCache = false }: StepShape,
): Record<string, Value> {
  const { heads: H, keyValueHeads: KV, headSize: D } = config;
  const G = H / KV;
  const parameters = parameterInputs(config, "vocabulary");
  const tokens = input("tokens", [B], "int32");
  const positions = input("positions", [B], "int32");
  const mask = input("mask", [B, 1, 1, S]);
  const tables = rotaryTables(config, S);
  const cos = reshape(gatherRows(constant(tables.cos), positions), [B, 1, 1, D]);
  const sin = reshape(gatherRows(constant(tables.sin), positions), [B, 1, 1, D]);
  const scale = 1 / Math.sqrt(D);
  const made: Value[] = []; // [B,KV,1,D] each
  const written: Record<string, Value> = {};
  /** A part of the cache [B,KV,S,D], to which the step may add what it makes [B,KV,1,D]. */
  function cachedBefore(name: string, own: Value): Value {
    const stored = input(name, [B, KV, S, D]);
    if (!writesCache) return stored;
    const order = input("order", [B], "int32");
    const place = input("place", [B, 1, S, 1]);
    const ordered = reshape(gatherRows(reshape(stored, [B, KV * S * D]), order), [B, KV, S, D]);
    written[name] = add(mul(ordered, sub(1, place)), mul(own, place));
    return ordered;
  }
  const hidden = decoderStack(config, parameters, tokens, (qkv, layer) => {
    const byHead = reshape(qkv, [B, H + 2 * KV, 1, D]);
    const rotated = turned(config, slice(byHead, 1, 0, H + KV), { cos, sin }, layer); // [B,H+KV,1,D]
    const q = reshape(slice(rotated, 1, 0, H), [B, KV, G, D]); // the G heads that share keys and values are one matrix
    const k = slice(rotated, 1, H, H + KV); // [B,KV,1,D]
    const v = slice(byHead, 1, H + KV, H + 2 * KV); // [B,KV,1,D]
    made.push(k, v);
    const keys = cachedBefore(keysInput(layer), k);
    const values = cachedBefore(valuesInput(layer), v);
    const cached = add(matmul(q, keys, { transposeB: true, scale }), mask); // [B,KV,G,S]
    const own = matmul(q, k, { transposeB: true, scale }); // [B,KV,G,1]
    const weights = softmax(concat([cached, own], 3)); // [B,KV,G,S+1]
    const mixed = add(matmul(slice(weights, 3, 0, S), values), mul(slice(weights, 3, S, S + 1), v)); // [B,KV,G,D]
    return reshape(mixed, [B, H * D]);
  }); // [B,C]
  return {
    probabilities: softmax(vocabularyLogits(config, parameters, hidden)),
    keysValues: concat(made, 1), // [B,2LKV,1,D]
    ...written,
  };
}
