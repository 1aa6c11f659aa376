// Run by webgpu.test.ts in a process of its own, because the Vulkan driver is chosen before ONNX Runtime loads. Computes
// every operator's cases and a little training run on the device named by the first argument; prints one JSON line each.

import { expectClose } from "../../test/close.ts";
import { gradients } from "./backward.ts";
import * as f from "./functions.ts";
import type { Value } from "./graph.ts";
import { interpret } from "./interpret.ts";
import { opCases } from "./op-cases.ts";
import { adamW, firstMoment, secondMoment, squaredNorm, stepFeeds } from "./optimizer.ts";
import { seed } from "./random.ts";
import { compile, release, settle } from "./session.ts";
import { type Shape, sizeOf } from "./shape.ts";
import { filled, float32, int32, type Tensor, zeros } from "./tensor.ts";

type Device = "cpu" | "webgpu";

function report(line: {
  readonly name: string;
  readonly error?: string;
  readonly losses?: readonly number[];
}): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Each operator's cases, with the gradients of the sum of its squared result. */
async function reportOperators(device: Device): Promise<void> {
  for (const { name, output, inputs, feeds } of Object.values(opCases).flat()) {
    const outputs = [output, ...gradients(f.sum(f.square(output)), inputs)];
    try {
      const executable = await compile(Object.fromEntries(outputs.map((value, i) => [`y${i}`, value])), {
        device,
      });
      const fed = [...executable.inputs.values()].map((input) => [
        input.name,
        float32(feeds[input.name]!, input.shape),
      ]);
      const results = await executable.run(Object.fromEntries(fed));
      await executable.dispose();
      for (const [i, { data }] of interpret(outputs, feeds).entries()) {
        expectClose(`output ${i}`, results[`y${i}`]!.data, data, "chained");
      }
      report({ name });
    } catch (error) {
      report({ name, error: error instanceof Error ? error.message : String(error) });
    }
  }
}

/** A one-layer decoder learns to repeat a cycle of tokens: its losses over ten steps of AdamW. */
async function trainingLosses(device: Device): Promise<readonly number[]> {
  const [B, T, C, H, KV, D, F, V] = [2, 8, 16, 4, 2, 4, 32, 11];
  const shapes: Readonly<Record<string, Shape>> = {
    embedding: [V, C],
    qkv: [(H + 2 * KV) * D, C],
    output: [C, H * D],
    gateUp: [2 * F, C],
    down: [C, F],
    norm: [C],
  };
  const weights = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, f.input(name, shape)]),
  );
  const { embedding, qkv, output, gateUp, down, norm } = weights as Record<keyof typeof shapes, Value>;
  const tokens = f.input("tokens", [B * T], "int32");
  const targets = f.input("targets", [B * T], "int32");
  const rotation = (phase: number) =>
    f.constant(
      float32(
        Float32Array.from({ length: T * D }, (_, i) => Math.cos(Math.floor(i / D) / 10 ** (i % 2) + phase)),
        [T, D],
      ),
    );
  const mask = f.constant(
    float32(
      Float32Array.from({ length: T * T }, (_, i) => (i % T > i / T ? -1e9 : 0)),
      [1, 1, T, T],
    ),
  );

  const x = f.gatherRows(embedding!, tokens); // [BT,C]
  const product = f.reshape(f.matmul(f.rmsNorm(x, norm!, 1e-5), qkv!, { transposeB: true }), [
    B,
    T,
    H + 2 * KV,
    D,
  ]);
  const heads = f.transpose(product, [0, 2, 1, 3]); // [B,H+2KV,T,D]
  const turned = f.rotary(f.slice(heads, 1, 0, H + KV), rotation(0), rotation(-Math.PI / 2));
  const [q, k, v] = [
    f.slice(turned, 1, 0, H),
    f.slice(turned, 1, H, H + KV),
    f.slice(heads, 1, H + KV, H + 2 * KV),
  ];
  const mixed = f.reshape(f.transpose(f.attention(q, k, v, mask, D ** -0.5), [0, 2, 1, 3]), [B * T, H * D]);
  const attended = f.add(x, f.matmul(mixed, output!, { transposeB: true }));
  const wide = f.matmul(f.rmsNorm(attended, norm!, 1e-5), gateUp!, { transposeB: true }); // [BT,2F]
  const gated = f.mul(f.silu(f.slice(wide, 1, 0, F)), f.slice(wide, 1, F, 2 * F));
  const last = f.add(attended, f.matmul(gated, down!, { transposeB: true }));
  const logProbs = f.tokenLogProbs(f.matmul(last, embedding!, { transposeB: true }), targets); // [BT]
  const loss = f.mul(f.sum(logProbs), -1 / (B * T));

  const settings = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, maxGradientNorm: 1 };
  const byWeight = gradients(loss, Object.values(weights));
  const parameters = Object.entries(weights).map(([name, value], i) => ({
    name,
    value,
    gradient: byWeight[i]!,
    decays: true,
  }));
  const outputs = { loss, ...adamW(parameters, f.sqrt(squaredNorm(byWeight)), settings) };
  const step = await compile(outputs, { device });

  /** Weights and moments: read, and written over. */
  const state: Record<string, Tensor> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const random = seed("webgpu").child(name).random();
    const drawn = Float32Array.from({ length: sizeOf(shape) }, () => 0.3 * random.normal());
    state[name] = shape.length === 1 ? filled(shape, 1) : float32(drawn, shape);
    state[firstMoment(name)] = zeros(shape);
    state[secondMoment(name)] = zeros(shape);
  }
  const cycle = (offset: number) =>
    int32(Int32Array.from({ length: B * T }, (_, i) => ((i + offset) * 3) % V));
  const batch = { tokens: cycle(0), targets: cycle(1) };
  const losses: number[] = [];
  for (let i = 1; i <= 10; i++) {
    const { loss: found } = await step.run({ ...state, ...batch, ...stepFeeds(i, 0.02, settings) }, state);
    losses.push(found!.data[0]!);
  }
  await settle(Object.values(state));
  if (!state["norm"]?.data.some((weight) => weight !== 1))
    throw new Error("training: expected the norm's weights to have moved");
  release(Object.values(state));
  await step.dispose();
  return losses;
}

const device = process.argv[2] === "webgpu" ? "webgpu" : "cpu";
await reportOperators(device);
report({ name: "training", losses: await trainingLosses(device) });
