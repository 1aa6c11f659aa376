import fc from "fast-check";
import { expect, it } from "vitest";
import { expectClose } from "../../test/close.ts";
import { gradients } from "./backward.ts";
import * as f from "./functions.ts";
import { reachableFrom, type Value } from "./graph.ts";
import { interpret } from "./interpret.ts";
import { seed } from "./random.ts";
import { sizeOf } from "./shape.ts";

const numbers = (name: string, count: number) => {
  const random = seed(name).random();
  return Float64Array.from({ length: count }, () => random.normal());
};

/** Gradients against central differences of the whole graph. */
function expectSlopes(loss: Value, inputs: readonly Value[], feeds: Record<string, Float64Array>) {
  const found = interpret(gradients(loss, inputs), feeds);
  for (const [i, { node }] of inputs.entries()) {
    const name = node.op === "input" ? node.name : "";
    const slopes = Array.from(feeds[name]!, (_, at) => {
      const [above, below] = [1e-5, -1e-5].map((step) => {
        const moved = feeds[name]!.with(at, feeds[name]![at]! + step);
        return interpret([loss], { ...feeds, [name]: moved })[0]!.data[0]!;
      });
      return (above! - below!) / 2e-5;
    });
    expectClose(name, found[i]!.data, slopes, "finiteDifference");
  }
}

it("a value used twice collects both gradients", () => {
  const x = f.input("x", [3]);
  const [byX] = gradients(f.sum(f.mul(x, f.add(x, x))), [x]);
  expect([...interpret([byX!], { x: [1, 2, 3] })[0]!.data]).toEqual([4, 8, 12]); // d(2 x^2) = 4 x
});

it("a value without a path to the loss has a gradient of zeros in its own shape", () => {
  const x = f.input("x", [3]);
  const stranger = f.input("stranger", [2, 2]);
  const stopped = f.input("stopped", [3]);
  const loss = f.sum(f.mul(x, f.greaterEqual(stopped, 0)));
  const found = interpret(gradients(loss, [stranger, stopped]), {
    x: [1, 2, 3],
    stopped: [4, 5, 6],
    stranger: [0, 0, 0, 0],
  });
  expect(found.map(({ shape, data }) => [shape, [...data]])).toEqual([
    [
      [2, 2],
      [0, 0, 0, 0],
    ],
    [[3], [0, 0, 0]],
  ]);
});

it("the gradient of a loss by itself is 1, and by a value on the way what flows through it", () => {
  const x = f.input("x", [2]);
  const y = f.square(x);
  const loss = f.sum(f.mul(y, 3));
  const found = interpret(gradients(loss, [loss, y, x]), { x: [1, 2] });
  expect(found.map(({ data }) => [...data])).toEqual([[1], [3, 3], [6, 12]]);
});

it("only a float32 scalar can be differentiated", () => {
  expect(() => gradients(f.input("x", [2]), [])).toThrow(
    "gradients: expected a float32 scalar loss, got float32 [2]",
  );
});

it("slices that tile their operand give one concatenation back", () => {
  const x = f.input("x", [2, 6]);
  const parts = [f.slice(x, 1, 0, 1), f.slice(x, 1, 1, 4), f.slice(x, 1, 4, 6)];
  const loss = f.sum(parts.map((part, i) => f.sum(f.mul(part, i + 1))).reduce((a, b) => f.add(a, b)));
  const [byX] = gradients(loss, [x]);
  expect(byX!.node.op).toBe("concat");
  expect([...interpret([byX!], { x: new Array(12).fill(0) })[0]!.data]).toEqual([
    1, 2, 2, 2, 3, 3, 1, 2, 2, 2, 3, 3,
  ]);
});

it("slices that overlap, or leave a gap, add up", () => {
  const x = f.input("x", [4]);
  const loss = f.sum(f.add(f.slice(x, 0, 0, 2), f.slice(x, 0, 1, 3)));
  expect([...interpret(gradients(loss, [x]), { x: [0, 0, 0, 0] })[0]!.data]).toEqual([1, 2, 1, 0]);
});

it("gradients can be differentiated again", () => {
  const x = f.input("x", [3]);
  const [slope] = gradients(f.sum(f.mul(f.square(x), x)), [x]); // 3 x^2
  const [curvature] = gradients(f.sum(slope!), [x]); // 6 x
  expectClose("6 x", interpret([curvature!], { x: [1, -2, 3] })[0]!.data, [6, -12, 18], "finiteDifference");
});

it("a small network's gradients are its slopes", () => {
  const [w1, w2, gain] = [f.input("w1", [5, 4]), f.input("w2", [3, 5]), f.input("gain", [4])];
  const hidden = f.silu(f.matmul(f.rmsNorm(f.input("x", [2, 3, 4]), gain, 1e-5), w1, { transposeB: true }));
  const logits = f.reshape(f.matmul(hidden, w2, { transposeB: true }), [6, 3]);
  const targets = f.constant({ dtype: "int32", shape: [6], data: Int32Array.of(0, 1, 2, 2, 1, 0) });
  const loss = f.mul(f.sum(f.tokenLogProbs(logits, targets)), -1 / 6);
  const sizes = { w1: 20, w2: 15, gain: 4, x: 24 };
  expectSlopes(
    loss,
    [w1, w2, gain],
    Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, numbers(name, size)])),
  );
});

it("chains of random operators have gradients that are their slopes", () => {
  const steps: readonly ((a: Value) => Value)[] = [
    f.sigmoid,
    f.silu,
    f.softmax,
    f.logSigmoid,
    (a) => f.mul(a, f.mul(f.sum(a, { axes: [-1], keepDims: true }), 1 / a.shape[1]!)),
    (a) => f.transpose(a, [1, 0]),
    (a) => f.matmul(a, a, { transposeB: true, scale: 0.3 }),
    (a) => f.concat([f.slice(a, 0, 1, a.shape[0]!), f.slice(a, 0, 0, 1)], 0),
    (a) => f.sub(a, f.sum(a, { axes: [0] })),
  ];
  fc.assert(
    fc.property(fc.array(fc.nat(steps.length - 1), { minLength: 1, maxLength: 5 }), (chosen) => {
      const x = f.input("x", [3, 2]);
      const y = chosen.reduce((value, i) => steps[i]!(value), x);
      const weights = {
        dtype: "float32",
        shape: y.shape,
        data: Float32Array.from(numbers("w", sizeOf(y.shape))),
      } as const;
      expectSlopes(f.sum(f.mul(y, f.constant(weights))), [x], { x: numbers("x", 6) });
    }),
    { numRuns: 40, seed: 7 },
  );
});

it("nothing is built twice for an operand used many times", () => {
  const x = f.input("x", [2]);
  let y = x;
  for (let i = 0; i < 40; i++) y = f.add(y, y); // 2^40 paths
  const [byX] = gradients(f.sum(y), [x]);
  expect(reachableFrom([byX!]).length).toBeLessThan(200);
  expect(interpret([byX!], { x: [0, 0] })[0]!.data[0]).toBe(2 ** 40);
});
