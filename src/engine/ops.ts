// THE TABLE of operators: the attributes of each, and the shape and dtype of its result. Everything else that knows
// operators one by one (gradients.ts, interpret.ts, lower.ts, the tests) is a table over the same names, so that an
// operator without a gradient, a meaning or a lowering does not compile. Longer than 300 lines only because it is a table.

import {
  broadcastShapes,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
  shapeError,
  sizeOf,
} from "./shape.ts";
import type { DType } from "./tensor.ts";

type None = Readonly<Record<never, never>>;

/** What an operator knows besides its inputs. */
export interface Attributes {
  // Elementwise, two operands that broadcast
  add: None;
  sub: None;
  mul: None;
  div: None;
  maximum: None;
  minimum: None;
  greaterEqual: None;
  // Elementwise, one operand
  neg: None;
  exp: None;
  sqrt: None;
  square: None;
  reciprocal: None;
  sigmoid: None;
  silu: None;
  logSigmoid: None;
  // Products and sums
  matmul: { readonly transposeA: boolean; readonly transposeB: boolean; readonly scale: number };
  /** Axes in 0..rank-1, ascending. */
  sum: { readonly axes: readonly number[]; readonly keepDims: boolean };
  // Movement
  reshape: { readonly shape: Shape };
  transpose: { readonly permutation: readonly number[] };
  slice: { readonly axis: number; readonly start: number; readonly end: number };
  pad: { readonly axis: number; readonly before: number; readonly after: number };
  concat: { readonly axis: number };
  expand: { readonly shape: Shape };
  // Rows and tokens by index
  gatherRows: None;
  scatterAddRows: { readonly rows: number };
  pickTokens: None;
  addAtTokens: None;
  // Pieces of a language model
  softmax: None;
  tokenLogProbs: None;
  inverseRms: { readonly epsilon: number };
  rmsNorm: { readonly epsilon: number };
  rotary: None;
  attention: { readonly scale: number };
}

export type OpName = keyof Attributes;

