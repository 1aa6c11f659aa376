// Low-rank adapters as PEFT keeps them: adapter_config.json, and the tensors of adapter_model.safetensors under PEFT's names; how
// fresh ones begin, and how they are merged into the matrices they stand beside. Knows no graphs.
// Source: Hu et al. 2021 (arXiv 2106.09685); peft, tuners/lora/config.py and layer.py.
import { z } from "zod";
import type { Seed } from "../engine/random.ts";
import { float32, type Tensor } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";
import {
  type DecoderConfig,
  type Head,
  isTrained,
  LORA_TARGETS,
  type Lora,
  type LoraTarget,
  parameterShapes,
} from "./config.ts";
import type { Parameters } from "./fused-weights.ts";

/** What PEFT puts before the names of its tensors. */
const PREFIX = "base_model.model.";

const AdapterJson = z.looseObject({
  peft_type: z.literal("LORA", { error: "expected LORA" }),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: z.array(z.string()),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false, { error: "expected false" }).default(false),
  fan_in_fan_out: z.literal(false, { error: "expected false" }).default(false),
  bias: z.literal("none", { error: 'expected "none"' }).default("none"),
  rank_pattern: z.record(z.string(), z.never(), { error: "expected no ranks of single layers" }).default({}),
  alpha_pattern: z
    .record(z.string(), z.never(), { error: "expected no alphas of single layers" })
    .default({}),
  layers_to_transform: z.null({ error: "expected adapters in every layer" }).optional(),
  target_parameters: z.null({ error: "expected none" }).optional(),
});

/**
 * Reads a parsed `adapter_config.json`.
 *
 * @param origin what the document is, for messages (a path)
 * @throws UserError when it is malformed, or asks for what these adapters do not compute
 */
export function parseAdapterConfig(json: unknown, origin = "adapter_config.json"): Lora {
  const parsed = AdapterJson.safeParse(json);
  if (!parsed.success)
    throw new UserError(
      "adapter-config",
      `${origin}: expected the configuration of LoRA adapters, got ${z.prettifyError(parsed.error).replaceAll(/\s+/g, " ")}`,
      "Use a plain LoRA adapter, or merge it into its base with PEFT.",
    );
  const { r: rank, lora_alpha, lora_dropout: dropout, target_modules, use_rslora } = parsed.data;
  const foreign = target_modules.find((name) => !LORA_TARGETS.includes(name as LoraTarget));
  if (foreign !== undefined)
    throw new UserError(
      "adapter-target",
      `${origin}: target_modules: expected some of ${LORA_TARGETS.join(", ")}, got ${JSON.stringify(foreign)}`,
      "Merge the adapter into its base with PEFT.",
    );
  // Rank-stabilised: alpha / sqrt(rank) in place of alpha / rank (Kalajdzievski 2023).
  const alpha = use_rslora ? lora_alpha * Math.sqrt(rank) : lora_alpha;
  return { rank, alpha, targets: target_modules as LoraTarget[], ...(dropout && { dropout }) };
}

/** `adapter_config.json` as PEFT reads it. */
export function toAdapterJson(
  { rank, alpha, targets, dropout = 0 }: Lora,
  base: string,
  head: Head,
): Record<string, unknown> {
  return {
    peft_type: "LORA",
    task_type: head === "scalar" ? "SEQ_CLS" : "CAUSAL_LM",
    base_model_name_or_path: base,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: dropout,
    target_modules: targets,
    modules_to_save: head === "scalar" ? ["score"] : null,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
  };
}

/** What is trained of a model with adapters, in Hugging Face layout, under PEFT's names. */
export function toPeftTensors(parameters: Parameters, config: DecoderConfig): Map<string, Tensor<"float32">> {
  return new Map(
    [...parameters]
      .filter(([name]) => isTrained(config, name))
      .map(([name, tensor]) => [PREFIX + name, tensor]),
  );
}

/** The same tensors under our names. */
export const fromPeftTensors = (tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
  new Map([...tensors].map(([name, tensor]) => [name.replace(PREFIX, ""), tensor]));

/** Fresh adapters, which change nothing yet: A uniform within 1 / sqrt(in), as in PEFT, and B zero. */
export function initializeAdapters(config: DecoderConfig, seed: Seed): Parameters {
  const adapters = new Map<string, Tensor<"float32">>();
  for (const [name, shape] of Object.entries(parameterShapes(config, "vocabulary"))) {
    if (!name.includes(".lora_")) continue;
    const [rows, columns] = shape as [number, number];
    const random = seed.child(name).random();
    const bound = name.endsWith(".lora_A.weight") ? 1 / Math.sqrt(columns) : 0;
    adapters.set(
      name,
      float32(
        Float32Array.from({ length: rows * columns }, () => bound * (2 * random.float() - 1)),
        shape,
      ),
    );
  }
  return adapters;
}

/** The matrices with their adapters added, W + (alpha / rank) B A, and no adapters; everything else as it is. */
export function merged(parameters: Parameters, { lora }: Pick<DecoderConfig, "lora">): Parameters {
  const whole = new Map<string, Tensor<"float32">>();
  for (const [name, tensor] of parameters) {
    if (name.includes(".lora_")) continue;
    const matrix = name.replace(/\.weight$/, "");
    const [A, B] = ["A", "B"].map((which) => parameters.get(`${matrix}.lora_${which}.weight`));
    whole.set(name, A && B && lora ? plusProduct(tensor, B, A, lora.alpha / lora.rank) : tensor);
  }
  return whole;
}

/** W + scale B A: [out,in], [out,r] and [r,in]. */
function plusProduct(
  W: Tensor<"float32">,
  B: Tensor<"float32">,
  A: Tensor<"float32">,
  scale: number,
): Tensor<"float32"> {
  const [rows, columns] = W.shape as [number, number];
  const rank = A.shape[0]!;
  const sum = Float64Array.from(W.data);
  for (let i = 0; i < rows; i++)
    for (let r = 0; r < rank; r++) {
      const b = scale * B.data[i * rank + r]!;
      for (let j = 0; j < columns; j++) sum[i * columns + j]! += b * A.data[r * columns + j]!;
    }
  return float32(Float32Array.from(sum), W.shape);
}
