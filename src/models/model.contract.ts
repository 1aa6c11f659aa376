// What every adapter of the ports must do, as tests that each runs on itself. A test that an adapter cannot pass by its
// nature is skipped with the reason its capabilities give.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Head } from "../lm/config.ts";
import type { Conversation, LanguageModel, SampleRequest, Sampling, TrainableModel } from "./model.ts";

const sampling: Sampling = { temperature: 1, topP: 1, maxTokens: 12, stop: [] };
const ask = (content: string): Conversation => [{ role: "user", content }];
const requests: readonly SampleRequest[] = [
  "how to brew tea",
  "tea",
  "how to paint the fence",
  "the fence",
].map((content, i) => ({ conversation: ask(content), seed: `request ${i}` }));

/** The contract of a model that answers. `stop` is a text that its answers to some of the requests contain. */
export function languageModelContract(name: string, model: () => LanguageModel, stop: string): void {
  const text = async (list: readonly SampleRequest[], changed: Partial<Sampling> = {}) =>
    (await model().sample(list, { ...sampling, ...changed })).map((sample) => sample.text);

  test(`${name}: answers every request, in order, the same whatever it is asked beside`, async () => {
    const together = await text(requests);
    expect(together).toHaveLength(requests.length);
    for (const [i, request] of requests.entries()) expect(await text([request])).toEqual([together[i]]);
    expect(await text(requests.toReversed())).toEqual(together.toReversed());
    expect(await model().sample([], sampling)).toEqual([]);
  });

  test(`${name}: gives a log-probability for each token, and tokens of the prompt as read`, async () => {
    const [plain] = await model().sample(requests, sampling);
    const [prefixed] = await model().sample([{ ...requests[0]!, prefix: "to" }], sampling);
    expect(plain!.logProbs).toHaveLength(plain!.tokens.length);
    expect(plain!.logProbs.every((logProb) => logProb <= 0 && Number.isFinite(logProb))).toBe(true);
    expect(plain!.tokens.length).toBeGreaterThan(0);
    expect(prefixed!.promptTokens.slice(0, plain!.promptTokens.length)).toEqual(plain!.promptTokens);
    expect(prefixed!.promptTokens.length).toBeGreaterThan(plain!.promptTokens.length);
  });

  test(`${name}: keeps to the limit of tokens and says so`, async () => {
    const samples = await model().sample(requests, { ...sampling, maxTokens: 2 });
    for (const { tokens, finish } of samples) {
      expect(tokens.length).toBeLessThanOrEqual(2);
      if (finish === "length") expect(tokens).toHaveLength(2);
    }
    expect(samples.some(({ finish }) => finish === "length")).toBe(true);
  });

  test(`${name}: ends before a stop sequence and says so`, async () => {
    const samples = await model().sample(requests, {
      ...sampling,
      maxTokens: 40,
      stop: [stop, "never said"],
    });
    expect(samples.some(({ finish }) => finish === "stop")).toBe(true);
    for (const { text } of samples) expect(text).not.toContain(stop);
  });

  test(`${name}: scores one number for each continuation, never above 0`, async () => {
    const scores = await model().score([
      { conversation: ask("tea"), continuations: [" (A)", " (B)"] },
      { conversation: ask("the fence"), prefix: "to", continuations: [" paint", " brew tea", " fence"] },
    ]);
    expect(scores.map((score) => score!.length)).toEqual([2, 3]);
    expect(scores.flat().every((score) => score! <= 0 && Number.isFinite(score))).toBe(true);
  });

  test(`${name}: rejects with the signal's reason once it is aborted`, async () => {
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    await expect(model().sample(requests, sampling, signal)).rejects.toBe(reason);
    await expect(model().score([{ conversation: ask("tea"), continuations: ["a"] }], signal)).rejects.toBe(
      reason,
    );
  });
}

const adamW = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
const lesson: Conversation = [...ask("how to brew tea"), { role: "assistant", content: "paint the fence" }];

