// The configuration of a decoder of the Llama kind, from and to Hugging Face `config.json`, and the tensors it implies. Families
// differ by a few switches: one row of a table each. What we cannot compute exactly is refused by name rather than
// approximated. Knows no weights and no files.
// Source: transformers, configuration_*.py and modeling_*.py of the families.
import { z } from "zod";
import type { Shape } from "../engine/shape.ts";
import { UserError } from "../user-error.ts";

/** Head of the model: log-probabilities of the next token, or one number. */
export type Head = "vocabulary" | "scalar";

/** A family of models, by `model_type`: its classes in transformers, and the switches that set it apart. */
interface Family {
  /** Of transformers' classes: LlamaForCausalLM, LlamaForSequenceClassification. */
  readonly className: string;
  /** Queries, keys and values have a bias. */
  readonly qkvBias: boolean;
  /** Queries and keys are normalised, head by head, before they are turned. */
  readonly queryKeyNorm: boolean;
}

const FAMILIES = {
  llama: { className: "Llama", qkvBias: false, queryKeyNorm: false },
  mistral: { className: "Mistral", qkvBias: false, queryKeyNorm: false },
  qwen2: { className: "Qwen2", qkvBias: true, queryKeyNorm: false },
  qwen3: { className: "Qwen3", qkvBias: false, queryKeyNorm: true },
  smollm3: { className: "SmolLM3", qkvBias: false, queryKeyNorm: false },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof FAMILIES;

/** How rotary frequencies depart from theta^(-2i/D). */
export type RopeScaling =
  | { readonly kind: "default" }
  /** Every position counts 1 / factor (kaiokendev 2023). */
  | { readonly kind: "linear"; readonly factor: number }
  /** Long waves are stretched by the factor, short ones not, and those between in part (Llama 3.1). */
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalPositions: number;
    };

export interface DecoderConfig {
  readonly family: FamilyName;
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
  /** As many as one sequence may have: no more than the attention's window, where there is one. */
  readonly maxPositions: number;
  readonly rmsNormEpsilon: number;
  /** Base of the rotary frequencies. */
  readonly ropeTheta: number;
  readonly ropeScaling: RopeScaling;
  /** Layers whose queries and keys are not turned by their positions. */
  readonly unrotatedLayers: readonly number[];
  /** The vocabulary head is the transposed embedding. */
  readonly tieWordEmbeddings: boolean;
  /** Tokens that end a text. */
  readonly endTokens: readonly number[];
  readonly padToken: number | null;
}

/** A Llama without any departure, to be completed by its sizes. */
export const PLAIN_LLAMA = {
  family: "llama",
  ropeScaling: { kind: "default" },
  unrotatedLayers: [],
} as const satisfies Partial<DecoderConfig>;

/** The switches of the configuration's family. */
export const familyOf = ({ family }: Pick<DecoderConfig, "family">): Family => FAMILIES[family];

const HEADS = { vocabulary: "ForCausalLM", scalar: "ForSequenceClassification" } as const;

