// The configuration of a Llama-style decoder, from and to Hugging Face `config.json`, and the tensors it implies. What we
// cannot compute exactly is refused by name rather than approximated. Knows no weights and no files.
// Source: transformers, LlamaConfig and LlamaForCausalLM / LlamaForSequenceClassification.
import { z } from "zod";
import type { Shape } from "../engine/shape.ts";
import { UserError } from "../user-error.ts";

/** Head of the model: log-probabilities of the next token, or one number. */
export type Head = "vocabulary" | "scalar";

export interface LlamaConfig {
  /** C */
  readonly hiddenSize: number;
  /** F, width of the gated feed-forward layer. */
  readonly intermediateSize: number;
  /** L */
  readonly layers: number;
  /** H */
  readonly heads: number;
  /** KV, heads of keys and values; H / KV query heads share one. */
  readonly keyValueHeads: number;
  /** D, even */
  readonly headSize: number;
  /** V */
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly rmsNormEpsilon: number;
  /** Base of the rotary frequencies. */
  readonly ropeTheta: number;
  /** The vocabulary head is the transposed embedding. */
  readonly tieWordEmbeddings: boolean;
  /** Tokens that end a text. */
  readonly endTokens: readonly number[];
  readonly padToken: number | null;
}

const ARCHITECTURES = ["LlamaForCausalLM", "LlamaForSequenceClassification"];

const positive = z.int().positive();
const Rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
});
const ConfigJson = z.looseObject({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string().optional(),
  hidden_size: positive,
  intermediate_size: positive,
  num_hidden_layers: positive,
  num_attention_heads: positive,
  num_key_value_heads: positive.nullish(),
  head_dim: positive.nullish(),
  vocab_size: positive,
  max_position_embeddings: positive.default(2048),
  rms_norm_eps: z.number().positive().default(1e-6),
  rope_theta: z.number().positive().nullish(),
  rope_scaling: Rope.nullish(),
  rope_parameters: Rope.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.string().default("silu"),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  eos_token_id: z.union([z.int(), z.array(z.int())]).nullish(),
  pad_token_id: z.int().nullish(),
});

/**
 * Reads a parsed `config.json`; keys it does not know are left alone.
 *
 * @param origin what the document is, for messages (a path)
 * @throws UserError when a key is missing or malformed, or names an architecture that this decoder does not compute
 * @example const config = parseConfig(JSON.parse(text), "models/town/config.json");
 */
export function parseConfig(json: unknown, origin = "config.json"): LlamaConfig {
  const parsed = ConfigJson.safeParse(json);
  if (!parsed.success) {
    throw new UserError(
      "config-malformed",
      `${origin}: expected the configuration of a Llama checkpoint, got ${z.prettifyError(parsed.error).replaceAll(/\s+/g, " ")}`,
      "fetch the file again, or write it with save_pretrained",
    );
  }
  const raw = parsed.data;
  const rope = raw.rope_parameters ?? raw.rope_scaling;
  const ropeType = rope?.rope_type ?? rope?.type ?? "default";
  const architecture =
    raw.architectures?.[0] ?? (raw.model_type === "llama" ? "LlamaForCausalLM" : raw.model_type);
  const needs: readonly (readonly [key: string, expected: string, got: unknown, holds: boolean])[] = [
    ["architectures", ARCHITECTURES.join(" or "), architecture, ARCHITECTURES.includes(architecture ?? "")],
    ["rope_scaling", "the default rotary positions", ropeType, ropeType === "default"],
    ["hidden_act", "silu", raw.hidden_act, raw.hidden_act === "silu"],
    ["attention_bias", "false", raw.attention_bias, !raw.attention_bias],
    ["mlp_bias", "false", raw.mlp_bias, !raw.mlp_bias],
  ];
  for (const [key, expected, got, holds] of needs) {
    if (holds) continue;
    throw new UserError(
      "config-unsupported",
      `${origin}: ${key}: expected ${expected}, got ${JSON.stringify(got)}`,
      "use a checkpoint of a plain Llama architecture",
    );
  }
  const config: LlamaConfig = {
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    keyValueHeads: raw.num_key_value_heads ?? raw.num_attention_heads,
    headSize: raw.head_dim ?? raw.hidden_size / raw.num_attention_heads,
    vocabularySize: raw.vocab_size,
    maxPositions: raw.max_position_embeddings,
    rmsNormEpsilon: raw.rms_norm_eps,
    ropeTheta: rope?.rope_theta ?? raw.rope_theta ?? 10_000,
    tieWordEmbeddings: raw.tie_word_embeddings,
    endTokens: [raw.eos_token_id ?? []].flat(),
    padToken: raw.pad_token_id ?? null,
  };
  const { heads, keyValueHeads, headSize } = config;
  if (heads % keyValueHeads !== 0 || headSize % 2 !== 0 || !Number.isInteger(headSize)) {
    throw new UserError(
      "config-heads",
      `${origin}: expected num_attention_heads to be a multiple of num_key_value_heads and an even head_dim, got ${heads}, ${keyValueHeads} and ${headSize}`,
      "set the three so that every group of query heads shares one key-value head",
    );
  }
  return config;
}

/** The configuration as `config.json` that transformers reads. */
export function toConfigJson(config: LlamaConfig, head: Head): Record<string, unknown> {
  return {
    architectures: [head === "vocabulary" ? "LlamaForCausalLM" : "LlamaForSequenceClassification"],
    model_type: "llama",
    hidden_size: config.hiddenSize,
    intermediate_size: config.intermediateSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    vocab_size: config.vocabularySize,
    max_position_embeddings: config.maxPositions,
    rms_norm_eps: config.rmsNormEpsilon,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tieWordEmbeddings,
    hidden_act: "silu",
    attention_bias: false,
    mlp_bias: false,
    bos_token_id: null,
    eos_token_id: config.endTokens.length === 1 ? config.endTokens[0] : config.endTokens,
    pad_token_id: config.padToken,
    torch_dtype: "float32",
    ...(head === "scalar" ? { num_labels: 1, id2label: { 0: "score" }, label2id: { score: 0 } } : {}),
  };
}

/**
 * The tensors of a checkpoint in Hugging Face layout: name to shape, in the order of the forward pass. Weights are [out,in].
 *
 * @param head "scalar" has `score.weight` [1,C] and no vocabulary head
 */
export function parameterShapes(config: LlamaConfig, head: Head): Readonly<Record<string, Shape>> {
  const { hiddenSize: C, intermediateSize: F, vocabularySize: V, headSize: D } = config;
  const shapes: Record<string, Shape> = { "model.embed_tokens.weight": [V, C] };
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    shapes[`${prefix}.input_layernorm.weight`] = [C];
    shapes[`${prefix}.self_attn.q_proj.weight`] = [config.heads * D, C];
    shapes[`${prefix}.self_attn.k_proj.weight`] = [config.keyValueHeads * D, C];
    shapes[`${prefix}.self_attn.v_proj.weight`] = [config.keyValueHeads * D, C];
    shapes[`${prefix}.self_attn.o_proj.weight`] = [C, config.heads * D];
    shapes[`${prefix}.post_attention_layernorm.weight`] = [C];
    shapes[`${prefix}.mlp.gate_proj.weight`] = [F, C];
    shapes[`${prefix}.mlp.up_proj.weight`] = [F, C];
    shapes[`${prefix}.mlp.down_proj.weight`] = [C, F];
  }
  shapes["model.norm.weight"] = [C];
  if (head === "scalar") shapes["score.weight"] = [1, C];
  else if (!config.tieWordEmbeddings) shapes["lm_head.weight"] = [V, C];
  return shapes;
}