/** What is known of a value before any number is. */
export interface Signature {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One row: how many inputs (undefined: one or more), and the result's signature. Throws on inputs that do not fit. */
export interface Operator<K extends OpName> {
  readonly arity: number | undefined;
  infer(inputs: readonly Signature[], attributes: Attributes[K]): Signature;
}

const float = (shape: Shape): Signature => ({ shape, dtype: "float32" });

function needFloat(where: string, inputs: readonly Signature[]): void {
  for (const { dtype, shape } of inputs) {
    if (dtype !== "float32") throw shapeError(where, "float32 operands", `${dtype} ${formatShape(shape)}`);
  }
}

/** A row whose operator has no attributes. */
interface PlainOperator {
  readonly arity: number;
  infer(inputs: readonly Signature[]): Signature;
}

function unary(where: string): PlainOperator {
  return {
    arity: 1,
    infer: (inputs) => {
      needFloat(where, inputs);
      return float(inputs[0]!.shape);
    },
  };
}

function binary(where: string): PlainOperator {
  return {
    arity: 2,
    infer: (inputs) => {
      needFloat(where, inputs);
      return float(broadcastShapes(where, inputs[0]!.shape, inputs[1]!.shape));
    },
  };
}

function lastAxis(where: string): PlainOperator {
  return {
    arity: 1,
    infer: (inputs) => {
      needFloat(where, inputs);
      const { shape } = inputs[0]!;
      if (shape.length === 0) throw shapeError(where, "at least one axis", formatShape(shape));
      return float(shape);
    },
  };
}

function needIndices(where: string, indices: Signature): void {
  if (indices.dtype === "int32") return;
  throw shapeError(where, "int32 indices", `${indices.dtype} ${formatShape(indices.shape)}`);
}

/** logits [N,V] and targets [N]. */
function needTokens(where: string, logits: Signature, targets: Signature): void {
  needFloat(where, [logits]);
  needIndices(where, targets);
  if (logits.shape.length === 2 && sameShape(targets.shape, logits.shape.slice(0, 1))) return;
  const got = `${formatShape(logits.shape)} and ${formatShape(targets.shape)}`;
  throw shapeError(where, "numbers [N,V] and targets [N]", got);
}

function inferMatmul(inputs: readonly Signature[], attributes: Attributes["matmul"]): Signature {
  needFloat("matmul", inputs);
  const { transposeA, transposeB } = attributes;
  const a = inputs[0]!.shape;
  const b = inputs[1]!.shape;
  const got = `${formatShape(a)}${transposeA ? " transposed" : ""} x ${formatShape(b)}${transposeB ? " transposed" : ""}`;
  if (a.length < 2 || b.length < 2) throw shapeError("matmul", "operands with at least two axes", got);
  const [rows, innerA] = transposeA ? [a.at(-1)!, a.at(-2)!] : [a.at(-2)!, a.at(-1)!];
  const [innerB, columns] = transposeB ? [b.at(-1)!, b.at(-2)!] : [b.at(-2)!, b.at(-1)!];
  if (innerA !== innerB) throw shapeError("matmul", "equal inner sizes", `${innerA} and ${innerB} of ${got}`);
  return float([...broadcastShapes("matmul", a.slice(0, -2), b.slice(0, -2)), rows, columns]);
}

function inferSum(inputs: readonly Signature[], { axes, keepDims }: Attributes["sum"]): Signature {
  needFloat("sum", inputs);
  const { shape } = inputs[0]!;
  for (const axis of axes) normalizeAxis("sum", axis, shape.length);
  if (keepDims) return float(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
  return float(shape.filter((_, axis) => !axes.includes(axis)));
}

function inferConcat(inputs: readonly Signature[], { axis }: Attributes["concat"]): Signature {
  const [first] = inputs;
  if (first === undefined) throw shapeError("concat", "at least one operand", "none");
  const shapes = inputs.map(({ shape }) => shape);
  const at = normalizeAxis("concat", axis, first.shape.length);
  const alike = inputs.every(
    ({ shape, dtype }) =>
      dtype === first.dtype &&
      shape.length === first.shape.length &&
      shape.every((size, i) => i === at || size === first.shape[i]),
  );
  if (!alike) {
    throw shapeError("concat", `operands that differ only on axis ${at}`, shapes.map(formatShape).join(" "));
  }
  const total = shapes.reduce((sum, shape) => sum + shape[at]!, 0);
  return { shape: first.shape.with(at, total), dtype: first.dtype };
}

function inferRotary(inputs: readonly Signature[]): Signature {
  needFloat("rotary", inputs);
  const [x, cos, sin] = inputs.map(({ shape }) => shape) as [Shape, Shape, Shape];
  const got = `${formatShape(x)}, ${formatShape(cos)} and ${formatShape(sin)}`;
  const fits =
    x.length >= 2 &&
    cos.length >= 2 &&
    x.at(-1)! % 2 === 0 &&
    sameShape(cos, sin) &&
    sameShape(cos.slice(-2), x.slice(-2)) &&
    sameShape(broadcastShapes("rotary", x, cos), x);
  if (!fits) throw shapeError("rotary", "x [...,T,D] with D even, and cos and sin [..,T,D]", got);
  return float(x);
}

function inferAttention(inputs: readonly Signature[]): Signature {
  needFloat("attention", inputs);
  const [q, k, v, mask] = inputs.map(({ shape }) => shape) as [Shape, Shape, Shape, Shape];
  const [B, H, T, D] = q;
  const [, KV, S] = k;
  const fits =
    q.length === 4 &&
    sameShape(k, [B!, KV!, S!, D!]) &&
    sameShape(v, k) &&
    H! % KV! === 0 &&
    (sameShape(mask, [B!, 1, T!, S!]) || sameShape(mask, [1, 1, T!, S!]));
  if (fits) return float(q);
  const got = [q, k, v, mask].map(formatShape).join(", ");
  throw shapeError(
    "attention",
    "q [B,H,T,D], k and v [B,KV,S,D] with KV dividing H, and a mask [B or 1,1,T,S]",
    got,
  );
}

/** Every operator, in the order of {@link Attributes}. */
export const operators: { readonly [K in OpName]: Operator<K> } = {
  add: binary("add"),
  sub: binary("sub"),
  mul: binary("mul"),
  div: binary("div"),
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  greaterEqual: {
    arity: 2,
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype)
        throw shapeError("greaterEqual", "operands of one dtype", `${a!.dtype} and ${b!.dtype}`);
      return float(broadcastShapes("greaterEqual", a!.shape, b!.shape));
    },
  },
  neg: unary("neg"),
  exp: unary("exp"),
  sqrt: unary("sqrt"),
  square: unary("square"),
  reciprocal: unary("reciprocal"),
  sigmoid: unary("sigmoid"),
  silu: unary("silu"),
  logSigmoid: unary("logSigmoid"),
  matmul: { arity: 2, infer: inferMatmul },
  sum: { arity: 1, infer: inferSum },
  reshape: {
    arity: 1,
    infer: ([a], { shape }) => {
      if (sizeOf(a!.shape) === sizeOf(shape)) return { shape, dtype: a!.dtype };
      throw shapeError(
        "reshape",
        `a shape of ${sizeOf(a!.shape)} elements for ${formatShape(a!.shape)}`,
        formatShape(shape),
      );
    },
  },
  transpose: {
    arity: 1,
    infer: ([a], { permutation }) => {
      const { shape, dtype } = a!;
      if (
        sameShape(
          [...permutation].sort((i, j) => i - j),
          [...shape.keys()],
        )
      ) {
        return { shape: permutation.map((axis) => shape[axis]!), dtype };
      }
      throw shapeError(
        "transpose",
        `a permutation of the axes of ${formatShape(shape)}`,
        formatShape(permutation),
      );
    },
  },
  slice: {
    arity: 1,
    infer: ([a], { axis, start, end }) => {
      const { shape, dtype } = a!;
      const size = shape[normalizeAxis("slice", axis, shape.length)]!;
      if (start >= 0 && start < end && end <= size) return { shape: shape.with(axis, end - start), dtype };
      throw shapeError(
        "slice",
        `a range within 0..${size} of axis ${axis} of ${formatShape(shape)}`,
        `${start}..${end}`,
      );
    },
  },
  pad: {
    arity: 1,
    infer: ([a], { axis, before, after }) => {
      needFloat("pad", [a!]);
      const size = a!.shape[normalizeAxis("pad", axis, a!.shape.length)]!;
      if (before < 0 || after < 0)
        throw shapeError("pad", "paddings of at least 0", `${before} and ${after}`);
      return float(a!.shape.with(axis, before + size + after));
    },
  },
  concat: { arity: undefined, infer: inferConcat },
  expand: {
    arity: 1,
    infer: ([a], { shape }) => {
      if (sameShape(broadcastShapes("expand", a!.shape, shape), shape)) return { shape, dtype: a!.dtype };
      throw shapeError("expand", `a shape that ${formatShape(a!.shape)} broadcasts to`, formatShape(shape));
    },
  },
  gatherRows: {
    arity: 2,
    infer: ([table, indices]) => {
      needIndices("gatherRows", indices!);
      if (table!.shape.length === 2)
        return { shape: [...indices!.shape, table!.shape[1]!], dtype: table!.dtype };
      throw shapeError("gatherRows", "a table [N,C]", formatShape(table!.shape));
    },
  },
  scatterAddRows: {
    arity: 2,
    infer: ([indices, updates], { rows }) => {
      needIndices("scatterAddRows", indices!);
      needFloat("scatterAddRows", [updates!]);
      if (sameShape(updates!.shape.slice(0, -1), indices!.shape))
        return float([rows, updates!.shape.at(-1)!]);
      const got = `${formatShape(indices!.shape)} and ${formatShape(updates!.shape)}`;
      throw shapeError("scatterAddRows", "indices [...] and updates [...,C]", got);
    },
  },
  pickTokens: {
    arity: 2,
    infer: ([numbers, targets]) => {
      needTokens("pickTokens", numbers!, targets!);
      return float(targets!.shape);
    },
  },
  addAtTokens: {
    arity: 3,
    infer: ([numbers, targets, updates]) => {
      needTokens("addAtTokens", numbers!, targets!);
      if (sameShape(targets!.shape, updates!.shape)) return float(numbers!.shape);
      throw shapeError("addAtTokens", `updates ${formatShape(targets!.shape)}`, formatShape(updates!.shape));
    },
  },
  softmax: lastAxis("softmax"),
  tokenLogProbs: {
    arity: 2,
    infer: ([logits, targets]) => {
      needTokens("tokenLogProbs", logits!, targets!);
      return float(targets!.shape);
    },
  },
  inverseRms: {
    arity: 1,
    infer: (inputs) => {
      const { shape } = lastAxis("inverseRms").infer(inputs);
      return float(shape.with(-1, 1));
    },
  },
  rmsNorm: {
    arity: 2,
    infer: (inputs) => {
      needFloat("rmsNorm", inputs);
      const [x, weight] = inputs.map(({ shape }) => shape) as [Shape, Shape];
      if (x.length >= 1 && sameShape(weight, x.slice(-1))) return float(x);
      throw shapeError("rmsNorm", "x [...,C] and weight [C]", `${formatShape(x)} and ${formatShape(weight)}`);
    },
  },
  rotary: { arity: 3, infer: inferRotary },
  attention: { arity: 4, infer: inferAttention },
};

/** The signature of one application; throws when the inputs do not fit. */
export function inferSignature<K extends OpName>(
  op: K,
  inputs: readonly Signature[],
  attributes: Attributes[K],
): Signature {
  const row: Operator<K> = operators[op];
  if (inputs.length !== (row.arity ?? inputs.length)) {
    throw shapeError(op, `${row.arity} operands`, String(inputs.length));
  }
  return row.infer(inputs, attributes);
}
