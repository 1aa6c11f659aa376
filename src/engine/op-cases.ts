// At least one small graph for every operator, for the tests that hold of all operators. A table, so that an operator
// without a case does not compile. Values avoid kinks (ties, zeros) where a gradient is undefined.

import * as f from "./functions.ts";
import type { Value } from "./graph.ts";
import type { OpName } from "./ops.ts";
import { type Random, seed } from "./random.ts";
import { type Shape, sizeOf } from "./shape.ts";
import { float32, int32 } from "./tensor.ts";

/** A graph of one operator, and numbers for its inputs. */
export interface OpCase {
  readonly name: string;
  readonly output: Value;
  /** Every float32 input, in order; those with a gradient are differentiated. */
  readonly inputs: readonly Value[];
  readonly feeds: Readonly<Record<string, Float64Array>>;
}

type Draw = (random: Random) => number;
const around: Draw = (random) => random.normal();
const positive: Draw = (random) => 0.5 + random.float();
const awayFromZero: Draw = (random) => (0.5 + random.float()) * (random.chance(0.5) ? 1 : -1);

/** A case of an operator on float inputs of the given shapes. */
function caseOf(
  name: string,
  shapes: readonly Shape[],
  build: (...inputs: Value[]) => Value,
  draw: Draw = around,
): OpCase {
  const inputs = shapes.map((shape, i) => f.input(`x${i}`, shape));
  const random = seed("operator cases").child(name).random();
  const feeds = Object.fromEntries(
    shapes.map((shape, i) => [
      `x${i}`,
      Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(draw(random))),
    ]),
  );
  return {
    name: `${name} ${shapes.map((shape) => `[${shape}]`).join(" ")}`,
    output: build(...inputs),
    inputs,
    feeds,
  };
}

const unary = (op: OpName, build: (a: Value) => Value, draw?: Draw) => [caseOf(op, [[2, 3]], build, draw)];

const binary = (op: OpName, build: (a: Value, b: Value) => Value, draw?: Draw) =>
  [
    [
      [2, 3],
      [2, 3],
    ],
    [[2, 3], [3]],
    [[], [2, 3]],
    [
      [2, 1, 3],
      [4, 1],
    ],
  ].map(([a, b]) => caseOf(op, [a!, b!], (x, y) => build(x!, y!), draw));

const indices = (shape: Shape, ...numbers: number[]) => f.constant(int32(numbers, shape));

/** Tables whose halves are equal, as in Hugging Face's: any pair of functions of an angle will do, and these are operators here. */
function rotaryCase(tableShape: Shape, xShape: Shape): OpCase {
  const halfShape = [...tableShape.slice(0, -1), tableShape.at(-1)! / 2];
  return caseOf("rotary", [xShape, halfShape], (x, half) => {
    const angles = f.concat([half!, half!], -1);
    return f.rotary(x!, f.sigmoid(angles), f.silu(angles));
  });
}

