// Lowerings of the pieces of a language model: norm, rotary positions, products and attention, log-probabilities of tokens.

import type { Call, Lowering, Product } from "./lowering.ts";
import { int, type OnnxWriter, real } from "./onnx.ts";
import { sizeOf } from "./shape.ts";
import { filled, scalar } from "./tensor.ts";

/** One kernel for the norm; its second output is the inverse root mean square, which the gradient needs. */
export function lowerRmsNorm({ onnx, names, attributes: { epsilon }, shared }: Call<"rmsNorm">): string {
  const attributes = { axis: int(-1), epsilon: real(epsilon), stash_type: int(1) };
  const [normalized, inverse] = onnx.nodes("SimplifiedLayerNormalization", names, attributes, 2);
  shared.set(`${names[0]} ${epsilon}`, inverse!);
  return normalized!;
}

/** 1 / sqrt(mean(x^2) + epsilon) over the last axis, kept as size 1. */
export function lowerInverseRms({
  onnx,
  names,
  attributes: { epsilon },
  shared,
}: Call<"inverseRms">): string {
  const x = names[0]!;
  const known = shared.get(`${x} ${epsilon}`);
  if (known !== undefined) return known;
  const meanSquare = onnx.node("ReduceMean", [onnx.node("Mul", [x, x]), onnx.integers([-1])], {
    keepdims: int(1),
  });
  const shifted = onnx.node("Add", [meanSquare, onnx.tensor(scalar(epsilon))]);
  return onnx.node("Reciprocal", [onnx.node("Sqrt", [shifted])]);
}

/**
 * One kernel where x is [B,H,T,D] and the heads share their tables ([T,D] or [B or 1,1,T,D]). It looks rows of half
 * tables up by position; the tables' own rows are in order already, so positions count up.
 */
export function lowerRotary(call: Call<"rotary">): string {
  const { onnx, names, operands } = call;
  const { shape } = operands[0]!;
  const table = operands[1]!.shape;
  const [B, , T, D] = shape as readonly [number, number, number, number];
  const sharesTables = table.length === 2 || (table.length === 4 && table[1] === 1);
  if (shape.length !== 4 || !sharesTables) return lowerRotaryPlainly(call);
  const rows = sizeOf(table) / D; // T or BT
  const halfTable = (name: string) => {
    const half = onnx.node("Slice", [name, ...[0, D / 2, -1].map((number) => onnx.integers([number]))]);
    return onnx.node("Reshape", [half, onnx.integers([rows, D / 2])]);
  };
  const counted = onnx.integers(Array.from({ length: B * T }, (_, i) => i % rows));
  const positions = onnx.node("Reshape", [counted, onnx.integers([B, T])]);
  return onnx.node("com.microsoft.RotaryEmbedding", [
    names[0]!,
    positions,
    halfTable(names[1]!),
    halfTable(names[2]!),
  ]);
}

/** x·cos + rotateHalf(x)·sin, where rotateHalf(x) = (-x2, x1) = (x2, x1) times (-1, 1). */
function lowerRotaryPlainly({ onnx, names, operands }: Call<"rotary">): string {
  const [x, cos, sin] = names as readonly [string, string, string];
  const size = operands[0]!.shape.at(-1)!; // D
  const part = (start: number, end: number) =>
    onnx.node("Slice", [x, onnx.integers([start]), onnx.integers([end]), onnx.integers([-1])]);
  const swapped = onnx.node("Concat", [part(size / 2, size), part(0, size / 2)], { axis: int(-1) });
  const signs = filled([size], 1);
  signs.data.fill(-1, 0, size / 2);
  const signedSin = onnx.node("Mul", [sin, onnx.tensor(signs)]);
  return onnx.node("Add", [onnx.node("Mul", [x, cos]), onnx.node("Mul", [swapped, signedSin])]);
}

/** A matrix product, with a device's. */
export const matmulBy =
  (product: Product): Lowering<"matmul"> =>
  ({ onnx, names, operands, attributes }) =>
    product(
      onnx,
      operands.map(({ shape }, i) => ({ name: names[i]!, rank: shape.length })),
      attributes,
    );

/**
 * softmax(scale q k' + mask) v with a device's product. The same nodes as the gradient rule's recomputation, so that the
 * writer finds them equal and the scores are computed once.
 */
export const attentionBy =
  (product: Product): Lowering<"attention"> =>
  ({ onnx, names, operands, attributes: { scale } }) => {
    const [q, k, v, mask] = names as readonly [string, string, string, string];
    const [B, H, T, D] = operands[0]!.shape as readonly [number, number, number, number];
    const [, KV, S] = operands[1]!.shape as readonly [number, number, number, number];
    const shaped = (name: string, shape: readonly number[]) =>
      H === KV ? name : onnx.node("Reshape", [name, onnx.integers(shape)]);
    const times = (a: string, b: string, transposeB: boolean, factor: number) =>
      product(
        onnx,
        [
          { name: a, rank: 4 },
          { name: b, rank: 4 },
        ],
        { transposeA: false, transposeB, scale: factor },
      );
    const rows = shaped(q, [B, KV, (H / KV) * T, D]);
    const scores = shaped(times(rows, k, true, scale), [B, H, T, S]);
    const weights = onnx.node("Softmax", [onnx.node("Add", [scores, mask])], { axis: int(-1) });
    const mixed = times(shaped(weights, [B, KV, (H / KV) * T, S]), v, false, 1); // [B,KV,GT,D]
    return shaped(mixed, [B, H, T, D]);
  };

/** The log-softmax at each row's target, with a device's log-softmax. */
export const tokenLogProbsBy =
  (logSoftmax: (onnx: OnnxWriter, logits: string) => string): Lowering<"tokenLogProbs"> =>
  ({ onnx, names, result }) =>
    pickTokens(onnx, logSoftmax(onnx, names[0]!), names[1]!, result.shape[0]!);

/** numbers [N,V], indices [N] -> [N] */
export function pickTokens(onnx: OnnxWriter, numbers: string, targets: string, count: number): string {
  const column = onnx.node("Reshape", [targets, onnx.integers([count, 1])]);
  const picked = onnx.node("GatherElements", [numbers, column], { axis: int(1) });
  return onnx.node("Reshape", [picked, onnx.integers([count])]);
}
