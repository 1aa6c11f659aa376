// THE TABLE of lowerings: each operator as ONNX nodes with static shapes. Which nodes is a question of speed as measured
// on ONNX Runtime's CPU kernels: FusedMatMul reads transposed operands in place, Gemm gives weight gradients.

import { checkGraph, type InputSignature } from "./check.ts";
import { type OpNode, reachableFrom, type Value } from "./graph.ts";
import { int, ints, type OnnxWriter, onnxWriter, real, text } from "./onnx.ts";
import type { Attributes, OpName } from "./ops.ts";
import { sizeOf } from "./shape.ts";
import { filled, scalar, type Tensor } from "./tensor.ts";

/** One application of an operator, on the way to ONNX. */
interface Call<K extends OpName> {
  readonly onnx: OnnxWriter;
  /** Names of the operands' ONNX values. */
  readonly names: readonly string[];
  readonly operands: readonly Value[];
  readonly attributes: Attributes[K];
  readonly result: Value;
  /** Values that one lowering leaves for another: inverse root mean squares, by operand and epsilon. */
  readonly shared: Map<string, string>;
  readonly device: Device;
}

/** Where a graph runs: ONNX Runtime's CPU kernels, or any GPU through WebGPU. */
export type Device = "cpu" | "webgpu";

export interface LoweringOptions {
  readonly device?: Device;
  /** Inputs whose tensors become part of the model. */
  readonly bound?: Readonly<Record<string, Tensor>>;
}

/** Writes the nodes, returns the name of the result. */
type Lowering<K extends OpName> = (call: Call<K>) => string;

const direct =
  (opType: string) =>
  ({ onnx, names }: Pick<Call<OpName>, "onnx" | "names">): string =>
    onnx.node(opType, names);

const overLastAxis =
  (opType: string) =>
  ({ onnx, names }: Pick<Call<OpName>, "onnx" | "names">): string =>
    onnx.node(opType, names, { axis: int(-1) });

const reduction =
  (opType: string) =>
  ({ onnx, names, attributes }: Call<"sum" | "mean" | "max">): string => {
    if (attributes.axes.length === 0) return names[0]!;
    const axes = onnx.integers(attributes.axes);
    return onnx.node(opType, [names[0]!, axes], { keepdims: int(attributes.keepDims ? 1 : 0) });
  };

function lowerMatmul({ onnx, names, operands, attributes }: Call<"matmul">): string {
  const { transposeA, transposeB, scale } = attributes;
  const flags = { transA: int(transposeA ? 1 : 0), transB: int(transposeB ? 1 : 0) };
  if (operands.every(({ shape }) => shape.length === 2))
    return onnx.node("Gemm", names, { ...flags, alpha: real(scale) });
  if (!transposeA && !transposeB && scale === 1) return onnx.node("MatMul", names);
  return onnx.node("com.microsoft.FusedMatMul", names, { ...flags, alpha: real(scale) });
}

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

function lowerScatterAddRows({ onnx, names, operands, result }: Call<"scatterAddRows">): string {
  const count = sizeOf(operands[0]!.shape);
  const table = onnx.node("ConstantOfShape", [onnx.integers(result.shape)]);
  const wide = onnx.node("Cast", [names[0]!], { to: int(7) }); // ScatterND takes int64 alone
  const rows = onnx.node("Reshape", [wide, onnx.integers([count, 1])]);
  const updates = onnx.node("Reshape", [names[1]!, onnx.integers([count, result.shape[1]!])]);
  return onnx.node("ScatterND", [table, rows, updates], { reduction: text("add") });
}

