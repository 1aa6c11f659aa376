// The Llama decoder as a graph: RMSNorm, rotary positions, grouped-query attention, SwiGLU; from tokens to the hidden states
// that a head reads. Rows hold several sequences one after the other; none sees another. Knows no losses and no weights.
// Source: Touvron et al. 2023 (arXiv 2302.13971); transformers, modeling_llama.py.
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
import { float32, type Tensor } from "../engine/tensor.ts";
import type { Head, LlamaConfig } from "./config.ts";
import { memoryShapes } from "./fused-weights.ts";

/** The model's weights in a graph, by memory name. */
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
export function parameterInputs(config: LlamaConfig, head: Head): ParameterValues {
  return new Map([...memoryShapes(config, head)].map(([name, shape]) => [name, input(name, shape)]));
}

/** The weight of a name. */
export function parameter(parameters: ParameterValues, name: string): Value {
  const value = parameters.get(name);
  if (value === undefined) throw new Error(`internal: transformer: expected a weight ${name}, got none`);
  return value;
}

/** Cosines and sines of the rotary angles, [positions,D] each: angle(p, i) = p theta^(-2i/D), the halves of D alike. */
export function rotaryTables(
  config: LlamaConfig,
  positions: number,
): { readonly cos: Tensor<"float32">; readonly sin: Tensor<"float32"> } {
  const { headSize: D, ropeTheta } = config;
  const cos = new Float32Array(positions * D);
  const sin = new Float32Array(positions * D);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < D; i++) {
      const angle = Math.fround(p * Math.fround(ropeTheta ** (-(2 * (i % (D / 2))) / D)));
      cos[p * D + i] = Math.cos(angle);
      sin[p * D + i] = Math.sin(angle);
    }
  }
  return { cos: float32(cos, [positions, D]), sin: float32(sin, [positions, D]) };
}

/** Hidden states after the last normalisation, [B,T,C]. */
export function hiddenStates(config: LlamaConfig, parameters: ParameterValues, packed: PackedTokens): Value {
  const [B, T] = packed.tokens.shape as [number, number];
  const { hiddenSize: C, headSize: D } = config;
  const tables = rotaryTables(config, T);
  const rotations: Rotations = {
    cos: reshape(gatherRows(constant(tables.cos), packed.positions), [B, 1, T, D]),
    sin: reshape(gatherRows(constant(tables.sin), packed.positions), [B, 1, T, D]),
  };
  const mask = attentionMask(packed.segments); // [B,1,1,T,T]
  const tokens = reshape(packed.tokens, [B * T]);
  const x = decoderStack(config, parameters, tokens, (qkv) =>
    attention(config, queriesKeysValues(config, qkv, rotations), mask),
  ); // [BT,C]
  return reshape(x, [B, T, C]);
}

/**
 * The decoder with the attention left open, so that packed rows, prompts and cached steps share one stack: tokens int32
 * [N] -> hidden states [N,C]. `attend` turns a layer's product of queries, keys and values [N,(H+2KV)D] into [N,HD].
 */
export function decoderStack(
  config: LlamaConfig,
  parameters: ParameterValues,
  tokens: Value,
  attend: (qkv: Value, layer: number) => Value,
): Value {
  const { rmsNormEpsilon } = config;
  let x = gatherRows(parameter(parameters, "model.embed_tokens.weight"), tokens); // [N,C]
  for (let layer = 0; layer < config.layers; layer++) {
    const weight = (name: string) => parameter(parameters, `model.layers.${layer}.${name}.weight`);
    const normed = rmsNorm(x, weight("input_layernorm"), rmsNormEpsilon); // [N,C]
    const qkv = matmul(normed, weight("self_attn.qkv_proj"), { transposeB: true }); // [N,(H+2KV)D]
    x = add(x, matmul(attend(qkv, layer), weight("self_attn.o_proj"), { transposeB: true }));
    const normed2 = rmsNorm(x, weight("post_attention_layernorm"), rmsNormEpsilon); // [N,C]
    const gated = swiglu(normed2, weight("mlp.gate_up_proj")); // [N,F]
    x = add(x, matmul(gated, weight("mlp.down_proj"), { transposeB: true }));
  }
  return rmsNorm(x, parameter(parameters, "model.norm.weight"), rmsNormEpsilon);
}

