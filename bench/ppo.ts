// PPO at the town's size, all weights trained: seconds an iteration, on the town's red-team prompts, with a scalar head of zeros as
// preference model (what it says does not change how long it takes).
//   node bench/ppo.ts [iterations]
import { readFileSync } from "node:fs";
import type { Prompt } from "../src/method/records.ts";
import { tokenScorer } from "../src/method/rl/scorer.ts";
import { trainPolicy } from "../src/method/rl/train.ts";
import { openHost } from "../src/models/local.ts";

const iterations = Number(process.argv[2] ?? 6);
const prompts = readFileSync("data/town/red-team.jsonl", "utf8")
  .trim()
  .split("\n")
  .map(
    (line, i): Prompt => ({
      id: String(i),
      set: "red-team",
      conversation: JSON.parse(line).prompt,
      metadata: {},
    }),
  );
const adamW = { learningRate: 1e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
const host = await openHost();
const scalar = () => host.open("models/town", { head: "scalar" });
const models = {
  policy: await host.open("models/town"),
  reference: await host.open("models/town"),
  scorer: tokenScorer(await scalar()),
  value: await scalar(),
};
const options = {
  seed: "bench",
  iterations,
  promptsPerIteration: 64,
  sampling: { temperature: 1, topP: 1, maxTokens: 96, stop: [] },
  kl: { kind: "fixed", coefficient: 0.05 } as const,
  discount: 1,
  lambda: 0.95,
  clip: 0.2,
  valueClip: 10,
  passes: 2,
  minibatches: 2,
  whitenAdvantages: true,
  truncationPenalty: 1,
  schedule: "constant" as const,
  policyAdamW: adamW,
  valueAdamW: adamW,
};
const times: number[] = [];
let begun = performance.now();
for await (const _ of trainPolicy(models, prompts, options, { iteration: 0, klCoefficient: 0.05 })) {
  times.push((performance.now() - begun) / 1000);
  begun = performance.now();
}
await host.close();
const later = times.slice(2).sort((a, b) => a - b); // the first two compile
console.log(`ppo: ${(64 / later[later.length >> 1]!).toFixed(1)} answers/s`);
console.log(
  `ppo: ${later[later.length >> 1]!.toFixed(2)} s an iteration of 64 answers, twice learnt from by policy and value model`,
);
