// Our decoder, losses, gradients and optimiser beside PyTorch's on the same tiny checkpoints (scripts/goldens/decoders.py).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectClose } from "../../test/close.ts";
import type { Tensor } from "../engine/tensor.ts";
import { parseConfig } from "./config-json.ts";
import { fuse } from "./fused-weights.ts";
import type { LossOf } from "./losses.ts";
import { readSafetensors } from "./safetensors.ts";
import { createTrainer, type Trainer } from "./trainer.ts";

interface Facts {
  readonly adamW: Parameters<Trainer["optimStep"]>[0];
  readonly clip: number;
  readonly valueClip: number;
  readonly sequences: readonly { readonly tokens: readonly number[]; readonly weights: readonly number[] }[];
  readonly crossEntropy: number;
  readonly logProbs: readonly (readonly number[])[];
  readonly policy: readonly {
    readonly oldLogProbs: readonly number[];
    readonly advantages: readonly number[];
  }[];
  readonly ppoPolicy: number;
  readonly pairs: readonly {
    a: readonly number[];
    b: readonly number[];
    probability: number;
    weight: number;
  }[];
  readonly preference: number;
  readonly scores: readonly number[];
  readonly values: readonly {
    oldValues: readonly number[];
    returns: readonly number[];
    values: readonly number[];
  }[];
  readonly ppoValue: number;
  readonly steps: readonly { readonly loss: number; readonly gradientNorm: number }[];
}

const folder = (variant: string) => new URL(`../../test/goldens/${variant}/`, import.meta.url);
const bytes = (variant: string, file: string) => new Uint8Array(readFileSync(new URL(file, folder(variant))));

function golden(variant: string, layered = false) {
  const json = (file: string) => JSON.parse(readFileSync(new URL(file, folder(variant)), "utf8"));
  const config = parseConfig(json("config.json"));
  const parameters = readSafetensors(bytes(variant, "model.safetensors"));
  const expected = readSafetensors(bytes(variant, "golden.safetensors"));
  const score = expected.get("score.weight")!;
  return {
    config,
    facts: json("golden.json") as Facts,
    expected,
    policy: (tokensPerMicrobatch = 2688) =>
      createTrainer({
        config,
        head: "vocabulary",
        weights: fuse(parameters, config, "vocabulary"),
        tokensPerMicrobatch,
        layered,
      }),
    scorer: () =>
      createTrainer({
        config,
        head: "scalar",
        weights: fuse(new Map([...parameters, ["score.weight", score]]), config, "scalar"),
        layered,
      }),
  };
}

/** With beta1 = 0 and no learning rate, a step leaves the weights alone and the gradient in the first moment. */
async function gradientsOf(trainer: Trainer): Promise<ReadonlyMap<string, Tensor>> {
  await trainer.optimStep({
    learningRate: 0,
    beta1: 0,
    beta2: 0,
    epsilon: 1,
    weightDecay: 0,
    clipNorm: Number.POSITIVE_INFINITY,
  });
  const state = trainer.exportState();
  return new Map(
    [...state].flatMap(([name, tensor]) => (name.startsWith("m/") ? [[name.slice(2), tensor]] : [])),
  );
}

async function expectGradients(trainer: Trainer, variant: string, prefix: string): Promise<void> {
  const { expected } = golden(variant);
  const found = await gradientsOf(trainer);
  const names = [...expected.keys()].filter((name) => name.startsWith(`${prefix}/`));
  expect(names.map((name) => name.slice(prefix.length + 1)).sort()).toEqual([...found.keys()].sort());
  for (const name of names) {
    const gradient = found.get(name.slice(prefix.length + 1))!;
    expectClose(name, gradient.data, expected.get(name)!.data, "chained");
  }
}

const VARIANTS = [
  "llama-tied",
  "llama-untied",
  "llama-3",
  "llama-linear",
  "mistral",
  "qwen2",
  "qwen3",
  "smollm3",
];

const WAYS = VARIANTS.flatMap((variant) => [
  { variant, way: "in one graph", layered: false },
  { variant, way: "layer by layer", layered: true },
]);

