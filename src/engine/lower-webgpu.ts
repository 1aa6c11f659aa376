// Lowerings that differ on WebGPU: it has no FusedMatMul and no LogSoftmax (they would run on the CPU, with a copy each
// way), and its norm kernel leaves the second output unfilled. Measured with onnxruntime-node 1.30.

import { attentionBy, tokenLogProbsBy } from "./lower-language.ts";
import type { Lowerings, Product } from "./lowering.ts";
import { int, ints, type OnnxWriter, real } from "./onnx.ts";
import { scalar } from "./tensor.ts";

/** Gemm for matrices; for more axes MatMul, with transposition and scale as nodes of their own. */
const product: Product = (onnx, operands, { transposeA, transposeB, scale }) => {
  if (operands.every(({ rank }) => rank === 2)) {
    const flags = { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0), alpha: real(scale) };
    return onnx.node(
      "Gemm",
      operands.map(({ name }) => name),
      flags,
    );
  }
  const names = operands.map(({ name, rank }, i) => {
    if (!(i === 0 ? transposeA : transposeB)) return name;
    const axes = [...Array(rank).keys()];
    return onnx.node("Transpose", [name], { perm: ints([...axes.slice(0, -2), rank - 1, rank - 2]) });
  });
  const unscaled = onnx.node("MatMul", names);
  return scale === 1 ? unscaled : onnx.node("Mul", [unscaled, onnx.tensor(scalar(scale))]);
};

/** a - m - log(sum(e^(a - m))) with m = max(a), over the last axis. */
function logSoftmax(onnx: OnnxWriter, a: string): string {
  const lastAxis = onnx.integers([-1]);
  const shifted = onnx.node("Sub", [a, onnx.node("ReduceMax", [a, lastAxis], { keepdims: int(1) })]);
  const total = onnx.node("ReduceSum", [onnx.node("Exp", [shifted]), lastAxis], { keepdims: int(1) });
  return onnx.node("Sub", [shifted, onnx.node("Log", [total])]);
}

/** The rows that replace those of lower.ts. */
export const webgpuLowerings: Partial<Lowerings> = {
  matmul: ({ onnx, names, operands, attributes }) =>
    product(
      onnx,
      operands.map(({ shape }, i) => ({ name: names[i]!, rank: shape.length })),
      attributes,
    ),
  attention: attentionBy(product),
  logSoftmax: ({ onnx, names }) => logSoftmax(onnx, names[0]!),
  tokenLogProbs: tokenLogProbsBy(logSoftmax),
  rmsNorm: ({ onnx, names, attributes: { epsilon } }) =>
    onnx.node("SimplifiedLayerNormalization", names, { axis: int(-1), epsilon: real(epsilon) }),
};
