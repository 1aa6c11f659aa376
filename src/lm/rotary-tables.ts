// Rotary positions as numbers: the cosines and sines by which queries and keys are turned. Knows no graphs.
// Source: Su et al. 2021 (arXiv 2104.09864); transformers, modeling_rope_utils.py.
import { float32, type Tensor } from "../engine/tensor.ts";
import type { DecoderConfig, RopeScaling } from "./config.ts";

/** Cosines and sines of the rotary angles from a position on, [positions,D] each: angle(p, i) = p f(i), the halves of D alike. */
export function rotaryTables(
  config: DecoderConfig,
  positions: number,
  from = 0,
): { readonly cos: Tensor<"float32">; readonly sin: Tensor<"float32"> } {
  const { headSize: D } = config;
  const frequencies = rotaryFrequencies(config);
  const cos = new Float32Array(positions * D);
  const sin = new Float32Array(positions * D);
  for (let p = 0; p < positions; p++) {
    for (let i = 0; i < D; i++) {
      const angle = Math.fround((from + p) * frequencies[i % (D / 2)]!);
      cos[p * D + i] = Math.cos(angle);
      sin[p * D + i] = Math.sin(angle);
    }
  }
  return { cos: float32(cos, [positions, D]), sin: float32(sin, [positions, D]) };
}

/** [D/2] f(i) = theta^(-2i/D), scaled as the configuration says; radians a position. */
function rotaryFrequencies({ headSize: D, ropeTheta, ropeScaling }: DecoderConfig): Float32Array {
  return Float32Array.from({ length: D / 2 }, (_, i) => {
    const frequency = Math.fround(ropeTheta ** ((-2 * i) / D));
    return ropeScaling.kind === "default" ? frequency : scaledFrequency(frequency, ropeScaling);
  });
}

function scaledFrequency(frequency: number, scaling: Exclude<RopeScaling, { kind: "default" }>): number {
  const stretched = frequency / scaling.factor;
  if (scaling.kind === "linear") return stretched;
  const { lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling;
  const turns = (originalPositions * frequency) / (2 * Math.PI); // of the wave, over the positions it was trained on
  const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
  return kept * frequency + (1 - kept) * stretched;
}
