// The configuration of a decoder of the Llama kind, and the tensors it implies. Families differ by a few switches: one row of a
// table each. Knows no weights and no files.
// Source: transformers, modeling_*.py of the families.
import type { Shape } from "../engine/shape.ts";

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

/** Every family that this decoder computes. */
export const FAMILIES = {
  llama: { className: "Llama", qkvBias: false, queryKeyNorm: false },
  mistral: { className: "Mistral", qkvBias: false, queryKeyNorm: false },
  qwen2: { className: "Qwen2", qkvBias: true, queryKeyNorm: false },
  qwen3: { className: "Qwen3", qkvBias: false, queryKeyNorm: true },
  smollm3: { className: "SmolLM3", qkvBias: false, queryKeyNorm: false },
} as const satisfies Readonly<Record<string, Family>>;

export type FamilyName = keyof typeof FAMILIES;

/** The table of the tokens' vectors [V,C]; the vocabulary head's as well where the two are tied. */
export const EMBEDDING = "model.embed_tokens.weight";

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

/** The matrices of a layer that adapters may stand beside, by the block they are in. */
const LORA_BLOCKS = {
  q_proj: "self_attn",
  k_proj: "self_attn",
  v_proj: "self_attn",
  o_proj: "self_attn",
  gate_proj: "mlp",
  up_proj: "mlp",
  down_proj: "mlp",
} as const;
export type LoraTarget = keyof typeof LORA_BLOCKS;
export const LORA_TARGETS = Object.keys(LORA_BLOCKS) as readonly LoraTarget[];

/** Low-rank adapters beside frozen matrices (Hu et al. 2021, arXiv 2106.09685): x W' becomes x W' + (alpha / rank) (x A') B'. */
export interface Lora {
  readonly rank: number;
  readonly alpha: number;
  readonly targets: readonly LoraTarget[];
  /** Share of what adapters read that is dropped while they learn (`dropout.ts`), below 1; absent for none. */
  readonly dropout?: number;
}

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
  /** What alone is trained, beside a scalar head; null where everything is. */
  readonly lora: Lora | null;
}

/** A Llama without any departure, to be completed by its sizes. */
export const PLAIN_LLAMA = {
  family: "llama",
  ropeScaling: { kind: "default" },
  unrotatedLayers: [],
  lora: null,
} as const satisfies Partial<DecoderConfig>;

/** The switches of the configuration's family. */
export const familyOf = ({ family }: Pick<DecoderConfig, "family">): Family => FAMILIES[family];

/**
 * The tensors of a checkpoint in Hugging Face layout: name to shape, in the order of the forward pass. Weights are [out,in].
 *
 * @param head "scalar" has `score.weight` [1,C] and no vocabulary head
 * @returns adapters are `<matrix>.lora_A.weight` [rank,in] and `<matrix>.lora_B.weight` [out,rank]
 */
export function parameterShapes(config: DecoderConfig, head: Head): Readonly<Record<string, Shape>> {
  const { hiddenSize: C, intermediateSize: F, vocabularySize: V, headSize: D } = config;
  const { qkvBias, queryKeyNorm } = familyOf(config);
  const shapes: Record<string, Shape> = { [EMBEDDING]: [V, C] };
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
    for (const target of config.lora?.targets ?? []) {
      const matrix = `${prefix}.${LORA_BLOCKS[target]}.${target}`;
      const [rows, columns] = shapes[`${matrix}.weight`] as [number, number];
      shapes[`${matrix}.lora_A.weight`] = [config.lora!.rank, columns];
      shapes[`${matrix}.lora_B.weight`] = [rows, config.lora!.rank];
    }
  }
  shapes["model.norm.weight"] = [C];
  if (head === "scalar") shapes["score.weight"] = [1, C];
  else if (!config.tieWordEmbeddings) shapes["lm_head.weight"] = [V, C];
  return shapes;
}

/** Whether a tensor is trained, by its name in either layout: all of them, or adapters and a scalar head alone. */
export const isTrained = ({ lora }: Pick<DecoderConfig, "lora">, name: string): boolean =>
  lora === null || name.includes(".lora_") || name === "score.weight";
