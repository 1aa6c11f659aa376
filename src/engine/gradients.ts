// THE TABLE of gradients: for each operator, what its operands' gradients are, as values of the same graph, given the
// gradient of its result (reverse mode). A rule may build more than is asked for: what no output needs is never run.
// g is the gradient of the result, y the result itself; "broadcast" in a comment means summed back to the operand's shape.

import {
  add,
  addAtTokens,
  concat,
  constant,
  div,
  expand,
  gatherRows,
  greaterEqual,
  inverseRms,
  matmul,
  mul,
  neg,
  pad,
  pickTokens,
  reshape,
  rotary,
  scatterAddRows,
  sigmoid,
  slice,
  softmax,
  square,
  sub,
  sum,
  transpose,
} from "./functions.ts";
import type { Value } from "./graph.ts";
import type { Attributes, OpName } from "./ops.ts";
import { type Shape, sameShape, sizeOf } from "./shape.ts";
import { filled, zeros } from "./tensor.ts";

/** One application of an operator, on the way back. */
export interface Application<K extends OpName> {
  readonly inputs: readonly Value[];
  readonly attributes: Attributes[K];
  /** The result of the application. */
  readonly y: Value;
  /** Gradient of the loss by y; the shape of y. */
  readonly g: Value;
}

/** Gradients by each input, of the input's shape; null where the input has none, by its nature. */
export type Rule<K extends OpName> = (application: Application<K>) => readonly (Value | null)[];

/** Why an operator passes no gradient to any input. */
export interface NoGradient {
  readonly none: string;
}

/** Sums a broadcast value back to the shape it was broadcast from. */
export function sumTo(value: Value, shape: Shape): Value {
  const extra = value.shape.length - shape.length;
  const axes = [...value.shape.keys()].filter(
    (axis) => axis < extra || (shape[axis - extra] === 1 && value.shape[axis] !== 1),
  );
  return reshape(axes.length === 0 ? value : sum(value, { axes, keepDims: true }), shape);
}

/** Rule of an elementwise function of one operand, from its derivative times g. */
const elementwise =
  <K extends OpName>(derivative: (a: Value, y: Value, g: Value) => Value): Rule<K> =>
  ({ inputs: [a], y, g }) => [derivative(a!, y, g)];

/** Rule of an elementwise function of two operands that broadcast. */
const broadcast =
  <K extends OpName>(rule: (a: Value, b: Value, y: Value, g: Value) => readonly [Value, Value]): Rule<K> =>
  ({ inputs: [a, b], y, g }) => {
    const [byA, byB] = rule(a!, b!, y, g);
    return [sumTo(byA, a!.shape), sumTo(byB, b!.shape)];
  };

/** The larger (or smaller) operand takes the gradient; equal operands take half each. */
function splitByOrder(larger: Value, smaller: Value, g: Value): readonly [Value, Value] {
  const wins = greaterEqual(larger, smaller);
  const loses = greaterEqual(smaller, larger);
  const share = mul(add(sub(wins, loses), 1), 0.5); // 1, 1/2 or 0
  return [mul(g, share), mul(g, sub(1, share))];
}

/** C = s A B. Then dA = s dC B', dB = s A' dC, with the transposes moved to where the operand's own layout wants them. */
function matmulRule({ inputs, attributes, g }: Application<"matmul">): readonly Value[] {
  const [a, b] = inputs as readonly [Value, Value];
  const { transposeA, transposeB, scale } = attributes;
  const scaled = transposeA ? undefined : scaledRows(g);
  if (scaled !== undefined) {
    // dC = diag(c) X: scale the rows of the products' narrow sides, not of the wide X.
    const { x, column } = scaled;
    const narrow = mul(a, column);
    const byA = mul(matmul(x, b, { transposeB: !transposeB, scale }), column);
    const byB = transposeB
      ? matmul(x, narrow, { transposeA: true, scale })
      : matmul(narrow, x, { transposeA: true, scale });
    return [byA, byB];
  }
  const byA = transposeA
    ? matmul(b, g, { transposeA: transposeB, transposeB: true, scale })
    : matmul(g, b, { transposeB: !transposeB, scale });
  const byB = transposeB
    ? matmul(g, a, { transposeA: true, transposeB: transposeA, scale })
    : matmul(a, g, { transposeA: !transposeA, scale });
  return [sumTo(byA, a.shape), sumTo(byB, b.shape)];
}