/** The contract of a model that trains. `open` gives a fresh model of the same weights each time; `reopen` one from a folder. */
export function trainableModelContract(
  name: string,
  open: (head: Head) => Promise<TrainableModel>,
  reopen: (model: TrainableModel) => Promise<TrainableModel>,
): void {
  const folder = mkdtempSync(join(tmpdir(), "charter-states-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (state: string) => join(folder, state);

  async function learn(model: TrainableModel, steps: number): Promise<readonly number[]> {
    const [example] = await model.tokenize([lesson]);
    const count = example!.weights.filter((weight) => weight > 0).length;
    const examples = [{ ...example!, weights: example!.weights.map((weight) => weight / count) }];
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      losses.push((await model.forwardBackward({ kind: "cross-entropy", examples }))["loss"]!);
      await model.optimStep(adamW);
    }
    return losses;
  }
  const greedy = async (model: TrainableModel) =>
    (
      await model.sample([{ conversation: ask("how to brew tea"), seed: "" }], {
        ...sampling,
        temperature: 0,
      })
    )[0]!;

  test(`${name}: weighs the last assistant turn and no other`, async () => {
    const model = await open("vocabulary");
    const [sequence] = await model.tokenize([lesson]);
    const [sample] = await model.sample([{ conversation: lesson.slice(0, 1), seed: "" }], sampling);
    const { promptTokens } = sample!;
    expect(sequence!.tokens.slice(0, promptTokens.length)).toEqual(promptTokens);
    expect(sequence!.weights.map((weight) => weight > 0)).toEqual(
      sequence!.tokens.map((_, i) => i >= promptTokens.length),
    );
    await model.close();
  });

  test(`${name}: has nothing to say where a conversation fills its context, and answers the others`, async () => {
    const model = await open("vocabulary");
    const long = ask("the fence ".repeat(model.contextLength));
    const [none, some] = await model.sample([{ conversation: long, seed: "" }, requests[0]!], sampling);
    expect(none).toMatchObject({ text: "", tokens: [], finish: "length" });
    expect([some]).toEqual(await model.sample([requests[0]!], sampling));
    const scores = await model.score(
      [long, ask("tea")].map((conversation) => ({ conversation, continuations: [" paint"] })),
    );
    expect(scores).toEqual([null, [expect.any(Number)]]);
    await model.close();
  });

  test(`${name}: the log-probabilities of a sample are those of the forward pass`, async () => {
    const model = await open("vocabulary");
    const [sample] = await model.sample(requests.slice(0, 1), sampling);
    const { promptTokens, tokens, logProbs } = sample!;
    const [again] = await model.forward([
      {
        tokens: [...promptTokens, ...tokens],
        weights: [...promptTokens.map(() => 0), ...tokens.map(() => 1)],
      },
    ]);
    expect(again).toHaveLength(tokens.length);
    again!.forEach((logProb, i) => {
      expect(Math.abs(logProb - logProbs[i]!)).toBeLessThan(1e-4);
    });
    await model.close();
  });

  test(`${name}: learns what it is shown, and at once answers by it`, async () => {
    const model = await open("vocabulary");
    const before = await greedy(model);
    const losses = await learn(model, 60);
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 4);
    const after = await greedy(model);
    expect(before.text).not.toBe("paint the fence");
    expect(after.text).toBe("paint the fence");
    await model.close();
  });

  test(`${name}: goes on from a restored state as if it had never stopped`, async () => {
    const [whole, first, second] = [
      await open("vocabulary"),
      await open("vocabulary"),
      await open("vocabulary"),
    ];
    const unbroken = await learn(whole, 4);
    await learn(first, 2);
    await first.saveState(file("first"));
    await second.loadState(file("first"));
    expect(await learn(second, 2)).toEqual(unbroken.slice(2));
    await whole.saveState(file("whole"));
    await second.saveState(file("second"));
    expect(readFileSync(file("second"))).toEqual(readFileSync(file("whole")));
    for (const model of [whole, first, second]) await model.close();
  });

  test(`${name}: a saved model opens with the same weights, bit for bit, under an id of its own`, async () => {
    const model = await open("vocabulary");
    await learn(model, 2);
    const saved = await reopen(model);
    expect(saved.id).not.toBe(model.id);
    expect(await greedy(saved)).toEqual(await greedy(model));
    const [example] = await model.tokenize([lesson]);
    expect(await saved.forward([example!])).toEqual(await model.forward([example!]));
    for (const one of [model, saved]) await one.close();
  });

  test(`${name}: a new scalar head starts at zero, learns a preference and is saved with the model`, async () => {
    const model = await open("scalar");
    const [better, worse] = (
      await model.tokenize([lesson, [...ask("tea"), { role: "assistant", content: "tea" }]])
    ).map(({ tokens }) => tokens);
    expect(await model.scoreLast([better!, worse!])).toEqual([0, 0]);
    const examples = [{ a: better!, b: worse!, probability: 1, weight: 1 }];
    const { loss } = await model.forwardBackward({ kind: "preference", examples });
    expect(loss).toBeCloseTo(Math.log(2), 5); // -log s(0)
    await model.optimStep(adamW);
    for (let step = 0; step < 10; step++) {
      await model.forwardBackward({ kind: "preference", examples });
      await model.optimStep(adamW);
    }
    const scores = await model.scoreLast([better!, worse!]);
    expect(scores[0]! - scores[1]!).toBeGreaterThan(1);
    const saved = await reopen(model);
    expect(saved.head).toBe("scalar");
    expect(await saved.scoreLast([better!, worse!])).toEqual(scores);
    for (const one of [model, saved]) await one.close();
  });
}
