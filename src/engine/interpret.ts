// THE TABLE of meanings: every operator in plain float64 loops, slow and obvious. The independent truth that ONNX
// Runtime and the gradients are tested against; nothing else uses it.

import { type OpNode, reachableFrom, type Value } from "./graph.ts";
import type { Attributes, OpName } from "./ops.ts";
import { type Shape, sizeOf, stridesOf } from "./shape.ts";

/** Numbers of one shape in float64, row-major. */
export interface Numbers {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** One application of an operator to numbers. */
interface Call<K extends OpName> {
  readonly inputs: readonly Numbers[];
  readonly attributes: Attributes[K];
  /** Shape of the result. */
  readonly shape: Shape;
}

/** Returns the result's numbers. */
type Meaning<K extends OpName> = (call: Call<K>) => Float64Array;

/** The coordinates of every element of a shape, in order. */
function coordinatesOf(shape: Shape): readonly (readonly number[])[] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    shape.map((size, axis) => Math.floor(i / strides[axis]!) % size),
  );
}

/** Element at the given coordinates, where missing leading axes and axes of size 1 broadcast. */
function at({ shape, data }: Numbers, coordinates: readonly number[]): number {
  const strides = stridesOf(shape);
  const extra = coordinates.length - shape.length;
  let offset = 0;
  for (const [axis, size] of shape.entries())
    offset += size === 1 ? 0 : coordinates[axis + extra]! * strides[axis]!;
  return data[offset]!;
}

/** Computes each element of the result from its coordinates. */
function each(
  shape: Shape,
  element: (coordinates: readonly number[], index: number) => number,
): Float64Array {
  return Float64Array.from(coordinatesOf(shape), element);
}

const unary =
  (f: (a: number) => number) =>
  ({ inputs }: Call<OpName>): Float64Array =>
    inputs[0]!.data.map(f);

const binary =
  (f: (a: number, b: number) => number) =>
  ({ inputs, shape }: Call<OpName>): Float64Array =>
    each(shape, (where) => f(at(inputs[0]!, where), at(inputs[1]!, where)));

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
const total = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

/** Applies a function to each row along the last axis. */
function byRow(
  { shape, data }: Numbers,
  f: (row: readonly number[], index: number) => readonly number[],
): Float64Array {
  const width = shape.at(-1)!;
  const rows = Array.from({ length: data.length / width }, (_, i) =>
    f([...data.slice(i * width, (i + 1) * width)], i),
  );
  return Float64Array.from(rows.flat());
}

function logSoftmax(row: readonly number[]): readonly number[] {
  const largest = Math.max(...row);
  const logTotal = Math.log(total(row.map((a) => Math.exp(a - largest)))) + largest;
  return row.map((a) => a - logTotal);
}

const inverseRms = (row: readonly number[], epsilon: number): number =>
  1 / Math.sqrt(total(row.map((a) => a * a)) / row.length + epsilon);

const matmul: Meaning<"matmul"> = ({ inputs: [a, b], attributes, shape }) => {
  const { transposeA, transposeB, scale } = attributes;
  const inner = a!.shape.at(transposeA ? -2 : -1)!; // K
  return each(shape, (where) => {
    const [batch, row, column] = [where.slice(0, -2), where.at(-2)!, where.at(-1)!];
    let dot = 0;
    for (let k = 0; k < inner; k++) {
      const left = at(a!, [...batch, ...(transposeA ? [k, row] : [row, k])]);
      const right = at(b!, [...batch, ...(transposeB ? [column, k] : [k, column])]);
      dot += left * right;
    }
    return scale * dot;
  });
};

const sum: Meaning<"sum"> = ({ inputs, attributes: { axes } }) => {
  const { shape, data } = inputs[0]!;
  const kept = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const strides = stridesOf(kept);
  const sums = new Float64Array(sizeOf(kept));
  for (const [i, where] of coordinatesOf(shape).entries())
    sums[total(where.map((x, axis) => (kept[axis] === 1 ? 0 : x * strides[axis]!)))]! += data[i]!;
  return sums;
};

const concat: Meaning<"concat"> = ({ inputs, attributes: { axis }, shape }) =>
  each(shape, (where) => {
    let position = where[axis]!;
    for (const part of inputs) {
      const size = part.shape[axis]!;
      if (position < size) return at(part, where.with(axis, position));
      position -= size;
    }
    throw new Error("internal: concat: expected a position within the parts");
  });

const pad: Meaning<"pad"> = ({ inputs: [a], attributes: { axis, before }, shape }) =>
  each(shape, (where) => {
    const position = where[axis]! - before;
    return position >= 0 && position < a!.shape[axis]! ? at(a!, where.with(axis, position)) : 0;
  });

const scatterAddRows: Meaning<"scatterAddRows"> = ({ inputs: [indices, updates], shape }) => {
  const table = new Float64Array(sizeOf(shape));
  const width = shape[1]!;
  for (const [i, update] of updates!.data.entries()) {
    table[indices!.data[Math.floor(i / width)]! * width + (i % width)]! += update;
  }
  return table;
};

const addAtTokens: Meaning<"addAtTokens"> = ({ inputs: [numbers, targets, updates] }) => {
  const sums = numbers!.data.slice();
  for (const [row, update] of updates!.data.entries()) {
    sums[row * numbers!.shape[1]! + targets!.data[row]!]! += update;
  }
  return sums;
};