/** A matrix written as the rows of another, each times a number: x [N,V] and column [N,1]. */
function scaledRows({ node, shape }: Value): { readonly x: Value; readonly column: Value } | undefined {
  if (node.op !== "mul" || shape.length !== 2) return undefined;
  const [x, column] = node.inputs as readonly [Value, Value];
  return sameShape(x.shape, shape) && sameShape(column.shape, [shape[0]!, 1]) ? { x, column } : undefined;
}

/**
 * y = x r w with r = inverseRms(x), row by row over C channels. With s = g x:
 * dw = sum over rows of s r, and dx = g w r - x r^3 (s . w) / C. The two sums are products with one column.
 */
function rmsNormRule({ inputs, attributes, g }: Application<"rmsNorm">): readonly Value[] {
  const [x, weight] = inputs as readonly [Value, Value];
  const channels = weight.shape[0]!; // C
  const rows = sizeOf(x.shape) / channels; // N
  const r = inverseRms(x, attributes.epsilon); // [...,1]
  const s = reshape(mul(g, x), [rows, channels]); // [N,C]
  const byWeight = matmul(reshape(r, [1, rows]), s); // [1,C]
  const dots = reshape(matmul(s, reshape(weight, [channels, 1])), r.shape); // [...,1]
  const along = mul(mul(mul(r, square(r)), dots), 1 / channels); // [...,1]
  const byX = sub(mul(mul(g, weight), r), mul(x, along));
  return [byX, reshape(byWeight, [channels])];
}

/** dlogits = -g (softmax - 1[target]), the factor last, where a product before it can take it (matmulRule). */
function tokenLogProbsRule({ inputs, g }: Application<"tokenLogProbs">): readonly (Value | null)[] {
  const [logits, targets] = inputs as readonly [Value, Value];
  const rows = targets.shape[0]!; // N
  const surprise = addAtTokens(softmax(logits), targets, constant(filled([rows], -1))); // [N,V]
  return [mul(surprise, reshape(neg(g), [rows, 1])), null];
}

/**
 * Y = P V with P = softmax(s Q K' + mask), for each key-value head. dV = P' dY, and with dP = dY V'
 * dS = P (dP - rowsum(P dP)) = P (dP - rowsum(dY Y)), as in FlashAttention (Dao et al. 2022, appendix B).
 * The subtraction is one more column in the product: dP - r 1' = [dY, r] [V, -1]'. Then dQ = s dS K, dK = s dS' Q.
 */
function attentionRule({
  inputs,
  attributes: { scale },
  y,
  g,
}: Application<"attention">): readonly (Value | null)[] {
  const [q, k, v, mask] = inputs as readonly [Value, Value, Value, Value];
  const [B, H, T, D] = q.shape as readonly [number, number, number, number];
  const [, KV, S] = k.shape as readonly [number, number, number, number];
  const grouped: Shape = [B, KV, (H / KV) * T, D];
  const rows = reshape(q, grouped);
  const scores = reshape(matmul(rows, k, { transposeB: true, scale }), [B, H, T, S]);
  const weights = reshape(softmax(add(scores, mask)), [B, KV, (H / KV) * T, S]); // P, computed once with the forward
  const byY = reshape(g, grouped);
  const rowSums = sum(mul(byY, reshape(y, grouped)), { axes: [-1], keepDims: true }); // [B,KV,GT,1]
  const minusOnes = constant(filled([B, KV, S, 1], -1));
  const centred = matmul(concat([byY, rowSums], -1), concat([v, minusOnes], -1), { transposeB: true });
  const byScores = mul(weights, centred); // [B,KV,GT,S]
  return [
    reshape(matmul(byScores, k, { scale }), q.shape),
    matmul(byScores, rows, { transposeA: true, scale }),
    matmul(weights, byY, { transposeA: true }),
    sumTo(reshape(byScores, scores.shape), mask.shape),
  ];
}

/** y = x cos + half(x) sin, where half(x) = (-x2, x1) is a rotation by a right angle; its transpose has the sine's sign turned. */
function rotaryRule({ inputs, g }: Application<"rotary">): readonly Value[] {
  const [x, cos, sin] = inputs as readonly [Value, Value, Value];
  const half = rotary(x, constant(zeros(cos.shape)), constant(filled(sin.shape, 1)));
  return [rotary(g, cos, neg(sin)), sumTo(mul(g, x), cos.shape), sumTo(mul(g, half), sin.shape)];
}

