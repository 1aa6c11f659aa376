import { expect, it } from "vitest";
import { expectClose } from "../../test/close.ts";
import { gradients } from "./backward.ts";
import * as f from "./functions.ts";
import type { Value } from "./graph.ts";
import { interpret } from "./interpret.ts";
import { lowerGraph } from "./lower.ts";
import { seed } from "./random.ts";
import { compile, settle } from "./session.ts";
import { sizeOf } from "./shape.ts";
import { filled, float32, int32, type Tensor } from "./tensor.ts";

const draw = (name: string, shape: readonly number[]): Tensor<"float32"> => {
  const random = seed(name).random();
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    shape,
  );
};

/** Two layers of a network with an embedding, large enough for every kernel to be split over threads. */
function network() {
  const [table, w1, w2] = [f.input("table", [64, 96]), f.input("w1", [256, 96]), f.input("w2", [64, 256])];
  const tokens = f.input("tokens", [512], "int32");
  const hidden = f.silu(
    f.matmul(f.rmsNorm(f.gatherRows(table, tokens), f.constant(filled([96], 1)), 1e-5), w1, {
      transposeB: true,
    }),
  );
  const logits = f.matmul(hidden, w2, { transposeB: true });
  const loss = f.mul(f.sum(f.tokenLogProbs(logits, tokens)), -1 / 512);
  const [byTable, byW1, byW2] = gradients(loss, [table, w1, w2]) as [Value, Value, Value];
  const feeds = {
    table: draw("table", [64, 96]),
    w1: draw("w1", [256, 96]),
    w2: draw("w2", [64, 256]),
    tokens: int32(Int32Array.from({ length: 512 }, (_, i) => (i * i) % 64)),
  };
  return { outputs: { loss, byTable, byW1, byW2 }, feeds };
}

it("the same run twice gives the same bytes, also from a second compilation", async () => {
  const { outputs, feeds } = network();
  const [first, second] = [await compile(outputs), await compile(network().outputs)];
  const runs = [await first.run(feeds), await first.run(feeds), await second.run(feeds)];
  for (const run of runs) {
    for (const name of Object.keys(outputs)) expect(run[name]!.data).toEqual(runs[0]![name]!.data);
  }
  await Promise.all([first.dispose(), second.dispose()]);
});

it("rows that threads could add to at once all count", async () => {
  const [rows, count, width] = [40, 4096, 128];
  const targets = Int32Array.from({ length: count }, (_, i) => (i * i) % rows);
  const updates = draw("updates", [count, width]);
  const expected = new Float64Array(rows * width);
  for (const [i, number] of updates.data.entries())
    expected[targets[Math.floor(i / width)]! * width + (i % width)]! += number;
  const [indices, values] = [f.input("targets", [count], "int32"), f.input("updates", [count, width])];
  const executable = await compile({ sums: f.scatterAddRows(rows, indices, values) }, { threads: 2 });
  for (let run = 0; run < 10; run++) {
    const { sums } = await executable.run({ targets: int32(targets), updates });
    expectClose(`run ${run}`, sums!.data, expected, "float32");
  }
  await executable.dispose();
});

it("the same graph built twice lowers to the same bytes", () => {
  expect(lowerGraph(network().outputs).bytes).toEqual(lowerGraph(network().outputs).bytes);
});

it("a network computes what the interpreter computes", async () => {
  const { outputs, feeds } = network();
  const executable = await compile(outputs);
  const results = await executable.run(feeds);
  const expected = interpret(
    Object.values(outputs),
    Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data])),
  );
  for (const [i, name] of Object.keys(outputs).entries()) {
    expectClose(name, results[name]!.data, expected[i]!.data, "chained");
  }
  await executable.dispose();
});

it("an output may have the name of an input, be an input or a constant, or stand under two names", async () => {
  const x = f.input("x", [2]);
  const y = f.add(x, 1);
  const executable = await compile({ x: y, same: y, input: x, seven: f.constant(7) });
  const results = await executable.run({ x: float32([1, 2]) });
  expect(Object.entries(results).map(([name, { data }]) => [name, ...data])).toEqual([
    ["x", 2, 3],
    ["same", 2, 3],
    ["input", 1, 2],
    ["seven", 7],
  ]);
  await executable.dispose();
});

it("feeds that are missing, unknown or of another shape or dtype are refused by name", async () => {
  const executable = await compile({ y: f.add(f.input("x", [2]), f.input("z", [2])) });
  const x = float32([1, 2]);
  await expect(executable.run({ x })).rejects.toThrow("run: expected a tensor for input z, got x");
  await expect(executable.run({ x, z: x, w: x })).rejects.toThrow("run: expected inputs x, z, got w");
  await expect(executable.run({ x, z: float32([1, 2, 3]) })).rejects.toThrow(
    "input z: expected float32 [2], got float32 [3]",
  );
  await expect(executable.run({ x, z: int32([1, 2]) })).rejects.toThrow(
    "input z: expected float32 [2], got int32 [2]",
  );
  await executable.dispose();
});

it("one name for two different inputs is refused", async () => {
  await expect(compile({ y: f.add(f.input("x", [2]), f.sum(f.input("x", [3]))) })).rejects.toThrow(
    "input x: expected float32 [2] everywhere, got float32 [3] under the same name",
  );
});

it("softmax, log-probabilities and log sigmoid of extreme numbers stay finite", async () => {
  const x = f.input("x", [3]);
  const executable = await compile({
    softmax: f.softmax(x),
    logProb: f.tokenLogProbs(f.reshape(x, [1, 3]), f.constant(int32([0]))),
    logSigmoid: f.logSigmoid(x),
  });
  const results = await executable.run({ x: float32([-1e4, 1e4, 1e4]) });
  expect([...results["softmax"]!.data]).toEqual([0, 0.5, 0.5]);
  expectClose("logProb", results["logProb"]!.data, [-2e4 - Math.LN2], "float32");
  expect(Array.from(results["logSigmoid"]!.data, Math.abs)).toEqual([1e4, 0, 0]);
  await executable.dispose();
});

it("an output may be written into a tensor, also into the one that it is computed from", async () => {
  const [total, x] = [f.input("total", [2]), f.input("x", [2])];
  const executable = await compile({ total: f.add(total, x), seen: f.sum(total) });
  const sum = float32([1, 2]);
  await executable.run({ total: sum, x: float32([10, 10]) }, { total: sum });
  const results = await executable.run({ total: sum, x: float32([100, 100]) }, { total: sum });
  expect(results["total"]).toBe(sum);
  expect([...results["seen"]!.data]).toEqual([23]);
  await settle([sum]); // as on a GPU; here it lies where it was written
  expect([...sum.data]).toEqual([111, 112]);
  await expect(executable.run({ total: sum, x: sum }, { total: float32([1]) })).rejects.toThrow(
    "output total: expected float32 [2], got float32 [1]",
  );
  await executable.dispose();
});
