import { expect, it } from "vitest";
import { expectClose } from "../../test/close.ts";
import { gradients } from "./backward.ts";
import { input, mul, sqrt, sum } from "./functions.ts";
import { interpret } from "./interpret.ts";
import { type AdamWSettings, accumulate, adamW, squaredNorm, stepFeeds } from "./optimizer.ts";
import { compile } from "./session.ts";
import { float32 } from "./tensor.ts";

const settings: AdamWSettings = {
  beta1: 0.9,
  beta2: 0.5,
  epsilon: 0.5,
  weightDecay: 0.1,
  maxGradientNorm: 10,
};

function stepOf(changes: Partial<AdamWSettings>, decays = true) {
  const parameter = { name: "w", value: input("w", [2]), gradient: input("g", [2]), decays };
  const gradientNorm = sqrt(squaredNorm([parameter.gradient]));
  return { gradientNorm, ...adamW([parameter], gradientNorm, { ...settings, ...changes }) };
}

function run(graph: ReturnType<typeof stepOf>, g: number[], m: number[], v: number[], step: number) {
  const scalars = Object.entries(stepFeeds(step, 0.2, settings)).map(([name, { data }]) => [name, data]);
  const feeds = { w: [1, -2], g, "m.w": m, "v.w": v, ...Object.fromEntries(scalars) };
  const results = interpret(Object.values(graph), feeds);
  return Object.fromEntries(Object.keys(graph).map((name, i) => [name, [...results[i]!.data]]));
}

it("the first step is the one worked out by hand", () => {
  // m = 0.1 g = [.3, .4]; v = 0.5 g^2 = [4.5, 8]; c1 = 0.1, c2 = 0.5
  // w = [1, -2] (1 - 0.2 0.1) - 0.2 [3, 4] / ([3, 4] + 0.5)
  const { w, "m.w": m, "v.w": v, gradientNorm } = run(stepOf({}), [3, 4], [0, 0], [0, 0], 1);
  expectClose("m", m!, [0.3, 0.4], "chained");
  expectClose("v", v!, [4.5, 8], "chained");
  expectClose("w", w!, [0.98 - 0.6 / 3.5, -1.96 - 0.8 / 4.5], "chained");
  expectClose("norm", gradientNorm!, [5], "chained");
});

it("a later step carries its moments and their corrections", () => {
  // m = 0.9 [1, 1] + 0.1 [3, 4] = [1.2, 1.3]; v = 0.5 [1, 1] + 0.5 [9, 16] = [5, 8.5]; c1 = 0.19, c2 = 0.75
  const { w } = run(stepOf({}, false), [3, 4], [1, 1], [1, 1], 2);
  const moved = (m: number, v: number) => (0.2 * m) / 0.19 / (Math.sqrt(v / 0.75) + 0.5);
  expectClose("w", w!, [1 - moved(1.2, 5), -2 - moved(1.3, 8.5)], "chained");
});

it("gradients longer than the largest norm are shortened to it", () => {
  const { "m.w": m, "v.w": v, gradientNorm } = run(stepOf({ maxGradientNorm: 1 }), [3, 4], [0, 0], [0, 0], 1);
  expectClose("m", m!, [0.06, 0.08], "chained");
  expectClose("v", v!, [0.18, 0.32], "chained");
  expectClose("norm", gradientNorm!, [5], "chained");
});

it("an infinite largest norm leaves the gradients as they are", () => {
  const { "m.w": m } = run(stepOf({ maxGradientNorm: Number.POSITIVE_INFINITY }), [3, 4], [0, 0], [0, 0], 1);
  expectClose("m", m!, [0.3, 0.4], "chained");
});

it("gradients of microbatches add up", async () => {
  const [w, x] = [input("w", [2]), input("x", [2])];
  const [g] = gradients(sum(mul(w, x)), [w]);
  const first = await compile(accumulate({ w: g! }, { first: true }));
  const next = await compile(accumulate({ w: g! }, { first: false }));
  const left = await first.run({ x: float32([1, 2]) });
  const { "accumulated.w": both } = await next.run({ x: float32([10, 20]), ...left });
  expect([...both!.data]).toEqual([11, 22]);
  await Promise.all([first.dispose(), next.dispose()]);
});
