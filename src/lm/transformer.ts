// The decoder as a graph: RMSNorm, rotary positions, grouped-query attention, SwiGLU; from tokens to the hidden states that a
// head reads. Rows hold several sequences one after the other; none sees another. Knows no losses and no weights.
// Source: Touvron et al. 2023 (arXiv 2302.13971); transformers, modeling_llama.py and those of the other families.
import {
  add,
  concat,
  constant,
  gatherRows,
  greaterEqual,
  attention as groupedQueryAttention,
  input,
  matmul,
  mul,
  reshape,
  rmsNorm,
  rotary,
  silu,
  slice,
  sub,
  transpose,
} from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import { float32, int32, type Tensor, zeros } from "../engine/tensor.ts";
import { type DecoderConfig, EMBEDDING, familyOf, type Head, parameterShapes } from "./config.ts";
import { maskName } from "./dropout.ts";
import { FUSED, memoryShapes } from "./fused-weights.ts";
import { rotaryTables } from "./rotary-tables.ts";
import { type KeysValues, sharedPositions } from "./shared-positions.ts";

/** The model's weights in a graph, by memory name; and masks by theirs, where adapters drop what they read (`dropout.ts`). */
export type ParameterValues = ReadonlyMap<string, Value>;

/** Packed tokens. A token sees the earlier ones of its row whose segment number is no smaller than its own. */
export interface PackedTokens {
  readonly tokens: Value; // int32 [B,T]
  readonly positions: Value; // int32 [B,T]
  readonly segments: Value; // int32 [B,T]
}

/** Cosines and sines for each position, [B or 1,1,T,D]. */
export interface Rotations {
  readonly cos: Value;
  readonly sin: Value;
}

/** What a score gets that must not be attended to: far below every score, and finite. */
export const MASKED = 1e9;

/** An input for every weight, named as in memory (`fused-weights.ts`). */
export function parameterInputs(config: DecoderConfig, head: Head): ParameterValues {
  return new Map([...memoryShapes(config, head)].map(([name, shape]) => [name, input(name, shape)]));
}

/** The weight of a name. */
export function parameter(parameters: ParameterValues, name: string): Value {
  const value = parameters.get(name);
  if (value === undefined) throw new Error(`internal: transformer: expected a weight ${name}, got none`);
  return value;
}

/** Hidden states that a head reads (`heads.ts`), [BT,C], after P shared positions. */
export function hiddenStates(
  config: DecoderConfig,
  parameters: ParameterValues,
  packed: PackedTokens,
  P: number,
): Value {
  const attend = packedAttention(config, packed, P);
  return decoderStack(config, parameters, reshape(packed.tokens, [-1]), attend);
}

/** How a layer's queries, keys and values look at each other: [N,(H+2KV)D] -> [N,HD]. */
export type Attend = (qkv: Value, layer: number) => Value;

/** Attention among packed tokens, N = B T, all of them after P shared positions. */
export function packedAttention(
  config: DecoderConfig,
  { positions, segments }: Pick<PackedTokens, "positions" | "segments">,
  P = 0,
): Attend {
  const [B, T] = positions.shape as [number, number];
  const withShared = sharedPositions(config, P);
  const tables = rotaryTables(config, T, P);
  const turns = (table: Tensor) =>
    reshape(gatherRows(constant(table), positions), [B, 1, T, config.headSize]);
  const rotations: Rotations = { cos: turns(tables.cos), sin: turns(tables.sin) };
  const mask = attentionMask(segments, P); // [B,1,T,P+T]
  return (qkv, layer) => {
    const heads = queriesKeysValues(config, qkv, rotations, layer);
    return attention(config, { ...heads, ...withShared(heads, layer) }, mask);
  };
}

/**
 * The decoder with the attention left open, so that packed rows, prompts and cached steps share one stack: tokens int32
 * [N] -> hidden states [N,C], not yet normalised for a head.
 */
export function decoderStack(
  config: DecoderConfig,
  parameters: ParameterValues,
  tokens: Value,
  attend: Attend,
): Value {
  let x = embeddings(parameters, tokens);
  for (let layer = 0; layer < config.layers; layer++) x = decoderLayer(config, parameters, x, layer, attend);
  return x;
}

/** int32 [N] -> [N,C] */
export const embeddings = (parameters: ParameterValues, tokens: Value): Value =>
  gatherRows(parameter(parameters, EMBEDDING), tokens);

