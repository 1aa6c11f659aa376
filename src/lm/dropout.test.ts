// Dropout beside the same adapters without it: equivalent problems, finite differences, means over many masks.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectClose } from "../../test/close.ts";
import { seed } from "../engine/random.ts";
import { float32, int32, type Tensor } from "../engine/tensor.ts";
import { type DecoderConfig, type Head, LORA_TARGETS, type LoraTarget, parameterShapes } from "./config.ts";
import { parseConfig } from "./config-json.ts";
import { maskFeeds, maskShapes, maskWidths } from "./dropout.ts";
import { fuse } from "./fused-weights.ts";
import { readSafetensors } from "./safetensors.ts";
import { createTrainer, type Trainer } from "./trainer.ts";

const file = (name: string) =>
  readFileSync(new URL(`../../test/goldens/smollm3/${name}`, import.meta.url)) as Uint8Array;
const json = (name: string) => JSON.parse(new TextDecoder().decode(file(name)));
// Has layers of two kinds, which in layers one by one are two graphs.
const base = parseConfig(json("config.json"));
const { sequences, pairs } = json("golden.json");
const tensors = readSafetensors(new Uint8Array(file("model.safetensors")));

const P = 0.25;
const STILL = { learningRate: 0, beta1: 0, beta2: 0, epsilon: 1, weightDecay: 0, clipNorm: Infinity };
const ADAMW = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
const MASKS = seed("masks");

const configOf = (dropout?: number, targets: readonly LoraTarget[] = LORA_TARGETS): DecoderConfig => ({
  ...base,
  lora: { rank: 3, alpha: 6, targets, ...(dropout !== undefined && { dropout }) },
});

/** Adapters that change something, as much as `scale` says, and a head. */
function adapters(scale = 0.3): ReadonlyMap<string, Tensor<"float32">> {
  const names = Object.entries(parameterShapes(configOf(), "scalar"));
  return new Map(
    names
      .filter(([name]) => /lora_|score/.test(name))
      .map(([name, shape]) => {
        const random = seed("adapters").child(name).random();
        const size = name.includes("lora_B") ? scale : 0.3;
        const numbers = Array.from({ length: shape.reduce((a, b) => a * b) }, () => size * random.normal());
        return [name, float32(Float32Array.from(numbers), shape)];
      }),
  );
}

interface Options {
  readonly head?: Head;
  readonly layered?: boolean;
  readonly tokens?: number;
  readonly own?: ReadonlyMap<string, Tensor>;
}

function trainer(dropout?: number, { head = "vocabulary", layered = false, tokens = 64, own }: Options = {}) {
  const config = configOf(dropout);
  const weights = fuse(new Map([...tensors, ...(own ?? adapters())]), config, head);
  return createTrainer({ config, head, weights, layered, tokensPerMicrobatch: tokens, masksFrom: MASKS });
}

/** Again and again, so that there are several batches of 64 tokens. */
const crossEntropy = { kind: "cross-entropy", examples: [sequences, sequences, sequences].flat() } as const;
const preference = { kind: "preference", examples: [pairs, pairs].flat() } as const;

/** Of what was added up, from the first moment of a step that leaves the weights alone. */
async function gradientsOf(own: Trainer): Promise<ReadonlyMap<string, Tensor<"float32">>> {
  await own.optimStep(STILL);
  const moments = [...own.exportState()].filter(([name]) => name.startsWith("m/"));
  return new Map(moments.map(([name, tensor]) => [name.slice(2), tensor as Tensor<"float32">]));
}

/** Every mask of the first batch of the first step, [64,width]. */
function firstMasks(): Readonly<Record<string, Tensor>> {
  const widths = maskWidths(configOf(P));
  const part = { graph: "all", names: new Map([...widths.keys()].map((name) => [name, name])) };
  const shapes = maskShapes(widths, { rows: 1, length: 64, reads: 1 });
  return maskFeeds(part, shapes, { share: P, from: MASKS.child(0, 0) });
}