/** Every operator, in the order of `Attributes`. */
export const opCases: { readonly [K in OpName]: readonly OpCase[] } = {
  add: binary("add", f.add),
  sub: binary("sub", f.sub),
  mul: binary("mul", f.mul),
  div: binary("div", f.div, awayFromZero),
  maximum: binary("maximum", f.maximum),
  minimum: binary("minimum", f.minimum),
  greaterEqual: binary("greaterEqual", f.greaterEqual),
  neg: unary("neg", f.neg),
  exp: unary("exp", f.exp),
  sqrt: unary("sqrt", f.sqrt, positive),
  square: unary("square", f.square),
  reciprocal: unary("reciprocal", f.reciprocal, awayFromZero),
  sigmoid: unary("sigmoid", f.sigmoid),
  silu: unary("silu", f.silu),
  logSigmoid: [
    ...unary("logSigmoid", f.logSigmoid),
    ...unary("logSigmoid", (a) => f.logSigmoid(f.mul(a, 40))), // would overflow if computed as it is written
  ],
  matmul: [
    caseOf(
      "matmul",
      [
        [3, 4],
        [4, 2],
      ],
      (a, b) => f.matmul(a!, b!),
    ),
    caseOf(
      "matmul A'",
      [
        [4, 3],
        [4, 2],
      ],
      (a, b) => f.matmul(a!, b!, { transposeA: true, scale: 0.5 }),
    ),
    caseOf(
      "matmul B'",
      [
        [3, 4],
        [2, 4],
      ],
      (a, b) => f.matmul(a!, b!, { transposeB: true }),
    ),
    caseOf(
      "matmul A'B'",
      [
        [4, 3],
        [2, 4],
      ],
      (a, b) => f.matmul(a!, b!, { transposeA: true, transposeB: true }),
    ),
    caseOf(
      "matmul batched",
      [
        [2, 3, 4],
        [2, 4, 2],
      ],
      (a, b) => f.matmul(a!, b!),
    ),
    caseOf(
      "matmul batched A'",
      [
        [2, 4, 3],
        [2, 4, 2],
      ],
      (a, b) => f.matmul(a!, b!, { transposeA: true }),
    ),
    caseOf(
      "matmul batched B'",
      [
        [2, 3, 4],
        [2, 5, 4],
      ],
      (a, b) => f.matmul(a!, b!, { transposeB: true, scale: 0.3 }),
    ),
    caseOf(
      "matmul batched A'B'",
      [
        [2, 4, 3],
        [2, 5, 4],
      ],
      (a, b) => f.matmul(a!, b!, { transposeA: true, transposeB: true, scale: 2 }),
    ),
    caseOf(
      "matmul broadcast",
      [
        [2, 2, 3, 4],
        [2, 1, 4, 5],
      ],
      (a, b) => f.matmul(a!, b!),
    ),
    caseOf(
      "matmul of a weight",
      [
        [2, 3, 4],
        [5, 4],
      ],
      (a, b) => f.matmul(a!, b!, { transposeB: true }),
    ),
  ],
  sum: [
    caseOf("sum", [[2, 3, 4]], (a) => f.sum(a!)),
    caseOf("sum of the last axis", [[2, 3, 4]], (a) => f.sum(a!, { axes: [-1] })),
    caseOf("sum of two axes, kept", [[2, 3, 4]], (a) => f.sum(a!, { axes: [0, 2], keepDims: true })),
    caseOf("sum of no axes", [[2, 3]], (a) => f.sum(a!, { axes: [] })),
  ],
  reshape: [caseOf("reshape", [[2, 6]], (a) => f.reshape(a!, [3, -1]))],
  transpose: [caseOf("transpose", [[2, 3, 4]], (a) => f.transpose(a!, [2, 0, 1]))],
  slice: [
    caseOf("slice", [[4, 3]], (a) => f.slice(a!, 0, 1, 3)),
    caseOf("slice of one", [[4, 3]], (a) => f.slice(a!, -1, 2, 3)),
    caseOf("slices that tile", [[2, 6]], (a) => f.mul(f.slice(a!, 1, 0, 3), f.slice(a!, 1, 3, 6))),
  ],
  pad: [caseOf("pad", [[2, 3]], (a) => f.pad(a!, 1, 1, 2))],
  concat: [
    caseOf(
      "concat",
      [
        [2, 3],
        [2, 1],
        [2, 2],
      ],
      (...parts) => f.concat(parts, 1),
    ),
  ],
  expand: [caseOf("expand", [[2, 1, 3]], (a) => f.expand(a!, [4, 2, 2, 3]))],
  gatherRows: [caseOf("gatherRows", [[4, 3]], (table) => f.gatherRows(table!, indices([2, 2], 3, 1, 3, 0)))],
  scatterAddRows: [
    caseOf("scatterAddRows", [[3, 2]], (a) => f.scatterAddRows(5, indices([3], 4, 1, 4), a!)),
    caseOf("scatterAddRows, many to a row", [[256, 4]], (a) =>
      f.scatterAddRows(3, indices([256], ...Array.from({ length: 256 }, (_, i) => (i * i) % 3)), a!),
    ),
  ],
  pickTokens: [caseOf("pickTokens", [[3, 4]], (a) => f.pickTokens(a!, indices([3], 3, 0, 3)))],
  addAtTokens: [caseOf("addAtTokens", [[3, 4], [3]], (a, b) => f.addAtTokens(a!, indices([3], 2, 0, 2), b!))],
  softmax: [caseOf("softmax", [[2, 5]], (a) => f.softmax(a!))],
  tokenLogProbs: [
    caseOf(
      "tokenLogProbs of a product",
      [
        [3, 2],
        [5, 2],
      ],
      (a, b) => f.tokenLogProbs(f.matmul(a!, b!, { transposeB: true }), indices([3], 4, 0, 4)),
    ),
    caseOf("tokenLogProbs", [[3, 5]], (a) => f.tokenLogProbs(a!, indices([3], 4, 0, 4))),
  ],
  inverseRms: [caseOf("inverseRms", [[2, 3, 4]], (a) => f.inverseRms(a!, 1e-5))],
  rmsNorm: [caseOf("rmsNorm", [[2, 3, 4], [4]], (x, weight) => f.rmsNorm(x!, weight!, 1e-5))],
  rotary: [
    rotaryCase([3, 4], [2, 2, 3, 4]),
    rotaryCase([2, 1, 3, 4], [2, 2, 3, 4]),
    rotaryCase([3, 4], [3, 4]),
  ],
  attention: [
    caseOf(
      "attention",
      [
        [2, 4, 3, 2],
        [2, 2, 5, 2],
        [2, 2, 5, 2],
        [1, 1, 3, 5],
      ],
      (q, k, v, mask) => f.attention(q!, k!, v!, mask!, 0.7),
    ),
    caseOf(
      "attention of as many heads, causal",
      [
        [1, 2, 3, 2],
        [1, 2, 3, 2],
        [1, 2, 3, 2],
      ],
      (q, k, v) =>
        f.attention(q!, k!, v!, f.constant(float32([0, -1e9, -1e9, 0, 0, -1e9, 0, 0, 0], [1, 1, 3, 3])), 0.7),
    ),
  ],
};