/** One layer: attention, then the gated feed-forward, each added to what came in. [N,C] -> [N,C] */
export function decoderLayer(
  config: DecoderConfig,
  parameters: ParameterValues,
  x: Value,
  layer: number,
  attend: Attend,
): Value {
  const { rmsNormEpsilon } = config;
  const weight = (name: string) => parameter(parameters, `model.layers.${layer}.${name}.weight`);
  const adapted = (y: Value, from: Value, name: string) => {
    const deltas = loraDeltas(config, parameters, from, layer, name);
    return deltas === null ? y : add(y, deltas.length === 1 ? deltas[0]! : concat(deltas, 1));
  };
  const linear = (from: Value, name: string) =>
    adapted(matmul(from, weight(name), { transposeB: true }), from, name);
  const normed = rmsNorm(x, weight("input_layernorm"), rmsNormEpsilon); // [N,C]
  const qkv = linear(normed, "self_attn.qkv_proj"); // [N,(H+2KV)D]
  const attended = attend(adjusted(config, parameters, qkv, layer), layer); // [N,HD]
  const mixed = add(x, linear(attended, "self_attn.o_proj"));
  const normed2 = rmsNorm(mixed, weight("post_attention_layernorm"), rmsNormEpsilon); // [N,C]
  const deltas = loraDeltas(config, parameters, normed2, layer, "mlp.gate_up_proj");
  const gated = swiglu(normed2, weight("mlp.gate_up_proj"), deltas ?? []); // [N,F]
  return add(mixed, linear(gated, "mlp.down_proj"));
}

/**
 * What adapters add to a product, for each of the Hugging Face matrices stacked in the one of this name: [N,rows],
 * (alpha / rank) (x A') B' with x under its mask where there is one, or zeros beside those without an adapter. Null where
 * none has one.
 */
function loraDeltas(
  config: DecoderConfig,
  parameters: ParameterValues,
  x: Value,
  layer: number,
  name: string,
): readonly Value[] | null {
  const { lora } = config;
  const matrices = (FUSED[`${name}.weight`] ?? [`${name}.weight`]).map((part) =>
    part.replace(/\.weight$/, ""),
  );
  const isTarget = (matrix: string) => lora?.targets.some((target) => matrix.endsWith(`.${target}`)) === true;
  if (lora === null || !matrices.some(isTarget)) return null;
  const shapes = parameterShapes(config, "vocabulary");
  const mask = parameters.get(maskName(`model.layers.${layer}.${name}`));
  const read = mask === undefined ? x : mul(x, mask);
  return matrices.map((matrix) => {
    const full = `model.layers.${layer}.${matrix}`;
    if (!isTarget(matrix)) return constant(zeros([x.shape[0]!, shapes[`${full}.weight`]![0]!]));
    const down = matmul(read, parameter(parameters, `${full}.lora_A.weight`), { transposeB: true }); // [N,rank]
    const scale = lora.alpha / lora.rank;
    return matmul(down, parameter(parameters, `${full}.lora_B.weight`), { transposeB: true, scale });
  });
}

/** Queries, keys and values [N,(H+2KV)D] with the bias, or the normalised queries and keys, of those families that have them. */
function adjusted(config: DecoderConfig, parameters: ParameterValues, qkv: Value, layer: number): Value {
  const { heads: H, keyValueHeads: KV, headSize: D, rmsNormEpsilon } = config;
  const { qkvBias, queryKeyNorm } = familyOf(config);
  const own = (name: string) => parameter(parameters, `model.layers.${layer}.self_attn.${name}`);
  if (qkvBias) return add(qkv, own("qkv_proj.bias"));
  if (!queryKeyNorm) return qkv;
  const byHead = reshape(qkv, [qkv.shape[0]!, H + 2 * KV, D]);
  const normed = concat(
    [
      rmsNorm(slice(byHead, 1, 0, H), own("q_norm.weight"), rmsNormEpsilon),
      rmsNorm(slice(byHead, 1, H, H + KV), own("k_norm.weight"), rmsNormEpsilon),
      slice(byHead, 1, H + KV, H + 2 * KV),
    ],
    1,
  );
  return reshape(normed, qkv.shape);
}

/** Queries or keys turned by their positions; as they are in a layer that does not turn them. */
export function turned(config: DecoderConfig, x: Value, { cos, sin }: Rotations, layer: number): Value {
  return config.unrotatedLayers.includes(layer) ? x : rotary(x, cos, sin);
}

/**
 * silu(x G') (x U') with G and U the halves of one matrix: [N,C] and [2F,C] -> [N,F]. What is smaller is cut in two, the
 * matrix or its product: cutting copies, forwards and backwards.
 *
 * @param deltas [N,F] each, added to the two products; none, or both
 */
