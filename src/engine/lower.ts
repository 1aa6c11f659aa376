// THE TABLE of lowerings: each operator as ONNX nodes with static shapes. Which nodes is a question of speed as measured
// on ONNX Runtime's CPU kernels: FusedMatMul reads transposed operands in place, Gemm gives weight gradients.

import { checkGraph, type InputSignature } from "./check.ts";
import type { Device } from "./device.ts";
import { reachableFrom, type Value } from "./graph.ts";
import {
  attentionBy,
  lowerInverseRms,
  lowerRmsNorm,
  lowerRotary,
  matmulBy,
  pickTokens,
  tokenLogProbsBy,
} from "./lower-language.ts";
import { webgpuLowerings } from "./lower-webgpu.ts";
import type { Call, Lowering, Lowerings, Product } from "./lowering.ts";
import { int, ints, type OnnxWriter, onnxWriter, real, text } from "./onnx.ts";
import type { Attributes, OpName } from "./ops.ts";
import { sizeOf } from "./shape.ts";

const direct =
  (opType: string) =>
  ({ onnx, names }: Pick<Call<OpName>, "onnx" | "names">): string =>
    onnx.node(opType, names);

function lowerSum({ onnx, names, attributes }: Call<"sum">): string {
  if (attributes.axes.length === 0) return names[0]!;
  const axes = onnx.integers(attributes.axes);
  return onnx.node("ReduceSum", [names[0]!, axes], { keepdims: int(attributes.keepDims ? 1 : 0) });
}

const product: Product = (onnx, operands, { transposeA, transposeB, scale }) => {
  const names = operands.map(({ name }) => name);
  const flags = { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0), alpha: real(scale) };
  if (operands.every(({ rank }) => rank === 2)) return onnx.node("Gemm", names, flags);
  if (!transposeA && !transposeB && scale === 1) return onnx.node("MatMul", names);
  return onnx.node("com.microsoft.FusedMatMul", names, flags);
};

function lowerSlice({ onnx, names, attributes }: Call<"slice">): string {
  const bounds = [attributes.start, attributes.end, attributes.axis].map((number) => onnx.integers([number]));
  return onnx.node("Slice", [names[0]!, ...bounds]);
}

function lowerPad({ onnx, names, operands, attributes }: Call<"pad">): string {
  const { axis, before, after } = attributes;
  const none = operands[0]!.shape.map(() => 0);
  return onnx.node("Pad", [
    names[0]!,
    onnx.integers([...none.with(axis, before), ...none.with(axis, after)]),
  ]);
}

/**
 * ScatterElements adds one number after the other. ScatterND would share the rows out to threads, and of two that add to one row at
 * once one is lost (onnxruntime-node 1.30, microsoft/onnxruntime#18048).
 */
function lowerScatterAddRows({ onnx, names, operands, result }: Call<"scatterAddRows">): string {
  const count = sizeOf(operands[0]!.shape);
  const shape = onnx.integers([count, result.shape[1]!]);
  const table = onnx.node("ConstantOfShape", [onnx.integers(result.shape)]);
  const rows = onnx.node("Reshape", [names[0]!, onnx.integers([count, 1])]);
  const targets = onnx.node("Expand", [rows, shape]);
  const updates = onnx.node("Reshape", [names[1]!, shape]);
  return onnx.node("ScatterElements", [table, targets, updates], { axis: int(0), reduction: text("add") });
}

function lowerAddAtTokens({ onnx, names, operands }: Call<"addAtTokens">): string {
  const column = onnx.integers([sizeOf(operands[1]!.shape), 1]);
  const targets = onnx.node("Reshape", [names[1]!, column]);
  const updates = onnx.node("Reshape", [names[2]!, column]);
  return onnx.node("ScatterElements", [names[0]!, targets, updates], {
    axis: int(1),
    reduction: text("add"),
  });
}

