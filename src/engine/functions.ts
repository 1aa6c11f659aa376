// The functions models are written in: each builds one value (a few build two or three) and checks its operands.
// Building is synchronous and pure; nothing is computed until a graph is compiled (session.ts) or interpreted.

import { makeValue, type OpNode, type Value } from "./graph.ts";
import { type Attributes, inferSignature, type OpName } from "./ops.ts";
import { normalizeAxis, type Shape, sameShape, shapeError, sizeOf } from "./shape.ts";
import { type DType, scalar, type Tensor } from "./tensor.ts";

/** A value, or a number that stands for a float32 scalar. */
export type Operand = Value | number;

/** Applies any operator of the table; the named functions below are the usual way. */
export function apply<K extends OpName>(op: K, inputs: readonly Value[], attributes: Attributes[K]): Value {
  const { shape, dtype } = inferSignature(op, inputs, attributes);
  return makeValue({ op, inputs, attributes } as OpNode, shape, dtype);
}

/** A tensor fed by name at every run. Weights are inputs named by their Hugging Face tensor names. */
export function input(name: string, shape: Shape, dtype: DType = "float32"): Value {
  for (const size of shape) {
    if (!Number.isInteger(size) || size < 1)
      throw shapeError(`input ${name}`, "sizes of at least 1", `${shape}`);
  }
  return makeValue({ op: "input", name }, shape, dtype);
}

/** A tensor, or a float32 scalar, known when the graph is built. */
export function constant(value: Tensor | number): Value {
  const tensor = typeof value === "number" ? scalar(value) : value;
  return makeValue({ op: "constant", tensor }, tensor.shape, tensor.dtype);
}

const toValue = (operand: Operand): Value => (typeof operand === "number" ? constant(operand) : operand);
/** Operators without attributes. */
type PlainOpName = { [K in OpName]: keyof Attributes[K] extends never ? K : never }[OpName];

const two = (op: PlainOpName) => (a: Operand, b: Operand) => apply(op, [toValue(a), toValue(b)], {});
const one = (op: PlainOpName) => (a: Value) => apply(op, [a], {});

/** Elementwise arithmetic on operands that broadcast. */
export const add = two("add");
export const sub = two("sub");
export const mul = two("mul");
export const div = two("div");
export const maximum = two("maximum");
export const minimum = two("minimum");
/** 1 where a >= b, else 0, as float32; operands float32 or int32, both alike. No gradient. */
export const greaterEqual = two("greaterEqual");

/** Elementwise functions; logSigmoid(a) = -log(1 + e^-a) without overflow, silu(a) = a sigmoid(a). */
export const neg = one("neg");
export const exp = one("exp");
export const sqrt = one("sqrt");
export const square = one("square");
export const reciprocal = one("reciprocal");
export const sigmoid = one("sigmoid");
export const silu = one("silu");
export const logSigmoid = one("logSigmoid");

/** How {@link matmul} reads its operands. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor on the result. */
  readonly scale?: number;
}

/**
 * scale · a b, batched over leading axes that broadcast: [..,M,K] x [..,K,N] -> [..,M,N].
 * A 2-D b against an n-D a is one big product over flattened rows.
 * @example matmul(q, k, { transposeB: true, scale: 1 / Math.sqrt(D) }) // [B,H,T,D] x [B,H,T,D] -> [B,H,T,T]
 */
export function matmul(a: Value, b: Value, options: MatmulOptions = {}): Value {
  const attributes = {
    transposeA: options.transposeA ?? false,
    transposeB: options.transposeB ?? false,
    scale: options.scale ?? 1,
  };
  const flattens = b.shape.length === 2 && a.shape.length > 2 && !attributes.transposeA;
  if (!flattens) return apply("matmul", [a, b], attributes);
  const leading = a.shape.slice(0, -1);
  const rows = reshape(a, [sizeOf(leading), a.shape.at(-1)!]); // [rows,K]
  const product = apply("matmul", [rows, b], attributes); // [rows,N]
  return reshape(product, [...leading, product.shape[1]!]);
}

/** Which axes {@link sum} runs over (all by default), and whether they stay as size 1 (not by default). */
export interface SumOptions {
  readonly axes?: readonly number[];
  readonly keepDims?: boolean;
}

export function sum(a: Value, options: SumOptions = {}): Value {
  const rank = a.shape.length;
  const axes = (options.axes ?? [...a.shape.keys()]).map((axis) => normalizeAxis("sum", axis, rank));
  return apply("sum", [a], { axes: axes.sort((i, j) => i - j), keepDims: options.keepDims ?? false });
}