export function swiglu(x: Value, gateUp: Value, [gateDelta, upDelta]: readonly Value[] = []): Value {
  const [N, C] = x.shape as [number, number];
  const F = gateUp.shape[0]! / 2;
  if (N > C) {
    const half = (start: number) => matmul(x, slice(gateUp, 0, start, start + F), { transposeB: true });
    return mul(silu(plus(half(0), gateDelta)), plus(half(F), upDelta));
  }
  const both = matmul(x, gateUp, { transposeB: true }); // [N,2F]
  return mul(silu(plus(slice(both, 1, 0, F), gateDelta)), plus(slice(both, 1, F, 2 * F), upDelta));
}

const plus = (x: Value, y: Value | undefined): Value => (y === undefined ? x : add(x, y));

/**
 * 0 where a token may look, -1e9 where it may not: [B,1,T,P+T], queries before keys. Keys at or before the query whose
 * segment number is no smaller: of its own segment, or of the passage that it continues (`batch.ts`); P shared ones always.
 */
function attentionMask(segments: Value, P: number): Value {
  const [B, T] = segments.shape as [number, number];
  const shared = constant(int32(new Int32Array(B * P).fill(2 ** 31 - 1), [B, P])); // no segment's number is larger
  const ofKeys = P === 0 ? segments : concat([shared, segments], 1);
  const ofSegment = greaterEqual(reshape(ofKeys, [B, 1, 1, P + T]), reshape(segments, [B, 1, T, 1])); // [B,1,T,P+T]
  return masked(mul(ofSegment, causal(T, P)));
}

/** 1 at and before the query, 0 after it: [T,P+T], queries before keys, of which the first P come before them all. Compared in the graph, which need not hold all of it. */
export function causal(T: number, P = 0): Value {
  const positions = Float32Array.from({ length: P + T }, (_, i) => i);
  const queries = constant(float32(positions.subarray(P), [T, 1]));
  return greaterEqual(queries, constant(float32(positions, [1, P + T])));
}

/** 0 where 1 says that a token may look, -1e9 where 0 says that it may not. */
export const masked = (mayLook: Value): Value => mul(sub(mayLook, 1), MASKED);

/** Queries, keys and values of [B,T] tokens; the H / KV query heads that share a key-value head are one tall matrix. */
export interface QueriesKeysValues extends KeysValues {
  readonly q: Value; // [B,KV,GT,D], G = H / KV
}

/** From the product [BT,(H+2KV)D]; queries and keys turned by their positions, cos and sin [B or 1,1,T,D]. */
export function queriesKeysValues(
  config: DecoderConfig,
  qkv: Value,
  rotations: Rotations,
  layer: number,
): QueriesKeysValues {
  const { heads: H, keyValueHeads: KV, headSize: D } = config;
  const T = rotations.cos.shape[2]!;
  const B = qkv.shape[0]! / T;
  const byHead = transpose(reshape(qkv, [B, T, H + 2 * KV, D]), [0, 2, 1, 3]); // [B,H+2KV,T,D]
  const rotated = turned(config, slice(byHead, 1, 0, H + KV), rotations, layer); // [B,H+KV,T,D]
  return {
    q: reshape(slice(rotated, 1, 0, H), [B, KV, (H / KV) * T, D]), // keys and values are never repeated
    k: slice(rotated, 1, H, H + KV),
    v: slice(byHead, 1, H + KV, H + 2 * KV),
  };
}

/** Queries that are attended from together: they look at no keys after the last of them. */
const QUERY_BLOCK = 96;

/**
 * softmax(q k^T / sqrt(D) + mask) v for each head: -> [BT,HD]. The mask [B or 1,1,T,S] has queries before keys, of which the
 * first S - T come before all queries. Block by block of queries, so that most of what the causal mask would blot out is never computed.
 */
export function attention(config: DecoderConfig, { q, k, v }: QueriesKeysValues, mask: Value): Value {
  const { heads: H, headSize: D } = config;
  const [, , T, S] = mask.shape as [number, number, number, number];
  const B = k.shape[0]!;
  const queries = reshape(q, [B, H, T, D]);
  const blocks: Value[] = [];
  for (let start = 0; start < T; start += QUERY_BLOCK) {
    const end = Math.min(start + QUERY_BLOCK, T);
    const seen = (x: Value, axis: number) => (end === T ? x : slice(x, axis, 0, S - T + end));
    const rows = (x: Value) => (end - start === T ? x : slice(x, 2, start, end));
    const scale = 1 / Math.sqrt(D);
    blocks.push(
      groupedQueryAttention(rows(queries), seen(k, 2), seen(v, 2), seen(rows(mask), 3), scale), // [B,H,end-start,D]
    );
  }
  const mixed = blocks.length === 1 ? blocks[0]! : concat(blocks, 2); // [B,H,T,D]
  return reshape(transpose(mixed, [0, 2, 1, 3]), [B * T, H * D]);
}
