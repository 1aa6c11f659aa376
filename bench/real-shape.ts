// What a run does, at the shape of SmolLM2-135M: fine-tuning with all weights and with adapters, log-probabilities, decoding, an
// iteration of PPO with adapters. Random weights. bench/real-shape-torch.py does the same with PyTorch, transformers and PEFT.
//   node bench/real-shape.ts [folder of the checkpoint; made where there is none]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seed } from "../src/engine/random.ts";
import { LORA_TARGETS } from "../src/lm/config.ts";
import type { Prompt } from "../src/method/records.ts";
import { tokenScorer } from "../src/method/rl/scorer.ts";
import { trainPolicy } from "../src/method/rl/train.ts";
import { openHost } from "../src/models/local.ts";
import type { TrainableModel } from "../src/models/model.ts";

const [folder = join(tmpdir(), "charter-bench-135m")] = process.argv.slice(2);
if (!existsSync(join(folder, "config.json"))) {
  const made = ["scripts/random-checkpoint.ts", "smollm2-135m", "--to", folder];
  spawnSync(process.execPath, made, { stdio: ["ignore", "ignore", "inherit"] });
}

const [ROWS, LENGTH, PROMPT] = [8, 192, 64];
const ANSWERS = 16;
const adamW = { learningRate: 1e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
const adapters = { rank: 16, alpha: 32, targets: LORA_TARGETS, seed: "bench" };
const random = seed("tokens").random();
const examples = Array.from({ length: ROWS }, () => ({
  tokens: Array.from({ length: LENGTH }, () => 5 + random.integer(40_000)),
  weights: Array.from({ length: LENGTH }, (_, i) => (i < PROMPT ? 0 : 1 / (ROWS * (LENGTH - PROMPT)))),
}));

/** Least seconds of two, after one that compiles. */
async function best(work: () => Promise<unknown>): Promise<number> {
  await work();
  const times: number[] = [];
  for (let repetition = 0; repetition < 2; repetition++) {
    const begun = performance.now();
    await work();
    times.push((performance.now() - begun) / 1000);
  }
  return Math.min(...times);
}

const report = (name: string, count: number, unit: string, seconds: number) =>
  console.log(`${name}: ${(count / seconds).toFixed(count / seconds < 10 ? 2 : 0)} ${unit}/s`);

async function step(model: TrainableModel): Promise<void> {
  await model.forwardBackward({ kind: "cross-entropy", examples });
  await model.optimStep(adamW);
}

const host = await openHost();
const whole = await host.open(folder);
report("SFT, all weights", ROWS * LENGTH, "tokens", await best(() => step(whole)));
await whole.close();
const policy = await host.open(folder, { adapters });
report("SFT, adapters", ROWS * LENGTH, "tokens", await best(() => step(policy)));
report("log-probabilities", ROWS * LENGTH, "tokens", await best(() => policy.forward(examples)));

const questions = Array.from({ length: ANSWERS }, (_, i) => ({
  id: `${i}`,
  set: "red-team" as const,
  conversation: [
    { role: "user" as const, content: `${i} how to brew the tea and paint the fence? `.repeat(4) },
  ],
  metadata: {},
}));
const sampling = { temperature: 1, topP: 1, maxTokens: 64, stop: [] };
let sampled = 0;
const sampling_s = await best(async () => {
  const samples = await policy.sample(
    questions.map(({ id, conversation }) => ({ conversation, seed: id })),
    sampling,
  );
  sampled = samples.reduce((sum, { tokens }) => sum + tokens.length, 0);
});
report(`decoding, ${ANSWERS} rows`, sampled, "tokens", sampling_s);

const models = {
  policy,
  reference: await host.open(folder, { adapters }),
  scorer: tokenScorer(await host.open(folder, { head: "scalar", adapters })),
  value: await host.open(folder, { head: "scalar", adapters }),
};
const times: number[] = [];
let begun = performance.now();
for await (const _ of trainPolicy(
  models,
  questions as readonly Prompt[],
  {
    ...{ seed: "bench", iterations: 3, promptsPerIteration: ANSWERS, sampling },
    ...{ kl: { kind: "fixed", coefficient: 0.05 }, discount: 1, lambda: 0.95, clip: 0.2, valueClip: 10 },
    ...{ passes: 1, minibatches: 1, whitenAdvantages: true, truncationPenalty: 1, schedule: "constant" },
    ...{ policyAdamW: adamW, valueAdamW: adamW },
  },
  { iteration: 0, klCoefficient: 0.05 },
)) {
  times.push((performance.now() - begun) / 1000);
  begun = performance.now();
}
report("PPO, adapters", ANSWERS, "answers", Math.min(...times.slice(1)));
console.log(`most memory: ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB`);
await host.close();
