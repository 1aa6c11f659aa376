import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeTinyCheckpoint } from "../../test/tiny-checkpoint.ts";
import { UserError } from "../user-error.ts";
import { openHost } from "./local.ts";
import { languageModelContract, trainableModelContract } from "./model.contract.ts";
import type { ModelHost, TrainableModel } from "./model.ts";

let folder: string;
let host: ModelHost;
let model: TrainableModel;
let saved = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "charter-local-"));
  await writeTinyCheckpoint(join(folder, "tiny"));
  host = await openHost({ threads: 1 });
  model = await host.open(join(folder, "tiny"));
  await teach(join(folder, "taught"));
});
afterAll(async () => {
  await host.close();
  await rm(folder, { recursive: true });
});

/** Adapters can only use what their base has learnt, which of random weights is nothing. */
async function teach(directory: string): Promise<void> {
  const student = await host.open(join(folder, "tiny"));
  const turns = (question: string, answer: string) =>
    [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ] as const;
  const examples = await student.tokenize([
    turns("how to paint the fence", "brew the fence"),
    turns("tea", "paint it"),
  ]);
  const adamW = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
  for (let step = 0; step < 60; step++) {
    await student.forwardBackward({ kind: "cross-entropy", examples });
    await student.optimStep(adamW);
  }
  await student.save(directory);
  await student.close();
}

languageModelContract("a local model", () => model, "e");
trainableModelContract(
  "a local model",
  (head) => host.open(join(folder, "tiny"), { head }),
  async (trained) => {
    const directory = join(folder, `saved-${saved++}`);
    await trained.save(directory);
    return host.open(directory);
  },
);

const targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] as const;
const adapters = { rank: 8, alpha: 32, targets, seed: "adapters" };
trainableModelContract(
  "a local model with adapters",
  (head) => host.open(join(folder, "taught"), { head, adapters }),
  async (trained) => {
    const directory = join(folder, `saved-${saved++}`);
    await trained.save(directory);
    return host.open(directory);
  },
);

test("adapters that drop what they read begin alike, learn otherwise by the stream of their seed, and are saved so", async () => {
  const [shown] = await model.tokenize([
    [
      { role: "user", content: "tea" },
      { role: "assistant", content: "brew the fence" },
    ],
  ]);
  const adamW = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
  const lossesOf = async (dropout: number | undefined, directory: string) => {
    const fresh = { ...adapters, ...(dropout !== undefined && { dropout }) };
    const learner = await host.open(join(folder, "taught"), { adapters: fresh });
    const losses = [];
    for (let step = 0; step < 3; step++) {
      losses.push((await learner.forwardBackward({ kind: "cross-entropy", examples: [shown!] }))["loss"]);
      await learner.optimStep(adamW);
    }
    await learner.save(join(folder, directory));
    await learner.close();
    return losses;
  };
  const [plain, dropped, again] = [
    await lossesOf(undefined, "plain"),
    await lossesOf(0.5, "dropped"),
    await lossesOf(0.5, "again"),
  ];
  expect(dropped[0]).toBe(plain[0]); // adapters of which B is zero
  expect(dropped[2]).not.toBe(plain[2]);
  expect(again).toEqual(dropped);
  const saved = async (name: string) =>
    JSON.parse(await readFile(join(folder, name, "adapter_config.json"), "utf8"));
  expect((await saved("plain")).lora_dropout).toBe(0);
  expect(await saved("dropped")).toEqual({ ...(await saved("plain")), lora_dropout: 0.5 });
  // What was saved goes on with its own adapters, under masks of the seed that it is opened with.
  const begin = async (name: string) => {
    const learner = await host.open(join(folder, "dropped"), { adapters: { ...adapters, seed: name } });
    const { loss } = await learner.forwardBackward({ kind: "cross-entropy", examples: [shown!] });
    await learner.close();
    return loss;
  };
  expect(await begin("one")).toBe(await begin("one"));
  expect(await begin("one")).not.toBe(await begin("other"));
});

const conversation = [{ role: "user", content: "how to brew tea" }] as const;
const sampling = { temperature: 1, topP: 1, maxTokens: 100, stop: [] };

test("the main thread's event loop turns while the model computes", async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const requests = Array.from({ length: 40 }, (_, i) => ({ conversation, seed: `s${i}` }));
  await model.sample(requests, sampling);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test("what comes next after a stop is told with the answer, where the answer's tokens are those of its text", async () => {
  const next = { after: "e", continuations: [" fence", " brew"] };
  const requests = Array.from({ length: 40 }, (_, i) => ({ conversation, seed: `s${i}`, next }));
  const samples = await model.sample(requests, { ...sampling, stop: ["e"] });
  const stopped = samples.filter(({ finish }) => finish === "stop");
  const told = stopped.filter(({ next }) => next !== undefined);
  const scores = await model.score(
    told.map(({ text }) => ({ conversation, prefix: `${text}e`, continuations: next.continuations })),
  );
  told.forEach((sample, i) => {
    sample.next!.forEach((score, k) => {
      expect(Math.abs(score - scores[i]![k]!)).toBeLessThan(1e-4);
    });
  });
  expect(told.length).toBeGreaterThan(0);
  expect(told.length).toBeLessThan(stopped.length); // " the" and " fence" end with it, "e " does not
});

test("an abort stops sampling between two steps, and the host goes on", async () => {
  const requests = Array.from({ length: 3000 }, (_, i) => ({ conversation, seed: `s${i}` }));
  const controller = new AbortController();
  const sampled = model.sample(requests, sampling, controller.signal);
  setTimeout(() => controller.abort(), 50);
  await expect(sampled).rejects.toHaveProperty("name", "AbortError");
  expect(await model.sample(requests.slice(0, 1), sampling)).toHaveLength(1);
});

test("a user's mistake in the worker arrives with its code and hint", async () => {
  const missing = await host.open(join(folder, "nowhere")).catch((error: unknown) => error);
  expect(missing).toBeInstanceOf(UserError);
  expect((missing as UserError).code).toBe("checkpoint-missing-file");
  expect((missing as UserError).hint).toContain("name a folder");
});

test("a scalar head does not answer", async () => {
  const scorer = await host.open(join(folder, "tiny"), { head: "scalar" });
  await expect(scorer.sample([{ conversation, seed: "" }], sampling)).rejects.toThrow("vocabulary head");
  await scorer.close();
});

test("a closed host refuses calls instead of leaving them unanswered", async () => {
  const other = await openHost({ threads: 1 });
  const opened = await other.open(join(folder, "tiny"));
  await other.close();
  await expect(opened.tokenize([])).rejects.toThrow("closed");
});
