import { expect, test } from "vitest";
import { expectClose } from "../../test/close.ts";
import { gradients } from "../engine/backward.ts";
import { attention as attendAtOnce, input, mul, reshape, sum, transpose } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import { seed } from "../engine/random.ts";
import { compile } from "../engine/session.ts";
import { float32 } from "../engine/tensor.ts";
import { type DecoderConfig, PLAIN_LLAMA } from "./config.ts";
import { attention, MASKED, swiglu } from "./transformer.ts";

const config: DecoderConfig = {
  ...PLAIN_LLAMA,
  hiddenSize: 8,
  intermediateSize: 6,
  layers: 1,
  heads: 4,
  keyValueHeads: 2,
  headSize: 2,
  vocabularySize: 10,
  maxPositions: 512,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
  tieWordEmbeddings: true,
  endTokens: [0],
  padToken: null,
};
const { heads: H, keyValueHeads: KV, headSize: D } = config;

const numbers = (name: string, shape: readonly number[]) => {
  const random = seed(name).random();
  const size = shape.reduce((a, b) => a * b, 1);
  return float32(
    Float32Array.from({ length: size }, () => 2 * random.float() - 1),
    shape,
  );
};

/** A value and its gradients by some inputs, weighed so that no two elements count alike. */
async function withGradients(y: Value, inputs: Readonly<Record<string, readonly number[]>>, by: Value[]) {
  const weights = input("weights", y.shape);
  const found = gradients(sum(mul(y, weights)), by);
  const graph = await compile({
    y,
    ...Object.fromEntries(found.map((value, i) => [`gradient ${i}`, value])),
  });
  const feeds = Object.entries({ ...inputs, weights: y.shape }).map(([name, shape]) => [
    name,
    name === "mask" ? causal(shape) : numbers(name, shape),
  ]);
  const results = await graph.run(Object.fromEntries(feeds));
  await graph.dispose();
  return results;
}

/** Causal, every row falls into two segments, and keys before all queries are seen by all. */
function causal(shape: readonly number[]) {
  const [B, , T, S] = shape as [number, number, number, number];
  const P = S - T;
  const data = new Float32Array(B * T * S).fill(-MASKED);
  for (let b = 0; b < B; b++) {
    const middle = 70 + 30 * b;
    for (let i = 0; i < T; i++) {
      const start = (b * T + i) * S;
      data.fill(0, start, start + P);
      data.fill(0, start + P + (i < middle ? 0 : middle), start + P + i + 1);
    }
  }
  return float32(data, shape);
}

test.each([
  [40, 0],
  [96, 0],
  [200, 0],
  [200, 64],
])("attention block by block is attention at once, gradients too: %i tokens after %i", async (T, P) => {
  const B = 2;
  const S = P + T;
  const shapes = { q: [B, KV, (H / KV) * T, D], k: [B, KV, S, D], v: [B, KV, S, D], mask: [B, 1, T, S] };
  const [q, k, v, mask] = Object.entries(shapes).map(([name, shape]) => input(name, shape)) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const whole = attendAtOnce(reshape(q, [B, H, T, D]), k, v, mask, 1 / Math.sqrt(D));
  const expected = reshape(transpose(whole, [0, 2, 1, 3]), [B * T, H * D]);
  const atOnce = await withGradients(expected, shapes, [q, k, v]);
  const inBlocks = await withGradients(attention(config, { q, k, v }, mask), shapes, [q, k, v]);
  for (const [name, { data }] of Object.entries(atOnce))
    expectClose(name, inBlocks[name]!.data, data, "chained");
});

test("a gated product is the same whether the matrix or its product is cut in two", async () => {
  const [C, F] = [config.hiddenSize, config.intermediateSize];
  const results = [];
  for (const N of [C, 3 * C]) {
    const shapes = { x: [N, C], gateUp: [2 * F, C] };
    const [x, gateUp] = [input("x", shapes.x), input("gateUp", shapes.gateUp)];
    results.push((await withGradients(swiglu(x, gateUp), shapes, [x]))["y"]!.data.slice(0, C * F));
  }
  // The streams of numbers begin alike, and so must the rows.
  expectClose("rows", results[1]!, results[0]!, "float32");
  expect(new Set(results[0]).size).toBeGreaterThan(10);
});