describe.each(WAYS)("a checkpoint that transformers wrote ($variant), $way", ({ variant, layered }) => {
  const { facts, policy, scorer, expected } = golden(variant, layered);
  const policyLoss: LossOf<"ppo-policy"> & { readonly clip: number } = {
    kind: "ppo-policy",
    clip: facts.clip,
    examples: facts.sequences.map((sequence, i) => ({ ...sequence, ...facts.policy[i]! })),
  };

  test("gives PyTorch's log-probabilities", async () => {
    const trainer = policy();
    const logProbs = await trainer.forward(facts.sequences);
    facts.logProbs.forEach((row, i) => {
      expectClose(`sequence ${i}`, logProbs[i]!, row, "chained");
    });
    await trainer.dispose();
  });

  test("gives PyTorch's logits, but for the constant that a softmax does not see", async () => {
    const { data, shape } = expected.get("logits")!;
    const [T, V] = shape as [number, number];
    const { tokens } = facts.sequences[0]!;
    expect(tokens).toHaveLength(T);
    const trainer = policy();
    // The log-probability of every token of the vocabulary after every beginning of the sequence.
    const sequences = Array.from({ length: T * V }, (_, i) => {
      const beginning = tokens.slice(0, Math.floor(i / V) + 1);
      return { tokens: [...beginning, i % V], weights: [...beginning.map(() => 0), 1] };
    });
    const logProbs = (await trainer.forward(sequences)).flat();
    for (let t = 0; t < T; t++) {
      const logits = Array.from(data.slice(t * V, (t + 1) * V));
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      expectClose(
        `position ${t}`,
        logProbs.slice(t * V, (t + 1) * V),
        logits.map((x) => x - total),
        "chained",
      );
    }
    await trainer.dispose();
  });

  test.each([2688, 64])(
    "gives PyTorch's cross-entropy and gradients in microbatches of %i tokens",
    async (tokens) => {
      const trainer = policy(tokens);
      // Copies of the batch at a quarter of the weight fill several microbatches of 64 tokens.
      const examples = Array.from({ length: 4 }, () => facts.sequences)
        .flat()
        .map((sequence) => ({ ...sequence, weights: sequence.weights.map((weight) => weight / 4) }));
      const { loss } = await trainer.forwardBackward({ kind: "cross-entropy", examples });
      expectClose("crossEntropy", [loss!], [facts.crossEntropy], "chained");
      await expectGradients(trainer, variant, "crossEntropy");
      await trainer.dispose();
    },
  );

  test("gives PyTorch's clipped policy objective and gradients", async () => {
    const trainer = policy();
    const { loss, clipFraction } = await trainer.forwardBackward(policyLoss);
    expectClose("ppoPolicy", [loss!], [facts.ppoPolicy], "chained");
    expect(clipFraction).toBeGreaterThan(0);
    await expectGradients(trainer, variant, "ppoPolicy");
    await trainer.dispose();
  });

  test("gives PyTorch's preference loss, scores and gradients", async () => {
    const trainer = scorer();
    const scores = await trainer.scoreLast(facts.sequences.map(({ tokens }) => tokens));
    expectClose("scores", scores, facts.scores, "chained");
    const { loss } = await trainer.forwardBackward({ kind: "preference", examples: facts.pairs });
    expectClose("preference", [loss!], [facts.preference], "chained");
    await expectGradients(trainer, variant, "preference");
    await trainer.dispose();
  });

  test("gives PyTorch's clipped value loss, values and gradients", async () => {
    const trainer = scorer();
    const values = await trainer.forward(facts.sequences);
    facts.values.forEach((row, i) => {
      expectClose(`sequence ${i}`, values[i]!, row.values, "chained");
    });
    const { loss } = await trainer.forwardBackward({
      kind: "ppo-value",
      clip: facts.valueClip,
      examples: facts.sequences.map((sequence, i) => ({ ...sequence, ...facts.values[i]! })),
    });
    expectClose("ppoValue", [loss!], [facts.ppoValue], "chained");
    await expectGradients(trainer, variant, "ppoValue");
    await trainer.dispose();
  });

  test("is after ten AdamW steps where PyTorch is, and as far when interrupted half-way", async () => {
    let trainer = policy();
    for (const [i, { loss, gradientNorm }] of facts.steps.entries()) {
      const metrics = await trainer.forwardBackward({ kind: "cross-entropy", examples: facts.sequences });
      const step = await trainer.optimStep(facts.adamW);
      expectClose(`step ${i}`, [metrics["loss"]!, step.gradientNorm], [loss, gradientNorm], "chained");
      if (i === 4) {
        const state = trainer.exportState();
        await trainer.dispose();
        trainer = policy();
        trainer.importState(state);
      }
    }
    for (const [name, tensor] of trainer.parameters()) {
      expectClose(name, tensor.data, expected.get(`afterTenSteps/${name}`)!.data, "optimised");
    }
    await trainer.dispose();
  });
});

describe("a trainer", () => {
  const { facts, policy, scorer } = golden("llama-tied");

  test("computes the same bytes from the same batch", async () => {
    const states = [];
    for (let time = 0; time < 2; time++) {
      const trainer = policy(64);
      await trainer.forwardBackward({ kind: "cross-entropy", examples: facts.sequences });
      await trainer.optimStep(facts.adamW);
      states.push(trainer.exportState());
      await trainer.dispose();
    }
    expect(states[1]).toEqual(states[0]);
  });

  test("gives a sequence the same log-probabilities alone as packed with others", async () => {
    const trainer = policy();
    const together = await trainer.forward(facts.sequences);
    for (const [i, sequence] of facts.sequences.entries()) {
      expectClose(`sequence ${i}`, (await trainer.forward([sequence]))[0]!, together[i]!, "chained");
    }
    await trainer.dispose();
  });

  test("refuses what it cannot compute, saying what it expected", async () => {
    const [first] = facts.sequences;
    const long = { tokens: new Array<number>(65).fill(2), weights: new Array<number>(65).fill(1) };
    await expect(policy().forward([long])).rejects.toThrow("expected at most 64 tokens, got 65");
    await expect(policy().forward([{ tokens: [2, 40], weights: [0, 1] }])).rejects.toThrow(
      "below 40, got 40",
    );
    await expect(policy().scoreLast([[2]])).rejects.toThrow("expected a model with a scalar head");
    await expect(scorer().forwardBackward({ kind: "cross-entropy", examples: [first!] })).rejects.toThrow(
      "expected a model with a vocabulary head",
    );
    await expect(policy().optimStep(facts.adamW)).rejects.toThrow("expected a forwardBackward before it");
  });
});
