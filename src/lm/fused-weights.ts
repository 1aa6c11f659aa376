// How weights lie in memory: of the Hugging Face tensors, those that multiply the same activations are one matrix, so that a
// layer takes one product for queries, keys and values and one for gate and up. Rows are never computed with: fusing and
// splitting are exact inverses, bit for bit.
import { type Shape, sizeOf } from "../engine/shape.ts";
import { float32, type Tensor, zeros } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";
import { type DecoderConfig, type Head, parameterShapes } from "./config.ts";

/** Named float32 tensors, in Hugging Face layout or in memory layout; the functions say which. */
export type Parameters = ReadonlyMap<string, Tensor<"float32">>;

/** Memory name to the Hugging Face names whose rows it holds, in order; within a layer. */
export const FUSED: Readonly<Record<string, readonly string[]>> = {
  "self_attn.qkv_proj.weight": [
    "self_attn.q_proj.weight",
    "self_attn.k_proj.weight",
    "self_attn.v_proj.weight",
  ],
  "self_attn.qkv_proj.bias": ["self_attn.q_proj.bias", "self_attn.k_proj.bias", "self_attn.v_proj.bias"],
  "mlp.gate_up_proj.weight": ["mlp.gate_proj.weight", "mlp.up_proj.weight"],
};

/**
 * For each tensor in memory, the Hugging Face tensors stacked in it: `model.layers.0.self_attn.qkv_proj.weight`
 * [(H+2KV)D,C] holds q, k and v; `model.layers.0.mlp.gate_up_proj.weight` [2F,C] gate and up; the others themselves.
 */
export function memoryLayout(config: DecoderConfig, head: Head): ReadonlyMap<string, readonly string[]> {
  const layout = new Map<string, readonly string[]>();
  for (const name of Object.keys(parameterShapes(config, head))) {
    const [, layer, local] = name.match(/^(model\.layers\.\d+\.)(.*)$/) ?? [null, "", name];
    const fused = Object.keys(FUSED).find((key) => FUSED[key]!.includes(local!));
    if (fused === undefined) layout.set(name, [name]);
    else
      layout.set(
        `${layer}${fused}`,
        FUSED[fused]!.map((part) => `${layer}${part}`),
      );
  }
  return layout;
}

/** Shapes of the tensors in memory, by memory name, in the order of the forward pass. */
export function memoryShapes(config: DecoderConfig, head: Head): ReadonlyMap<string, Shape> {
  const shapes = parameterShapes(config, head);
  const fused = new Map<string, Shape>();
  for (const [name, parts] of memoryLayout(config, head)) {
    const [, ...columns] = shapes[parts[0]!]!;
    fused.set(name, [parts.reduce((rows, part) => rows + shapes[part]![0]!, 0), ...columns]);
  }
  return fused;
}

/**
 * From Hugging Face tensors to the layout in memory. Tensors the model has no use for are dropped; one that stands alone is
 * the same as before, not a copy.
 *
 * @param parameters float32 tensors by Hugging Face name; a scalar head that is absent starts at zero
 * @param isWanted which of the tensors in memory, by name; all by default
 * @throws UserError when a tensor is missing or has another shape than the configuration implies
 */
export function fuse(
  parameters: ReadonlyMap<string, Tensor>,
  config: DecoderConfig,
  head: Head,
  isWanted: (name: string) => boolean = () => true,
): Parameters {
  const shapes = parameterShapes(config, head);
  const fused = new Map<string, Tensor<"float32">>();
  const layout = memoryLayout(config, head);
  for (const [name, shape] of memoryShapes(config, head)) {
    if (!isWanted(name)) continue;
    const parts = layout.get(name)!;
    if (parts.length === 1) {
      fused.set(name, find(parameters, parts[0]!, shape));
      continue;
    }
    const data = new Float32Array(sizeOf(shape));
    let start = 0;
    for (const part of parts) {
      const rows = find(parameters, part, shapes[part]!).data;
      data.set(rows, start);
      start += rows.length;
    }
    fused.set(name, float32(data, shape));
  }
  return fused;
}

/** From the layout in memory back to Hugging Face tensors, as many as there are: the inverse of `fuse`. The data is not copied. */
export function split(parameters: Parameters, config: DecoderConfig, head: Head): Parameters {
  const shapes = parameterShapes(config, head);
  const unfused = new Map<string, Tensor<"float32">>();
  for (const [name, parts] of memoryLayout(config, head)) {
    const data = parameters.get(name)?.data;
    if (data === undefined) continue;
    let start = 0;
    for (const part of parts) {
      const shape = shapes[part]!;
      const size = sizeOf(shape);
      unfused.set(part, float32(data.subarray(start, start + size), shape));
      start += size;
    }
  }
  return unfused;
}

/** Zeros of these shapes. */
export const zerosOf = (shapes: ReadonlyMap<string, Shape>): Parameters =>
  new Map([...shapes].map(([name, shape]) => [name, zeros(shape)]));

function find(
  parameters: ReadonlyMap<string, Tensor>,
  name: string,
  shape: readonly number[],
): Tensor<"float32"> {
  const tensor = parameters.get(name);
  if (tensor === undefined && name === "score.weight") return float32(new Float32Array(shape[1]!), shape);
  if (tensor?.dtype === "float32" && String(tensor.shape) === String(shape))
    return tensor as Tensor<"float32">;
  throw new UserError(
    "checkpoint-tensor",
    `${name}: expected float32 [${shape}], got ${tensor ? `${tensor.dtype} [${tensor.shape}]` : "no such tensor"}`,
    "check that config.json and the weights belong to the same checkpoint",
  );
}
