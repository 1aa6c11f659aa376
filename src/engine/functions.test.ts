import { expect, it } from "vitest";
import * as f from "./functions.ts";
import { float32, int32, zeros } from "./tensor.ts";

const x = f.input("x", [2, 3]);
const tokens = f.input("tokens", [2], "int32");

interface Refusal {
  readonly build: () => unknown;
  readonly message: string;
}

it.each(
  [
    [() => f.add(x, f.input("y", [2])), "add: expected shapes that broadcast, got [2,3] and [2]"],
    [() => f.add(x, f.input("y", [2, 3], "int32")), "add: expected float32 operands, got int32 [2,3]"],
    [() => f.matmul(x, x), "matmul: expected equal inner sizes, got 3 and 2 of [2,3] x [2,3]"],
    [
      () => f.matmul(x, f.input("w", [2, 4]), { transposeA: true, transposeB: true }),
      "matmul: expected equal inner sizes, got 2 and 4 of [2,3] transposed x [2,4] transposed",
    ],
    [
      () => f.matmul(x, f.input("y", [3])),
      "matmul: expected operands with at least two axes, got [2,3] x [3]",
    ],
    [() => f.reshape(x, [4, 2]), "reshape: expected a shape of 6 elements for [2,3], got [4,2]"],
    [() => f.transpose(x, [0, 0]), "transpose: expected a permutation of the axes of [2,3], got [0,0]"],
    [() => f.slice(x, 1, 2, 4), "slice: expected a range within 0..3 of axis 1 of [2,3], got 2..4"],
    [() => f.slice(x, 2, 0, 1), "slice: expected an axis in -2..1, got 2"],
    [
      () => f.concat([x, f.input("y", [3, 3])], 1),
      "concat: expected operands that differ only on axis 1, got [2,3] [3,3]",
    ],
    [() => f.expand(x, [3]), "expand: expected a shape that [2,3] broadcasts to, got [3]"],
    [() => f.sum(x, { axes: [5] }), "sum: expected an axis in -2..1, got 5"],
    [() => f.gatherRows(x, x), "gatherRows: expected int32 indices, got float32 [2,3]"],
    [() => f.gatherRows(f.input("y", [3]), tokens), "gatherRows: expected a table [N,C], got [3]"],
    [
      () => f.tokenLogProbs(x, f.input("t", [3], "int32")),
      "tokenLogProbs: expected numbers [N,V] and targets [N], got [2,3] and [3]",
    ],
    [
      () => f.rmsNorm(x, f.input("w", [2]), 1e-5),
      "rmsNorm: expected x [...,C] and weight [C], got [2,3] and [2]",
    ],
    [
      () => f.rotary(x, x, x),
      "rotary: expected x [...,T,D] with D even, and cos and sin [..,T,D], got [2,3], [2,3] and [2,3]",
    ],
    [
      () =>
        f.attention(f.input("q", [1, 3, 2, 4]), f.input("k", [1, 2, 2, 4]), f.input("k", [1, 2, 2, 4]), x, 1),
      "attention: expected q [B,H,T,D], k and v [B,KV,S,D] with KV dividing H, and a mask [B or 1,1,T,S]",
    ],
    [() => f.input("x", [2, 0]), "input x: expected sizes of at least 1, got 2,0"],
    [() => float32([1, 2, 3], [2, 2]), "float32: expected 4 numbers for shape [2,2], got 3"],
  ].map(([build, message]) => ({ build, message }) as Refusal),
)("$message", ({ build, message }) => {
  expect(build).toThrow(message);
});

it("one size of a new shape may be left open", () => {
  expect(f.reshape(x, [3, -1]).shape).toEqual([3, 2]);
});

it("a number stands for a scalar", () => {
  const { node, shape } = f.mul(x, 2);
  expect(shape).toEqual([2, 3]);
  expect(node.op === "mul" && node.inputs[1]?.node).toMatchObject({ op: "constant", tensor: { shape: [] } });
});

it("a product with a weight is one product over flattened rows", () => {
  const product = f.matmul(f.input("a", [4, 5, 3]), f.input("w", [7, 3]), { transposeB: true });
  expect(product.shape).toEqual([4, 5, 7]);
  expect(product.node.op === "reshape" && product.node.inputs[0]?.shape).toEqual([20, 7]);
});

it("tensors keep typed arrays and copy others", () => {
  const data = new Float32Array(2);
  expect(float32(data).data).toBe(data);
  expect(int32([1, 2]).data).toEqual(Int32Array.of(1, 2));
  expect(zeros([2, 2]).data.length).toBe(4);
});