test("adapters that read the same share a mask as wide as what they read, and only adapters have any", () => {
  const { hiddenSize: C, intermediateSize: F, heads, headSize } = base;
  const widths = (config: DecoderConfig) =>
    [...maskWidths(config)].filter(([name]) => name.startsWith("model.layers.1."));
  expect(widths(configOf(P))).toEqual([
    ["model.layers.1.self_attn.qkv_proj.dropout", C],
    ["model.layers.1.self_attn.o_proj.dropout", heads * headSize],
    ["model.layers.1.mlp.gate_up_proj.dropout", C],
    ["model.layers.1.mlp.down_proj.dropout", F],
  ]);
  expect(widths(configOf(P, ["v_proj", "down_proj"])).map(([name]) => name.split(".").at(-2))).toEqual([
    "qkv_proj",
    "down_proj",
  ]);
  for (const none of [base, configOf(), configOf(0)]) expect(maskWidths(none).size).toBe(0);
});

test("a mask's numbers are 0 at the share of dropout and 1 / (1 - p) otherwise, and every mask has its own", () => {
  const masks = Object.values(firstMasks()).map(({ data }) => data);
  const all = masks.flatMap((data) => [...data]);
  expect(new Set(all)).toEqual(new Set([0, Math.fround(1 / (1 - P))]));
  const dropped = all.filter((x) => x === 0).length;
  expect(Math.abs(dropped - P * all.length)).toBeLessThan(5 * Math.sqrt(P * (1 - P) * all.length));
  expect(new Set(masks.map((data) => data.join())).size).toBe(masks.length);
});

describe.each([
  { way: "in one graph", layered: false },
  { way: "layer by layer", layered: true },
])("dropout $way", ({ layered }) => {
  test("of a lone token is its row of the masks on the columns of A, in loss and gradients", async () => {
    const [first, second] = sequences[0].tokens;
    const loss = { kind: "cross-entropy", examples: [{ tokens: [first, second], weights: [0, 1] }] } as const;
    const masks = firstMasks();
    /** What is of an A, its columns under what the token drops. */
    const under = (name: string, { data, shape }: Tensor): Tensor<"float32"> => {
      const [matrix, A] = name.split("lora_A") as [string, string?];
      if (A === undefined) return float32(data as Float32Array, shape);
      const read = matrix.replace(/[qkv]_proj/, "qkv_proj").replace(/(gate|up)_proj/, "gate_up_proj");
      const row = masks[`${read}dropout`]!.data;
      return float32(
        Float32Array.from(data, (x, i) => x * row[i % shape[1]!]!),
        shape,
      );
    };
    const scaled = new Map([...adapters()].map(([name, tensor]) => [name, under(name, tensor)]));
    const [own, equal] = [trainer(P, { layered }), trainer(undefined, { own: scaled })];
    const [found, wanted] = [await own.forwardBackward(loss), await equal.forwardBackward(loss)];
    expectClose("loss", [found["loss"]!], [wanted["loss"]!], "chained");
    const [gradients, expected] = [await gradientsOf(own), await gradientsOf(equal)];
    expect(gradients.size).toBe(14 * base.layers);
    // Before a lone key, queries and keys make no difference.
    for (const [name, tensor] of expected)
      if (!/[qk]_proj/.test(name))
        expectClose(name, gradients.get(name)!.data, under(name, tensor).data, "chained");
    for (const one of [own, equal]) await one.dispose();
  });

  test.each([
    [crossEntropy, "vocabulary"],
    [preference, "scalar"],
  ] as const)(
    "has the gradient that finite differences under the same masks have: %#",
    async (loss, head) => {
      const own = trainer(P, { layered, head });
      const { loss: before } = await own.forwardBackward(loss);
      const gradients = await gradientsOf(own);
      const state = own.exportState();
      const square = [...gradients.values()].reduce(
        (sum, { data }) => sum + data.reduce((a, x) => a + x * x, 0),
        0,
      );
      /** The loss so far along the gradient, taken up at step 0 again. */
      const lossAt = async (distance: number) => {
        const moved = [...gradients].map(([name, { data }]) => {
          const { data: at, shape } = state.get(`parameters/${name}`)!;
          return [
            `parameters/${name}`,
            float32(
              Float32Array.from(at, (x, i) => x + distance * data[i]!),
              shape,
            ),
          ] as const;
        });
        own.importState(new Map<string, Tensor>([...state, ...moved, ["step", int32([0])]]));
        return (await own.forwardBackward(loss))["loss"]!;
      };
      expect(await lossAt(0)).toBe(before);
      const far = 0.005 / square;
      expect(((await lossAt(far)) - (await lossAt(-far))) / (2 * far) / square).toBeCloseTo(1, 3);
      await own.dispose();
    },
  );

  test("goes on from a saved state with the masks that were next, whatever was begun since", async () => {
    const [whole, broken, resumed] = [0, 1, 2].map(() => trainer(P, { layered })) as [
      Trainer,
      Trainer,
      Trainer,
    ];
    const learn = async (one: Trainer) => {
      for (let i = 0; i < 2; i++) await one.forwardBackward(crossEntropy);
      await one.optimStep(ADAMW);
    };
    for (let i = 0; i < 3; i++) await learn(whole);
    await learn(broken);
    const state = broken.exportState();
    await resumed.forwardBackward(crossEntropy);
    for (const one of [broken, resumed]) {
      one.importState(state);
      for (let i = 0; i < 2; i++) await learn(one);
      expect(one.exportState()).toEqual(whole.exportState());
    }
    for (const one of [whole, broken, resumed]) await one.dispose();
  });

  test("leaves PPO's losses and whatever is only read alone, bit for bit", async () => {
    const weighted = sequences.map(({ weights }: { weights: number[] }) =>
      weights.slice(1).filter((w) => w > 0),
    );
    const examples = (columns: readonly string[]) =>
      sequences.map((sequence: object, i: number) => ({
        ...sequence,
        ...Object.fromEntries(columns.map((name, j) => [name, weighted[i].map(() => j - 1)])),
      }));
    const tokens = sequences.map((sequence: { tokens: number[] }) => sequence.tokens);
    const found = [];
    for (const dropout of [P, undefined]) {
      const policy = trainer(dropout, { layered });
      const value = trainer(dropout, { layered, head: "scalar" });
      found.push([
        await policy.forward(sequences),
        await value.scoreLast(tokens),
        await policy.forwardBackward({
          kind: "ppo-policy",
          clip: 0.2,
          examples: examples(["oldLogProbs", "advantages"]),
        }),
        await value.forwardBackward({
          kind: "ppo-value",
          clip: 0.2,
          examples: examples(["oldValues", "returns"]),
        }),
        await gradientsOf(policy),
        await gradientsOf(value),
      ]);
      for (const one of [policy, value]) await one.dispose();
    }
    expect(found[0]).toEqual(found[1]);
  });
});