const positive = z.int().positive();
const Rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: positive.optional(),
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
  sliding_window: positive.nullish(),
  use_sliding_window: z.boolean().optional(),
  no_rope_layers: z.array(z.union([z.literal(0), z.literal(1)])).nullish(),
  no_rope_layer_interval: positive.nullish(),
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
export function parseConfig(json: unknown, origin = "config.json"): DecoderConfig {
  const parsed = ConfigJson.safeParse(json);
  if (!parsed.success) {
    throw new UserError(
      "config-malformed",
      `${origin}: expected the configuration of a decoder, got ${z.prettifyError(parsed.error).replaceAll(/\s+/g, " ")}`,
      "fetch the file again, or write it with save_pretrained",
    );
  }
  const raw = parsed.data;
  const rope = raw.rope_parameters ?? raw.rope_scaling ?? {};
  const ropeType = rope.rope_type ?? rope.type ?? "default";
  const ropeScaling = ropeScalingOf(ropeType, rope);
  const family = familyNamed(raw);
  const needs: readonly (readonly [key: string, expected: string, got: unknown, holds: boolean])[] = [
    ["architectures", SUPPORTED, raw.architectures?.[0] ?? raw.model_type, family !== undefined],
    ["rope_scaling", "default, linear or llama3 with their factors", rope, ropeScaling !== undefined],
    ["hidden_act", "silu", raw.hidden_act, raw.hidden_act === "silu"],
    ["attention_bias", "false", raw.attention_bias, !raw.attention_bias || family === "qwen2"],
    ["mlp_bias", "false", raw.mlp_bias, !raw.mlp_bias],
  ];
  for (const [key, expected, got, holds] of needs) {
    if (holds) continue;
    throw new UserError(
      "config-unsupported",
      `${origin}: ${key}: expected ${expected}, got ${JSON.stringify(got)}`,
      "use a checkpoint of one of these families",
    );
  }
  const config: DecoderConfig = {
    family: family!,
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    keyValueHeads: raw.num_key_value_heads ?? raw.num_attention_heads,
    headSize: raw.head_dim ?? raw.hidden_size / raw.num_attention_heads,
    vocabularySize: raw.vocab_size,
    // Within its window attention sees everything, so sequences of that length are computed exactly.
    maxPositions: Math.min(raw.max_position_embeddings, windowOf(family!, raw)),
    rmsNormEpsilon: raw.rms_norm_eps,
    ropeTheta: rope.rope_theta ?? raw.rope_theta ?? 10_000,
    ropeScaling: ropeScaling!,
    unrotatedLayers: family === "smollm3" ? unrotatedOf(raw) : [],
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

type Raw = z.output<typeof ConfigJson>;

const SUPPORTED = Object.values(FAMILIES)
  .map(({ className }) => `${className}${HEADS.vocabulary}`)
  .join(", ");

/** The family that `architectures` names, or, where it is absent, `model_type`. */
function familyNamed({ architectures, model_type }: Raw): FamilyName | undefined {
  const names = Object.keys(FAMILIES) as FamilyName[];
  const architecture = architectures?.[0];
  if (architecture === undefined) return names.find((name) => name === model_type);
  return names.find((name) =>
    Object.values(HEADS).some((head) => architecture === `${FAMILIES[name].className}${head}`),
  );
}

function ropeScalingOf(type: string, rope: z.output<typeof Rope>): RopeScaling | undefined {
  const { factor, low_freq_factor: low, high_freq_factor: high } = rope;
  const original = rope.original_max_position_embeddings;
  if (type === "default") return { kind: "default" };
  if (factor === undefined) return undefined;
  if (type === "linear") return { kind: "linear", factor };
  if (type !== "llama3" || low === undefined || high === undefined || original === undefined)
    return undefined;
  return {
    kind: "llama3",
    factor,
    lowFrequencyFactor: low,
    highFrequencyFactor: high,
    originalPositions: original,
  };
}

/** Tokens that attention looks back on; Qwen's window is off unless a key turns it on. */
function windowOf(family: FamilyName, { sliding_window: window, use_sliding_window: isUsed }: Raw): number {
  const isOn = family === "mistral" || isUsed === true;
  return isOn ? (window ?? Number.POSITIVE_INFINITY) : Number.POSITIVE_INFINITY;
}

/** SmolLM3 leaves every fourth layer unrotated, unless its 0s and 1s say otherwise. */
function unrotatedOf({ no_rope_layers: rotated, no_rope_layer_interval: every, num_hidden_layers: L }: Raw) {
  const layers = Array.from({ length: L }, (_, layer) => layer);
  return layers.filter((layer) =>
    rotated == null ? (layer + 1) % (every ?? 4) === 0 : rotated[layer] === 0,
  );
}

/** A plain Llama's configuration as `config.json` that transformers reads. */
export function toConfigJson(config: DecoderConfig, head: Head): Record<string, unknown> {
  return {
    model_type: config.family,
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
    ...headJson(config, head),
  };
}

const architectureOf = (config: DecoderConfig, head: Head): string =>
  `${familyOf(config).className}${HEADS[head]}`;

/** The keys of `config.json` that say which head the checkpoint has; all else may stay as its maker wrote it. */
export function headJson(config: DecoderConfig, head: Head): Record<string, unknown> {
  const architectures = [architectureOf(config, head)];
  const labels = { num_labels: 1, id2label: { 0: "score" }, label2id: { score: 0 } };
  return { architectures, ...(head === "scalar" ? labels : {}) };
}

/**
 * The tensors of a checkpoint in Hugging Face layout: name to shape, in the order of the forward pass. Weights are [out,in].
 *
 * @param head "scalar" has `score.weight` [1,C] and no vocabulary head
 */
export function parameterShapes(config: DecoderConfig, head: Head): Readonly<Record<string, Shape>> {
  const { hiddenSize: C, intermediateSize: F, vocabularySize: V, headSize: D } = config;
  const { qkvBias, queryKeyNorm } = familyOf(config);
  const shapes: Record<string, Shape> = { "model.embed_tokens.weight": [V, C] };
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    shapes[`${prefix}.input_layernorm.weight`] = [C];
    shapes[`${prefix}.self_attn.q_proj.weight`] = [config.heads * D, C];
    shapes[`${prefix}.self_attn.k_proj.weight`] = [config.keyValueHeads * D, C];
    shapes[`${prefix}.self_attn.v_proj.weight`] = [config.keyValueHeads * D, C];
    if (qkvBias) {
      shapes[`${prefix}.self_attn.q_proj.bias`] = [config.heads * D];
      shapes[`${prefix}.self_attn.k_proj.bias`] = [config.keyValueHeads * D];
      shapes[`${prefix}.self_attn.v_proj.bias`] = [config.keyValueHeads * D];
    }
    if (queryKeyNorm) {
      shapes[`${prefix}.self_attn.q_norm.weight`] = [D];
      shapes[`${prefix}.self_attn.k_norm.weight`] = [D];
    }
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