/** numbers [N,V], indices [N] -> [N] */
function pick(onnx: OnnxWriter, numbers: string, targets: string, count: number): string {
  const column = onnx.node("Reshape", [targets, onnx.integers([count, 1])]);
  const picked = onnx.node("GatherElements", [numbers, column], { axis: int(1) });
  return onnx.node("Reshape", [picked, onnx.integers([count])]);
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

/**
 * One kernel for the norm; its second output is the inverse root mean square, which the gradient needs. WebGPU's kernel
 * leaves that output unfilled (measured with onnxruntime-node 1.30), so there it is computed on its own.
 */
function lowerRmsNorm({ onnx, names, attributes: { epsilon }, shared, device }: Call<"rmsNorm">): string {
  if (device === "webgpu")
    return onnx.node("SimplifiedLayerNormalization", names, { axis: int(-1), epsilon: real(epsilon) });
  const attributes = { axis: int(-1), epsilon: real(epsilon), stash_type: int(1) };
  const [normalized, inverse] = onnx.nodes("SimplifiedLayerNormalization", names, attributes, 2);
  shared.set(`${names[0]} ${epsilon}`, inverse!);
  return normalized!;
}

/** 1 / sqrt(mean(x^2) + epsilon) over the last axis, kept as size 1. */
function lowerInverseRms({ onnx, names, attributes: { epsilon }, shared }: Call<"inverseRms">): string {
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
function lowerRotary(call: Call<"rotary">): string {
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

/** The same nodes as the gradient rule's recomputation, so that the writer finds them equal. */
function lowerAttention({ onnx, names, operands, attributes: { scale } }: Call<"attention">): string {
  const [q, k, v, mask] = names as readonly [string, string, string, string];
  const [B, H, T, D] = operands[0]!.shape as readonly [number, number, number, number];
  const [, KV, S] = operands[1]!.shape as readonly [number, number, number, number];
  const shaped = (name: string, shape: readonly number[]) =>
    onnx.node("Reshape", [name, onnx.integers(shape)]);
  const rows = H === KV ? q : shaped(q, [B, KV, (H / KV) * T, D]);
  const flags = { transA: int(0), transB: int(1), alpha: real(scale) };
  const products = onnx.node("com.microsoft.FusedMatMul", [rows, k], flags);
  const scores = H === KV ? products : shaped(products, [B, H, T, S]);
  const weights = onnx.node("Softmax", [onnx.node("Add", [scores, mask])], { axis: int(-1) });
  const mixed = onnx.node("MatMul", [H === KV ? weights : shaped(weights, [B, KV, (H / KV) * T, S]), v]);
  return H === KV ? mixed : shaped(mixed, [B, H, T, D]);
}

/** Every operator, in the order of `Attributes`. */
const lowerings: { readonly [K in OpName]: Lowering<K> } = {
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  maximum: direct("Max"),
  minimum: direct("Min"),
  greaterEqual: ({ onnx, names }) => onnx.node("Cast", [onnx.node("GreaterOrEqual", names)], { to: int(1) }),
  neg: direct("Neg"),
  exp: direct("Exp"),
  log: direct("Log"),
  sqrt: direct("Sqrt"),
  square: ({ onnx, names }) => onnx.node("Mul", [names[0]!, names[0]!]),
  reciprocal: direct("Reciprocal"),
  sigmoid: direct("Sigmoid"),
  silu: ({ onnx, names }) => onnx.node("Mul", [names[0]!, onnx.node("Sigmoid", names)]),
  tanh: direct("Tanh"),
  // log sigmoid(a) = -softplus(-a)
  logSigmoid: ({ onnx, names }) => onnx.node("Neg", [onnx.node("Softplus", [onnx.node("Neg", names)])]),
  abs: direct("Abs"),
  stopGradient: ({ names }) => names[0]!,
  cast: ({ onnx, names, attributes }) =>
    onnx.node("Cast", names, { to: int(attributes.dtype === "float32" ? 1 : 6) }),
  select: ({ onnx, names }) => {
    const mask = onnx.node("Cast", [names[0]!], { to: int(9) }); // to boolean
    return onnx.node("Where", [mask, names[1]!, names[2]!]);
  },
  matmul: lowerMatmul,
  sum: reduction("ReduceSum"),
  mean: reduction("ReduceMean"),
  max: reduction("ReduceMax"),
  reshape: ({ onnx, names, result }) => onnx.node("Reshape", [names[0]!, onnx.integers(result.shape)]),
  transpose: ({ onnx, names, attributes }) =>
    onnx.node("Transpose", names, { perm: ints(attributes.permutation) }),
  slice: lowerSlice,
  pad: lowerPad,
  concat: ({ onnx, names, attributes }) => onnx.node("Concat", names, { axis: int(attributes.axis) }),
  expand: ({ onnx, names, result }) => onnx.node("Expand", [names[0]!, onnx.integers(result.shape)]),
  gatherRows: ({ onnx, names }) => onnx.node("Gather", names, { axis: int(0) }),
  scatterAddRows: lowerScatterAddRows,
  pickTokens: ({ onnx, names, result }) => pick(onnx, names[0]!, names[1]!, result.shape[0]!),
  addAtTokens: lowerAddAtTokens,
  softmax: overLastAxis("Softmax"),
  logSoftmax: overLastAxis("LogSoftmax"),
  tokenLogProbs: ({ onnx, names, result }) => {
    const logProbs = onnx.node("LogSoftmax", [names[0]!], { axis: int(-1) });
    return pick(onnx, logProbs, names[1]!, result.shape[0]!);
  },
  inverseRms: lowerInverseRms,
  rmsNorm: lowerRmsNorm,
  rotary: lowerRotary,
  attention: lowerAttention,
};

/** A graph as an ONNX model. Inputs are named `in:<name>`, outputs `out:<name>`, so that both may share a name. */
export interface LoweredGraph {
  readonly bytes: Uint8Array;
  /** Inputs to feed at every run, by name without prefix. */
  readonly inputs: ReadonlyMap<string, InputSignature>;
}

/** Lowers a checked graph for one device. */
export function lowerGraph(
  outputs: Readonly<Record<string, Value>>,
  { bound = {}, device = "cpu" }: LoweringOptions = {},
): LoweredGraph {
  const roots = Object.values(outputs);
  const inputs = new Map(checkGraph(roots));
  const onnx = onnxWriter();
  const names = new Map<Value, string>();
  const shared = new Map<string, string>();
  const declared = new Map<string, string>();
  for (const { name, dtype, shape } of inputs.values()) {
    const tensor = bound[name];
    declared.set(name, tensor === undefined ? onnx.input(`in:${name}`, dtype, shape) : onnx.tensor(tensor));
  }
  for (const name of Object.keys(bound)) inputs.delete(name);
  for (const value of reachableFrom(roots)) {
    const { node } = value;
    if (node.op === "input") names.set(value, declared.get(node.name)!);
    else if (node.op === "constant") names.set(value, onnx.tensor(node.tensor));
    else names.set(value, lowerNode(node, value, { names, onnx, shared, device }));
  }
  for (const [name, value] of Object.entries(outputs)) {
    onnx.output(`out:${name}`, names.get(value)!, value.dtype, value.shape);
  }
  return { bytes: onnx.bytes(), inputs };
}

function lowerNode<K extends OpName>(
  node: { readonly op: K; readonly inputs: readonly Value[]; readonly attributes: Attributes[K] },
  result: Value,
  {
    names,
    ...context
  }: Pick<Call<K>, "onnx" | "shared" | "device"> & { readonly names: ReadonlyMap<Value, string> },
): string {
  const { op, inputs: operands, attributes } = node satisfies Pick<OpNode, "inputs">;
  const lowering: Lowering<K> = lowerings[op];
  return lowering({
    ...context,
    names: operands.map((operand) => names.get(operand)!),
    operands,
    attributes,
    result,
  });
}
