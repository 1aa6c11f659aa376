// Random weights to start pretraining from. Each tensor has its own named stream, so that a weight depends on the seed, its
// tensor's name and its place alone. Source: GPT-2 (normal, 0.02; residual projections scaled by 1/sqrt(2L)).
import type { Random, Seed } from "../engine/random.ts";
import { sizeOf } from "../engine/shape.ts";
import { float32, type Tensor } from "../engine/tensor.ts";
import { type DecoderConfig, type Head, parameterShapes } from "./config.ts";
import type { Parameters } from "./fused-weights.ts";

const STANDARD_DEVIATION = 0.02;

/**
 * Initial weights in Hugging Face layout: gains 1, biases and the scalar head 0, matrices normal with standard deviation 0.02, the two
 * projections into the residual stream of each layer divided by sqrt(2L).
 *
 * @example const parameters = initialize(config, "vocabulary", seed("pretrain"));
 */
export function initialize(config: DecoderConfig, head: Head, seed: Seed): Parameters {
  const parameters = new Map<string, Tensor<"float32">>();
  for (const [name, shape] of Object.entries(parameterShapes(config, head))) {
    const data = new Float32Array(sizeOf(shape));
    if (shape.length === 1) data.fill(name.endsWith(".bias") ? 0 : 1);
    else if (name !== "score.weight") {
      const isResidual = /\.(o_proj|down_proj)\.weight$/.test(name);
      const deviation = STANDARD_DEVIATION / (isResidual ? Math.sqrt(2 * config.layers) : 1);
      fillNormal(data, deviation, seed.child(name).random());
    }
    parameters.set(name, float32(data, shape));
  }
  return parameters;
}

/** Box-Muller: two uniform numbers give two normal ones. */
function fillNormal(data: Float32Array, deviation: number, random: Random): void {
  for (let i = 0; i < data.length; i += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(1 - random.float()));
    const angle = 2 * Math.PI * random.float();
    data[i] = radius * Math.cos(angle);
    if (i + 1 < data.length) data[i + 1] = radius * Math.sin(angle);
  }
}
