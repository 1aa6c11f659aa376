// Dropout of what adapters read while they learn: x becomes x * mask, entries 0 with probability p and 1 / (1 - p) otherwise, before
// A; the frozen product sees x whole. Masks are drawn here and fed: a layer that is computed again sees the same ones.
// Departs from PEFT, which draws a mask for every module: adapters that read the same (q, k and v; gate and up) share one.
// Source: Srivastava et al. 2014; peft, tuners/lora/layer.py.
import type { Seed } from "../engine/random.ts";
import { type Shape, sizeOf } from "../engine/shape.ts";
import { float32, type Tensor } from "../engine/tensor.ts";
import type { BatchShape } from "./batch.ts";
import { type DecoderConfig, parameterShapes } from "./config.ts";
import { memoryLayout } from "./fused-weights.ts";
import type { Feeds, Part } from "./loss-runner.ts";

/** How the masks of one batch are drawn. */
export interface Dropout {
  /** p */
  readonly share: number;
  /** Each mask has a stream of its own below this one, by its name. */
  readonly from: Seed;
}

/** Name of the mask of what is read beside a product: of the matrix's name in memory, without ".weight". */
export const maskName = (matrix: string): string => `${matrix}.dropout`;

/** How wide masks are, by name; none without dropout. */
export function maskWidths(config: DecoderConfig): ReadonlyMap<string, number> {
  if (!config.lora?.dropout) return new Map();
  const shapes = parameterShapes(config, "vocabulary");
  const bare = (weight: string): string => weight.replace(/\.weight$/, "");
  const widths = new Map<string, number>();
  for (const [weight, parts] of memoryLayout(config, "vocabulary"))
    for (const part of parts) {
      const A = shapes[`${bare(part)}.lora_A.weight`]; // [rank,in]
      if (A !== undefined) widths.set(maskName(bare(weight)), A[1]!);
    }
  return widths;
}

/** Their shapes for a batch, [N,width], N = B T. */
export function maskShapes(
  widths: ReadonlyMap<string, number>,
  { rows, length }: BatchShape,
): ReadonlyMap<string, Shape> {
  return new Map([...widths].map(([name, width]) => [name, [rows * length, width]]));
}

/** Those of the masks that a part reads, under its graph's names; the same ones whenever they are asked for. */
export function maskFeeds(
  { names }: Part,
  masks: ReadonlyMap<string, Shape>,
  dropout: Dropout | null,
): Feeds {
  if (dropout === null) return {};
  const keep = 1 - dropout.share;
  const drawn = [...names].flatMap(([own, name]): [string, Tensor][] => {
    const shape = masks.get(name);
    if (shape === undefined) return [];
    const numbers = dropout.from
      .child(name)
      .random()
      .bernoulli(sizeOf(shape), keep, 1 / keep);
    return [[own, float32(numbers, shape)]];
  });
  return Object.fromEntries(drawn);
}