/**
 * silu(x G') (x U') with G and U the halves of one matrix: [N,C] and [2F,C] -> [N,F]. What is smaller is cut in two, the
 * matrix or its product: cutting copies, forwards and backwards.
 */
export function swiglu(x: Value, gateUp: Value): Value {
  const [N, C] = x.shape as [number, number];
  const F = gateUp.shape[0]! / 2;
  if (N > C) {
    const half = (start: number) => matmul(x, slice(gateUp, 0, start, start + F), { transposeB: true });
    return mul(silu(half(0)), half(F));
  }
  const both = matmul(x, gateUp, { transposeB: true }); // [N,2F]
  return mul(silu(slice(both, 1, 0, F)), slice(both, 1, F, 2 * F));
}

/**
 * 0 where a token may look, -1e9 where it may not: [B,1,1,T,T], queries before keys. Keys at or before the query whose
 * segment number is no smaller: of its own segment, or of the passage that it continues (`batch.ts`).
 */
function attentionMask(segments: Value): Value {
  const [B, T] = segments.shape as [number, number];
  const causal = new Float32Array(T * T);
  for (let i = 0; i < T; i++) causal.fill(1, i * T, i * T + i + 1);
  const ofSegment = greaterEqual(reshape(segments, [B, 1, 1, 1, T]), reshape(segments, [B, 1, 1, T, 1])); // [B,1,1,T,T]
  return mul(sub(mul(ofSegment, constant(float32(causal, [T, T]))), 1), MASKED);
}

/** Queries, keys and values of [B,T] tokens; the H / KV query heads that share a key-value head are one tall matrix. */
export interface QueriesKeysValues {
  readonly q: Value; // [B,KV,GT,D], G = H / KV
  readonly k: Value; // [B,KV,T,D]
  readonly v: Value; // [B,KV,T,D]
}

/** From the product [BT,(H+2KV)D]; queries and keys turned by their positions, cos and sin [B or 1,1,T,D]. */
export function queriesKeysValues(
  config: LlamaConfig,
  qkv: Value,
  { cos, sin }: Rotations,
): QueriesKeysValues {
  const { heads: H, keyValueHeads: KV, headSize: D } = config;
  const T = cos.shape[2]!;
  const B = qkv.shape[0]! / T;
  const byHead = transpose(reshape(qkv, [B, T, H + 2 * KV, D]), [0, 2, 1, 3]); // [B,H+2KV,T,D]
  const rotated = rotary(slice(byHead, 1, 0, H + KV), cos, sin); // [B,H+KV,T,D]
  return {
    q: reshape(slice(rotated, 1, 0, H), [B, KV, (H / KV) * T, D]), // keys and values are never repeated
    k: slice(rotated, 1, H, H + KV),
    v: slice(byHead, 1, H + KV, H + 2 * KV),
  };
}

/** Queries that are attended from together: they look at no keys after the last of them. */
const QUERY_BLOCK = 96;

/**
 * softmax(q k^T / sqrt(D) + mask) v for each head: -> [BT,HD]. The mask [B or 1,1,1,T,T] has queries before keys. Block by
 * block of queries, so that most of what the causal mask would blot out is never computed.
 */
export function attention(config: LlamaConfig, { q, k, v }: QueriesKeysValues, mask: Value): Value {
  const { heads: H, headSize: D } = config;
  const [B, , T] = k.shape as [number, number, number, number];
  const flatMask = reshape(mask, [mask.shape[0]!, 1, T, T]);
  const queries = reshape(q, [B, H, T, D]);
  const blocks: Value[] = [];
  for (let start = 0; start < T; start += QUERY_BLOCK) {
    const end = Math.min(start + QUERY_BLOCK, T);
    const seen = (x: Value, axis: number) => (end === T ? x : slice(x, axis, 0, end));
    const rows = (x: Value) => (end - start === T ? x : slice(x, 2, start, end));
    const scale = 1 / Math.sqrt(D);
    blocks.push(
      groupedQueryAttention(rows(queries), seen(k, 2), seen(v, 2), seen(rows(flatMask), 3), scale), // [B,H,end-start,D]
    );
  }
  const mixed = blocks.length === 1 ? blocks[0]! : concat(blocks, 2); // [B,H,T,D]
  return reshape(transpose(mixed, [0, 2, 1, 3]), [B * T, H * D]);
}