/** Every operator, in the order of `Attributes`. */
const cpuLowerings: Lowerings = {
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  maximum: direct("Max"),
  minimum: direct("Min"),
  greaterEqual: ({ onnx, names }) => onnx.node("Cast", [onnx.node("GreaterOrEqual", names)], { to: int(1) }),
  neg: direct("Neg"),
  exp: direct("Exp"),
  sqrt: direct("Sqrt"),
  square: ({ onnx, names }) => onnx.node("Mul", [names[0]!, names[0]!]),
  reciprocal: direct("Reciprocal"),
  sigmoid: direct("Sigmoid"),
  silu: ({ onnx, names }) => onnx.node("Mul", [names[0]!, onnx.node("Sigmoid", names)]),
  // log sigmoid(a) = -softplus(-a)
  logSigmoid: ({ onnx, names }) => onnx.node("Neg", [onnx.node("Softplus", [onnx.node("Neg", names)])]),
  matmul: matmulBy(product),
  sum: lowerSum,
  reshape: ({ onnx, names, result }) => onnx.node("Reshape", [names[0]!, onnx.integers(result.shape)]),
  transpose: ({ onnx, names, attributes }) =>
    onnx.node("Transpose", names, { perm: ints(attributes.permutation) }),
  slice: lowerSlice,
  pad: lowerPad,
  concat: ({ onnx, names, attributes }) => onnx.node("Concat", names, { axis: int(attributes.axis) }),
  expand: ({ onnx, names, result }) => onnx.node("Expand", [names[0]!, onnx.integers(result.shape)]),
  gatherRows: ({ onnx, names }) => onnx.node("Gather", names, { axis: int(0) }),
  scatterAddRows: lowerScatterAddRows,
  pickTokens: ({ onnx, names, result }) => pickTokens(onnx, names[0]!, names[1]!, result.shape[0]!),
  addAtTokens: lowerAddAtTokens,
  softmax: ({ onnx, names }) => onnx.node("Softmax", names, { axis: int(-1) }),
  tokenLogProbs: tokenLogProbsBy((onnx, logits) => onnx.node("LogSoftmax", [logits], { axis: int(-1) })),
  inverseRms: lowerInverseRms,
  rmsNorm: lowerRmsNorm,
  rotary: lowerRotary,
  attention: attentionBy(product),
};

const lowerings: { readonly [D in Device]: Lowerings } = {
  cpu: cpuLowerings,
  webgpu: { ...cpuLowerings, ...webgpuLowerings },
  cuda: cpuLowerings,
  coreml: cpuLowerings,
  dml: cpuLowerings,
};

/** A graph as an ONNX model. Inputs are named `in:<name>`, outputs `out:<name>`, so that both may share a name. */
export interface LoweredGraph {
  readonly bytes: Uint8Array;
  /** Inputs to feed at every run, by name without prefix. */
  readonly inputs: ReadonlyMap<string, InputSignature>;
}

/** Lowers a checked graph for one device. */
export function lowerGraph(outputs: Readonly<Record<string, Value>>, device: Device = "cpu"): LoweredGraph {
  const roots = Object.values(outputs);
  const inputs = checkGraph(roots);
  const onnx = onnxWriter();
  const names = new Map<Value, string>();
  const shared = new Map<string, string>();
  const declared = new Map<string, string>();
  for (const { name, dtype, shape } of inputs.values())
    declared.set(name, onnx.input(`in:${name}`, dtype, shape));
  for (const value of reachableFrom(roots)) {
    const { node } = value;
    if (node.op === "input") names.set(value, declared.get(node.name)!);
    else if (node.op === "constant") names.set(value, onnx.tensor(node.tensor));
    else
      names.set(
        value,
        lowerNode(node, value, {
          names,
          onnx,
          shared,
          rows: lowerings[device],
        }),
      );
  }
  for (const [name, value] of Object.entries(outputs)) {
    onnx.output(`out:${name}`, names.get(value)!, value.dtype, value.shape);
  }
  return { bytes: onnx.bytes(), inputs };
}

/** What every node of one graph is lowered with. */
interface Context {
  readonly rows: Lowerings;
  readonly onnx: OnnxWriter;
  readonly shared: Map<string, string>;
  readonly names: ReadonlyMap<Value, string>;
}

function lowerNode<K extends OpName>(
  node: { readonly op: K; readonly inputs: readonly Value[]; readonly attributes: Attributes[K] },
  result: Value,
  { rows, onnx, shared, names }: Context,
): string {
  const { op, inputs: operands, attributes } = node;
  const lowering: Lowering<K> = rows[op];
  return lowering({
    onnx,
    shared,
    names: operands.map((operand) => names.get(operand)!),
    operands,
    attributes,
    result,
  });
}
