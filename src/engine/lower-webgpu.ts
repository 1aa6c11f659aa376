// Lowerings that differ on WebGPU: it has no FusedMatMul and no LogSoftmax (they would run on the CPU, with a copy each
// way), its norm kernel leaves the second output unfilled, and its ScatterND adds to a row one update at a time, which
// that of the CPU does not. Measured with onnxruntime-node 1.30.

import { attentionBy, matmulBy, tokenLogProbsBy } from "./lower-language.ts";
import type { Call, Lowerings, Product } from "./lowering.ts";
import { int, ints, type OnnxWriter, real, text } from "./onnx.ts";
import { sizeOf } from "./shape.ts";
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

function scatterAddRows({ onnx, names, operands, result }: Call<"scatterAddRows">): string {
  const count = sizeOf(operands[0]!.shape);
  const table = onnx.node("ConstantOfShape", [onnx.integers(result.shape)]);
  const wide = onnx.node("Cast", [names[0]!], { to: int(7) }); // ScatterND takes int64 alone
  const rows = onnx.node("Reshape", [wide, onnx.integers([count, 1])]);
  const updates = onnx.node("Reshape", [names[1]!, onnx.integers([count, result.shape[1]!])]);
  return onnx.node("ScatterND", [table, rows, updates], { reduction: text("add") });
}

/** The rows that replace those of lower.ts. */
export const webgpuLowerings: Partial<Lowerings> = {
  matmul: matmulBy(product),
  scatterAddRows,
  attention: attentionBy(product),
  tokenLogProbs: tokenLogProbsBy(logSoftmax),
  rmsNorm: ({ onnx, names, attributes: { epsilon } }) =>
    onnx.node("SimplifiedLayerNormalization", names, { axis: int(-1), epsilon: real(epsilon) }),
};