/** The same numbers in the same order under another shape; one size may be -1 and is worked out. */
export function reshape(a: Value, shape: Shape): Value {
  const known = shape.reduce((size, axis) => (axis === -1 ? size : size * axis), 1);
  const full = shape.map((size) => (size === -1 ? sizeOf(a.shape) / known : size));
  return sameShape(a.shape, full) ? a : apply("reshape", [a], { shape: full });
}

/** Axis i of the result is axis permutation[i] of a. */
export function transpose(a: Value, permutation: readonly number[]): Value {
  return apply("transpose", [a], { permutation });
}

/** Positions start..end-1 of one axis. */
export function slice(a: Value, axis: number, start: number, end: number): Value {
  return apply("slice", [a], { axis: normalizeAxis("slice", axis, a.shape.length), start, end });
}

/** Zeros before and after, along one axis. */
export function pad(a: Value, axis: number, before: number, after: number): Value {
  return apply("pad", [a], { axis: normalizeAxis("pad", axis, a.shape.length), before, after });
}

/** Values one after the other along an axis. */
export function concat(values: readonly Value[], axis: number): Value {
  const rank = values[0]?.shape.length ?? 0;
  return apply("concat", values, { axis: normalizeAxis("concat", axis, rank) });
}

/** Broadcasts to a shape. */
export function expand(a: Value, shape: Shape): Value {
  return sameShape(a.shape, shape) ? a : apply("expand", [a], { shape });
}

/** Rows of a table: [N,C] at indices int32 [...] -> [...,C]. */
export function gatherRows(table: Value, indices: Value): Value {
  return apply("gatherRows", [table, indices], {});
}

/** Adds updates [...,C] into a zero table [rows,C] at indices int32 [...]; equal indices add up. */
export function scatterAddRows(rows: number, indices: Value, updates: Value): Value {
  return apply("scatterAddRows", [indices, updates], { rows });
}

/** One number a row: [N,V] at targets int32 [N] -> [N]. */
export function pickTokens(numbers: Value, targets: Value): Value {
  return apply("pickTokens", [numbers, targets], {});
}

/** Adds updates [N] to [N,V] at targets int32 [N]. */
export function addAtTokens(numbers: Value, targets: Value, updates: Value): Value {
  return apply("addAtTokens", [numbers, targets, updates], {});
}

/** Over the last axis. */
export const softmax = one("softmax");

/** Log-probability (nats) of one target a row: logits [N,V], targets int32 [N] -> [N]. */
export function tokenLogProbs(logits: Value, targets: Value): Value {
  return apply("tokenLogProbs", [logits, targets], {});
}

/** 1 / sqrt(mean(x^2) + epsilon) over the last axis: [...,C] -> [...,1]. */
export function inverseRms(x: Value, epsilon: number): Value {
  return apply("inverseRms", [x], { epsilon });
}

/** Root-mean-square normalisation (Zhang & Sennrich 2019): x [...,C] · inverseRms(x) · weight [C]. */
export function rmsNorm(x: Value, weight: Value, epsilon: number): Value {
  return apply("rmsNorm", [x, weight], { epsilon });
}

/**
 * Rotary positions (Su et al. 2021), half-split as in Hugging Face: x·cos + rotateHalf(x)·sin, rotateHalf(x) = (-x2, x1).
 * The tables' two halves must be equal, as they are there: cos[..,i] = cos[..,i+D/2].
 * @param x [...,T,D]
 * @param cos [..,T,D], broadcasts to x
 * @param sin [..,T,D], broadcasts to x
 */
export function rotary(x: Value, cos: Value, sin: Value): Value {
  return apply("rotary", [x, cos, sin], {});
}

/**
 * Grouped-query attention (Ainslie et al. 2023): softmax(scale q k' + mask) v, each group of H/KV query heads reading
 * one key-value head.
 * @param q [B,H,T,D]
 * @param k [B,KV,S,D]
 * @param v [B,KV,S,D]
 * @param mask [B or 1,1,T,S], added to the scores: 0 where a query may look, far below every score elsewhere
 * @returns [B,H,T,D]
 */
export function attention(q: Value, k: Value, v: Value, mask: Value, scale: number): Value {
  return apply("attention", [q, k, v, mask], { scale });
}