const rotary: Meaning<"rotary"> = ({ inputs: [x, cos, sin], shape }) => {
  const size = shape.at(-1)!; // D
  return each(shape, (where) => {
    const d = where.at(-1)!;
    const partner = at(x!, where.with(-1, (d + size / 2) % size));
    const rotated = d < size / 2 ? -partner : partner;
    return at(x!, where) * at(cos!, where) + rotated * at(sin!, where);
  });
};

const attention: Meaning<"attention"> = ({ inputs: [q, k, v, mask], attributes: { scale }, shape }) => {
  const [, H, , D] = shape as readonly [number, number, number, number];
  const [, KV, S] = k!.shape as readonly [number, number, number, number];
  return each(shape, ([b, h, t, d]) => {
    const group = Math.floor((h! * KV) / H);
    const scores = Array.from({ length: S }, (_, s) => {
      const products = Array.from(
        { length: D },
        (_, i) => at(q!, [b!, h!, t!, i]) * at(k!, [b!, group, s, i]),
      );
      return scale * total(products) + at(mask!, [b!, 0, t!, s]);
    });
    return total(logSoftmax(scores).map((logWeight, s) => Math.exp(logWeight) * at(v!, [b!, group, s, d!])));
  });
};

/** Every operator, in the order of `Attributes`. */
const meanings: { readonly [K in OpName]: Meaning<K> } = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b),
  div: binary((a, b) => a / b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  greaterEqual: binary((a, b) => (a >= b ? 1 : 0)),
  neg: unary((a) => -a),
  exp: unary((a) => Math.exp(a)),
  sqrt: unary((a) => Math.sqrt(a)),
  square: unary((a) => a * a),
  reciprocal: unary((a) => 1 / a),
  sigmoid: unary(sigmoid),
  silu: unary((a) => a * sigmoid(a)),
  logSigmoid: unary((a) => Math.min(a, 0) - Math.log1p(Math.exp(-Math.abs(a)))),
  matmul,
  sum,
  reshape: ({ inputs }) => inputs[0]!.data,
  transpose: ({ inputs: [a], attributes: { permutation }, shape }) =>
    each(shape, (where) =>
      at(
        a!,
        permutation.map((_, axis) => where[permutation.indexOf(axis)]!),
      ),
    ),
  slice: ({ inputs: [a], attributes: { axis, start }, shape }) => {
    // Read through strides, so that an axis cut down to one position does not broadcast.
    const strides = stridesOf(a!.shape);
    return each(
      shape,
      (where) => a!.data[total(where.map((x, i) => (x + (i === axis ? start : 0)) * strides[i]!))]!,
    );
  },
  pad,
  concat,
  expand: ({ inputs: [a], shape }) => each(shape, (where) => at(a!, where)),
  gatherRows: ({ inputs: [table, indices], shape }) =>
    each(shape, (where, i) => at(table!, [indices!.data[Math.floor(i / shape.at(-1)!)]!, where.at(-1)!])),
  scatterAddRows,
  pickTokens: ({ inputs: [numbers, targets], shape }) =>
    each(shape, (where, i) => at(numbers!, [where[0]!, targets!.data[i]!])),
  addAtTokens,
  softmax: ({ inputs }) => byRow(inputs[0]!, (row) => logSoftmax(row).map(Math.exp)),
  tokenLogProbs: ({ inputs: [logits, targets] }) =>
    byRow(logits!, (row, i) => [logSoftmax(row)[targets!.data[i]!]!]),
  inverseRms: ({ inputs, attributes }) => byRow(inputs[0]!, (row) => [inverseRms(row, attributes.epsilon)]),
  rmsNorm: ({ inputs: [x, weight], attributes }) =>
    byRow(x!, (row) => row.map((a, c) => a * inverseRms(row, attributes.epsilon) * weight!.data[c]!)),
  rotary,
  attention,
};

/**
 * Computes values of a graph in float64.
 * @param feeds numbers of each input, by name
 * @throws when an input has no numbers, or not as many as its shape
 */
export function interpret(
  outputs: readonly Value[],
  feeds: Readonly<Record<string, ArrayLike<number>>>,
): readonly Numbers[] {
  const results = new Map<Value, Numbers>();
  for (const value of reachableFrom(outputs)) {
    const { node, shape } = value;
    const data =
      node.op === "input"
        ? feeds[node.name]
        : node.op === "constant"
          ? node.tensor.data
          : apply(node.op, node, shape, results);
    if (data?.length !== sizeOf(shape)) {
      const name = node.op === "input" ? `input ${node.name}` : node.op;
      throw new Error(
        `interpret: ${name}: expected ${sizeOf(shape)} numbers for [${shape}], got ${data?.length ?? "none"}`,
      );
    }
    results.set(value, { shape, data: Float64Array.from(data) });
  }
  return outputs.map((output) => results.get(output)!);
}

function apply<K extends OpName>(
  op: K,
  node: Pick<OpNode, "inputs"> & { readonly attributes: Attributes[K] },
  shape: Shape,
  results: ReadonlyMap<Value, Numbers>,
): Float64Array {
  const meaning: Meaning<K> = meanings[op];
  return meaning({
    inputs: node.inputs.map((input) => results.get(input)!),
    attributes: node.attributes,
    shape,
  });
}
