// A decoder's configuration from and to Hugging Face `config.json`. What we cannot compute exactly is refused by name rather
// than approximated.
// Source: transformers, configuration_*.py of the families.
import { z } from "zod";
import { UserError } from "../user-error.ts";
import {
  type DecoderConfig,
  FAMILIES,
  type FamilyName,
  familyOf,
  type Head,
  type RopeScaling,
} from "./config.ts";

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
  tie_word_embeddings: z.boolean().nullish(),
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
    ropeTheta: rope.rope_theta ?? raw.rope_theta ?? (family === "smollm3" ? 2_000_000 : 10_000),
    ropeScaling: ropeScaling!,
    unrotatedLayers: family === "smollm3" ? unrotatedOf(raw) : [],
    tieWordEmbeddings: raw.tie_word_embeddings ?? family === "smollm3", // as its configuration in transformers has it
    endTokens: [raw.eos_token_id ?? []].flat(),
    padToken: raw.pad_token_id ?? null,
    lora: null,
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

/** A configuration without rotary scaling as `config.json` that transformers reads. */
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
