// What every operator refuses, and that the message shows what came. A table, so that an operator without a row does not
// compile.
import { expect, it } from "vitest";
import * as f from "./functions.ts";
import type { Value } from "./graph.ts";
import type { OpName } from "./ops.ts";
import type { Shape } from "./shape.ts";

type Misfit = readonly [build: () => Value, message: string];

const x = (...shape: Shape) => f.input("x", shape);
const indices = (...shape: Shape) => f.input("indices", shape, "int32");

const unary = (op: OpName, build: (a: Value) => Value): readonly Misfit[] => [
  [() => build(indices(2)), `${op}: expected float32 operands, got int32 [2]`],
];
const binary = (op: OpName, build: (a: Value, b: Value) => Value): readonly Misfit[] => [
  [() => build(x(2, 3), x(2, 4)), `${op}: expected shapes that broadcast, got [2,3] and [2,4]`],
  [() => build(x(2), indices(2)), `${op}: expected `],
];
const lastAxis = (op: OpName, build: (a: Value) => Value): readonly Misfit[] => [
  [() => build(x()), `${op}: expected at least one axis, got []`],
];
const tokens = (op: OpName, build: (a: Value, targets: Value) => Value): readonly Misfit[] => [
  [() => build(x(3, 5), indices(4)), `${op}: expected numbers [N,V] and targets [N], got [3,5] and [4]`],
  [() => build(x(3, 5), x(3)), `${op}: expected int32 indices, got float32 [3]`],
];

const MISFITS: { readonly [K in OpName]: readonly Misfit[] } = {
  add: binary("add", f.add),
  sub: binary("sub", f.sub),
  mul: binary("mul", f.mul),
  div: binary("div", f.div),
  maximum: binary("maximum", f.maximum),
  minimum: binary("minimum", f.minimum),
  greaterEqual: binary("greaterEqual", f.greaterEqual),
  neg: unary("neg", f.neg),
  exp: unary("exp", f.exp),
  sqrt: unary("sqrt", f.sqrt),
  square: unary("square", f.square),
  reciprocal: unary("reciprocal", f.reciprocal),
  sigmoid: unary("sigmoid", f.sigmoid),
  silu: unary("silu", f.silu),
  logSigmoid: unary("logSigmoid", f.logSigmoid),
  matmul: [
    [() => f.matmul(x(2, 3), x(4, 5)), "matmul: expected equal inner sizes, got 3 and 4 of [2,3] x [4,5]"],
    [() => f.matmul(x(3), x(3, 2)), "matmul: expected operands with at least two axes, got [3] x [3,2]"],
    [
      () => f.matmul(x(2, 3), x(3, 2), { transposeB: true }),
      "matmul: expected equal inner sizes, got 3 and 2 of [2,3] x [3,2] transposed",
    ],
  ],
  sum: [[() => f.sum(x(2, 3), { axes: [2] }), "sum: expected an axis in -2..1, got 2"]],
  reshape: [[() => f.reshape(x(2, 3), [4]), "reshape: expected a shape of 6 elements for [2,3], got [4]"]],
  transpose: [
    [() => f.transpose(x(2, 3), [0, 0]), "transpose: expected a permutation of the axes of [2,3], got [0,0]"],
  ],
  slice: [
    [() => f.slice(x(4, 3), 0, 2, 5), "slice: expected a range within 0..4 of axis 0 of [4,3], got 2..5"],
  ],
  pad: [[() => f.pad(x(2), 0, -1, 0), "pad: expected paddings of at least 0, got -1 and 0"]],
  concat: [
    [
      () => f.concat([x(2, 3), x(3, 3)], 1),
      "concat: expected operands that differ only on axis 1, got [2,3] [3,3]",
    ],
  ],
  expand: [[() => f.expand(x(3), [2, 4]), "expand: expected shapes that broadcast, got [3] and [2,4]"]],
  gatherRows: [
    [() => f.gatherRows(x(4), indices(2)), "gatherRows: expected a table [N,C], got [4]"],
    [() => f.gatherRows(x(4, 2), x(2)), "gatherRows: expected int32 indices, got float32 [2]"],
  ],
  scatterAddRows: [
    [
      () => f.scatterAddRows(4, indices(2), x(3, 2)),
      "scatterAddRows: expected indices [...] and updates [...,C], got [2] and [3,2]",
    ],
  ],
  pickTokens: tokens("pickTokens", f.pickTokens),
  addAtTokens: [
    ...tokens("addAtTokens", (a, targets) => f.addAtTokens(a, targets, x(3))),
    [() => f.addAtTokens(x(3, 5), indices(3), x(2)), "addAtTokens: expected updates [3], got [2]"],
  ],
  softmax: lastAxis("softmax", f.softmax),
  tokenLogProbs: tokens("tokenLogProbs", f.tokenLogProbs),
  inverseRms: lastAxis("inverseRms", (a) => f.inverseRms(a, 1e-5)),
  rmsNorm: [
    [() => f.rmsNorm(x(2, 3), x(4), 1e-5), "rmsNorm: expected x [...,C] and weight [C], got [2,3] and [4]"],
  ],
  rotary: [
    [
      () => f.rotary(x(2, 3), x(2, 3), x(2, 3)),
      "rotary: expected x [...,T,D] with D even, and cos and sin [..,T,D], got [2,3], [2,3] and [2,3]",
    ],
  ],
  attention: [
    [
      () => f.attention(x(1, 3, 2, 4), x(1, 2, 2, 4), x(1, 2, 2, 4), x(1, 1, 2, 2), 1),
      "attention: expected q [B,H,T,D], k and v [B,KV,S,D] with KV dividing H, and a mask [B or 1,1,T,S], got [1,3,2,4], [1,2,2,4], [1,2,2,4], [1,1,2,2]",
    ],
  ],
};

it.each(
  Object.entries(MISFITS).flatMap(([op, misfits]) =>
    misfits.map(([build, message]) => [op, message, build] as const),
  ),
)("%s refuses what does not fit: %s", (_, message, build) => {
  expect(build).toThrow(message);
});

it("an operator is given as many operands as it takes", () => {
  expect(() => f.apply("add", [x(2)], {})).toThrow("add: expected 2 operands, got 1");
});