test.each([
  [crossEntropy, "vocabulary"],
  [preference, "scalar"],
] as const)("both ways drop alike, over several batches and losses: %#", async (loss, head) => {
  const found = [];
  for (const layered of [false, true]) {
    const own = trainer(P, { layered, head });
    const losses = [await own.forwardBackward(loss), await own.forwardBackward(loss)];
    found.push({ losses: losses.map((metrics) => metrics["loss"]!), gradients: await gradientsOf(own) });
    await own.dispose();
  }
  const [whole, layered] = found;
  expectClose("losses", layered!.losses, whole!.losses, "chained");
  for (const [name, { data }] of whole!.gradients)
    expectClose(name, layered!.gradients.get(name)!.data, data, "chained");
});

test("no two batches have the same masks, within a step or in several", async () => {
  const own = trainer(P);
  const losses = [];
  for (let step = 0; step < 3; step++) {
    for (let i = 0; i < 3; i++) losses.push((await own.forwardBackward(crossEntropy))["loss"]);
    await own.optimStep(STILL);
  }
  expect(new Set(losses).size).toBe(losses.length);
  await own.dispose();
});

test("what adapters add is the same in the mean", async () => {
  // So little that the loss is linear in what they add.
  const own = { own: adapters(0.003), tokens: 2688 };
  const [dropping, plain] = [trainer(P, own), trainer(undefined, own)];
  const { loss } = await plain.forwardBackward(crossEntropy);
  const away: number[] = [];
  for (let i = 0; i < 150; i++) away.push((await dropping.forwardBackward(crossEntropy))["loss"]! - loss!);
  const mean = away.reduce((a, b) => a + b) / away.length;
  const deviation = Math.sqrt(away.reduce((sum, x) => sum + (x - mean) ** 2, 0) / away.length);
  expect(deviation).toBeGreaterThan(1e-4); // far above rounding
  expect(Math.abs(mean)).toBeLessThan((5 * deviation) / Math.sqrt(away.length));
  for (const one of [dropping, plain]) await one.dispose();
});

test("a share of 0 is none: the same bytes", async () => {
  const states = [];
  for (const own of [trainer(0), trainer()]) {
    await own.forwardBackward(crossEntropy);
    await own.optimStep(ADAMW);
    states.push(own.exportState());
    await own.dispose();
  }
  expect(states[0]).toEqual(states[1]);
});