/** Every operator, in the order of `Attributes`. */
const gradientRules: { readonly [K in OpName]: Rule<K> | NoGradient } = {
  add: broadcast((_a, _b, _y, g) => [g, g]),
  sub: broadcast((_a, _b, _y, g) => [g, neg(g)]),
  mul: broadcast((a, b, _y, g) => [mul(g, b), mul(g, a)]),
  div: broadcast((_a, b, y, g) => {
    const byA = div(g, b);
    return [byA, neg(mul(byA, y))];
  }),
  maximum: broadcast((a, b, _y, g) => splitByOrder(a, b, g)),
  minimum: broadcast((a, b, _y, g) => splitByOrder(b, a, g)),
  greaterEqual: { none: "piecewise constant" },
  neg: elementwise((_a, _y, g) => neg(g)),
  exp: elementwise((_a, y, g) => mul(g, y)),
  sqrt: elementwise((_a, y, g) => div(mul(g, 0.5), y)),
  square: elementwise((a, _y, g) => mul(mul(g, 2), a)),
  reciprocal: elementwise((_a, y, g) => neg(mul(g, square(y)))),
  sigmoid: elementwise((_a, y, g) => mul(g, mul(y, sub(1, y)))),
  // s + a s (1 - s) = s + y (1 - s)
  silu: elementwise((a, y, g) => {
    const s = sigmoid(a);
    return mul(g, add(s, mul(y, sub(1, s))));
  }),
  logSigmoid: elementwise((a, _y, g) => mul(g, sigmoid(neg(a)))),
  matmul: matmulRule,
  sum: ({ inputs: [a], attributes: { axes }, g }) => {
    const kept = a!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    return [expand(reshape(g, kept), a!.shape)];
  },
  reshape: ({ inputs: [a], g }) => [reshape(g, a!.shape)],
  transpose: ({ attributes: { permutation }, g }) => [
    transpose(
      g,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  slice: ({ inputs: [a], attributes: { axis, start, end }, g }) => [
    pad(g, axis, start, a!.shape[axis]! - end),
  ],
  pad: ({ inputs: [a], attributes: { axis, before }, g }) => [
    slice(g, axis, before, before + a!.shape[axis]!),
  ],
  concat: ({ inputs, attributes: { axis }, g }) => {
    let start = 0;
    return inputs.map(({ shape }) => {
      const end = start + shape[axis]!;
      const part = slice(g, axis, start, end);
      start = end;
      return part;
    });
  },
  expand: ({ inputs: [a], g }) => [sumTo(g, a!.shape)],
  gatherRows: ({ inputs: [table, indices], g }) => [scatterAddRows(table!.shape[0]!, indices!, g), null],
  scatterAddRows: ({ inputs: [indices], g }) => [null, gatherRows(g, indices!)],
  pickTokens: ({ inputs: [numbers, targets], g }) => [
    addAtTokens(expand(constant(0), numbers!.shape), targets!, g),
    null,
  ],
  addAtTokens: ({ inputs: [, targets], g }) => [g, null, pickTokens(g, targets!)],
  softmax: elementwise((_a, y, g) => {
    const weighted = mul(g, y);
    return sub(weighted, mul(y, sum(weighted, { axes: [-1], keepDims: true })));
  }),
  tokenLogProbs: tokenLogProbsRule,
  // y = (mean(x^2) + e)^(-1/2), so dx = -y^3 x / C, times g
  inverseRms: ({ inputs: [x], y, g }) => [mul(x!, mul(mul(g, mul(y, square(y))), -1 / x!.shape.at(-1)!))],
  rmsNorm: rmsNormRule,
  rotary: rotaryRule,
  attention: attentionRule,
};

/** The gradients of one application's inputs; all null where the operator has none. */
export function gradientsOf<K extends OpName>(op: K, application: Application<K>): readonly (Value | null)[] {
  const rule: Rule<K> | NoGradient = gradientRules[op];
  if ("none" in rule) return application.inputs.map(() => null);
  const gradients = rule(application);
  for (const [i, gradient] of gradients.entries()) {
    const { shape } = application.inputs[i]!;
    if (gradient !== null && !sameShape(gradient.shape, shape)) {
      throw new Error(`internal: gradient of ${op}: expected [${shape}], got [${gradient.shape}]`);
    }
  }
  return gradients;
}
