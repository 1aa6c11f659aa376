// Run by webgpu-model.test.ts in a process of its own. A tiny model learns under every loss, is saved, read again, sampled and
// scored on the device named by the first argument; prints one JSON line of numbers or tokens for each.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seed } from "../src/engine/random.ts";
import { LORA_TARGETS, PLAIN_LLAMA } from "../src/lm/config.ts";
import { fuse } from "../src/lm/fused-weights.ts";
import { initialize } from "../src/lm/initialize.ts";
import { readSafetensors } from "../src/lm/safetensors.ts";
import { createTrainer } from "../src/lm/trainer.ts";
import { openHost } from "../src/models/local.ts";
import type { Conversation, Loss, TrainableModel } from "../src/models/model.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";

const device = process.argv[2] === "webgpu" ? "webgpu" : "cpu";
const report = (name: string, values: readonly number[]) =>
  process.stdout.write(`${JSON.stringify({ name, values })}\n`);

const adamW = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 };
const ask = (content: string): Conversation => [{ role: "user", content }];
const answered = (question: string, content: string): Conversation => [
  ...ask(question),
  { role: "assistant", content },
];
const lessons = [
  answered("how to brew tea", "paint the fence"),
  answered("tea", "brew"),
  answered("how to paint the fence", "brew the tea, then paint it"),
];

const folder = await mkdtemp(join(tmpdir(), "charter-webgpu-"));
const host = await openHost({ device, threads: 1 });
try {
  const checkpoint = join(folder, "tiny");
  await writeTinyCheckpoint(checkpoint);
  const adapters = { rank: 2, alpha: 4, targets: LORA_TARGETS, seed: "adapters" };
  await reportTraining("all weights", await host.open(checkpoint));
  await reportTraining("adapters", await host.open(checkpoint, { adapters }));
  await reportPreference(await host.open(checkpoint, { head: "scalar" }));
  await reportSampling(await host.open(checkpoint));
} finally {
  await host.close();
  await rm(folder, { recursive: true });
}
await reportLayers();

async function examplesOf(model: TrainableModel) {
  return (await model.tokenize(lessons)).map(({ tokens, weights }) => ({
    tokens,
    weights: weights.map((weight) => weight / 40),
  }));
}

/** Two batches a step, six steps; the state, and what is read of it elsewhere; PPO's losses. */
async function reportTraining(name: string, model: TrainableModel): Promise<void> {
  const examples = await examplesOf(model);
  const losses: number[] = [];
  for (let step = 0; step < 6; step++) {
    for (const some of [examples.slice(0, 1), examples.slice(1)])
      losses.push((await model.forwardBackward({ kind: "cross-entropy", examples: some }))["loss"]!);
    losses.push((await model.optimStep(adamW)).gradientNorm);
  }
  report(`${name}: losses and norms`, losses);
  const before = await model.forward(examples);
  report(`${name}: log-probabilities`, before.flat());
  const state = join(folder, "state");
  await model.saveState(state);
  const held = readSafetensors(new Uint8Array(await readFile(state)));
  const norm = ({ data }: { readonly data: ArrayLike<number> }) =>
    Math.hypot(...Array.from(data as ArrayLike<number>));
  report(
    `${name}: norms of the state`,
    [...held.keys()].sort().map((key) => norm(held.get(key)!)),
  );
  await model.loadState(state);
  report(`${name}: the same after taking it up`, (await model.forward(examples)).flat());
  const policy: Loss = {
    kind: "ppo-policy",
    clip: 0.2,
    examples: examples.map((example, i) => ({
      ...example,
      oldLogProbs: before[i]!.map((p) => p - 0.1),
      advantages: before[i]!.map((_, t) => (t % 2 === 0 ? 1 : -0.5)),
    })),
  };
  report(`${name}: PPO`, Object.values(await model.forwardBackward(policy)));
  await model.optimStep(adamW);
  const saved = join(folder, "saved");
  await model.save(saved);
  const again = await host.open(saved);
  report(`${name}: as saved`, (await again.forward(examples)).flat());
  await again.close();
  await model.close();
}

async function reportPreference(model: TrainableModel): Promise<void> {
  const [a, b, c] = (await model.tokenize(lessons)).map(({ tokens }) => tokens);
  const examples = [{ a: a!, b: b!, probability: 0.9, weight: 1 }];
  for (let step = 0; step < 4; step++) {
    report("preference", Object.values(await model.forwardBackward({ kind: "preference", examples })));
    await model.optimStep(adamW);
  }
  report("scores", await model.scoreLast([a!, b!, c!]));
  await model.close();
}

/** Rows of different lengths, more than are decoded at once, so that they leave, move and make room; the model has learnt a little. */
async function reportSampling(model: TrainableModel): Promise<void> {
  const examples = await examplesOf(model);
  for (let step = 0; step < 10; step++) {
    await model.forwardBackward({ kind: "cross-entropy", examples });
    await model.optimStep(adamW);
  }
  const questions = ["how to brew tea", "tea", "paint", "the fence, the tea", "brew"];
  const requests = Array.from({ length: 90 }, (_, i) => ({
    conversation: ask(`${questions[i % questions.length]} ${"tea ".repeat(i % 7)}`),
    seed: `sample ${i}`,
  }));
  const samples = await model.sample(requests, { temperature: 1, topP: 1, maxTokens: 30, stop: [] });
  for (const [i, { tokens, logProbs }] of samples.entries()) {
    report(`tokens ${i}`, tokens);
    report(`log-probabilities ${i}`, logProbs);
  }
  // Many begin alike, stop and are asked what might come next: read once, the cache filled in two parts, gone back in.
  const after = "e";
  const next = { after, continuations: [" fence", " paint it", " paint the fence"] };
  const beginning = [0, 1, 2, 3, 4, 5].flatMap((i) =>
    answered(`how to ${questions[i % 5]}`, "paint the fence"),
  );
  const begun = requests.map((request) => ({
    ...request,
    conversation: [...beginning, ...request.conversation],
    next,
  }));
  const stopped = await model.sample(begun, { temperature: 1, topP: 1, maxTokens: 30, stop: [after] });
  for (const [i, { tokens, next: told }] of stopped.entries()) {
    report(`begun alike, tokens ${i}`, tokens);
    report(`begun alike, next ${i}`, told ?? []);
  }
  const scored = await model.score(
    questions.map((question) => ({ conversation: ask(question), continuations: [" (A)", " paint it"] })),
  );
  report(
    "continuations",
    scored.flatMap((score) => score ?? []),
  );
  await model.close();
}

/** One layer at a time. */
async function reportLayers(): Promise<void> {
  const config = {
    ...PLAIN_LLAMA,
    ...{ hiddenSize: 16, intermediateSize: 32, layers: 3, heads: 4, keyValueHeads: 2, headSize: 4 },
    ...{ vocabularySize: 40, maxPositions: 64, rmsNormEpsilon: 1e-5, ropeTheta: 10_000 },
    ...{ tieWordEmbeddings: true, endTokens: [0], padToken: null },
  };
  const weights = fuse(initialize(config, "vocabulary", seed("layers")), config, "vocabulary");
  const trainer = createTrainer({ config, head: "vocabulary", weights, layered: true, device, threads: 1 });
  const examples = [9, 14].map((length) => ({
    tokens: Array.from({ length }, (_, i) => (7 * i + length) % 40),
    weights: Array.from({ length }, () => 1 / 20),
  }));
  const losses: number[] = [];
  for (let step = 0; step < 6; step++) {
    for (const example of examples)
      losses.push((await trainer.forwardBackward({ kind: "cross-entropy", examples: [example] }))["loss"]!);
    losses.push((await trainer.optimStep(adamW)).gradientNorm);
  }
  report("layer by layer", losses);
  report("layer by layer: log-probabilities", (await trainer.forward(examples)).flat());
  await trainer.dispose();
}
