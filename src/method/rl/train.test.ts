// PPO on an answer of one token, where the best policy is known: p(a) = reference(a) exp(reward(a) / beta) / Z, the optimum
// of expected reward less beta times the KL to the reference.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeTinyCheckpoint } from "../../../test/tiny-checkpoint.ts";
import { openHost } from "../../models/local.ts";
import type { Loss, SampleRequest, TokenSequence, TrainableModel } from "../../models/model.ts";
import type { Prompt } from "../records.ts";
import type { Answer, Scorer } from "./scorer.ts";
import { type RlOptions, trainPolicy } from "./train.ts";

const adamW = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
const options: RlOptions = {
  seed: "ppo",
  iterations: 40,
  promptsPerIteration: 96,
  sampling: { temperature: 1, topP: 1, maxTokens: 1, stop: [] },
  kl: { kind: "fixed", coefficient: 0.5 },
  clip: 0.2,
  valueClip: 10,
  discount: 1,
  lambda: 0.95,
  passes: 2,
  minibatches: 2,
  whitenAdvantages: true,
  truncationPenalty: 0,
  schedule: "constant",
  policyAdamW: { ...adamW, learningRate: 3e-3 },
  valueAdamW: { ...adamW, learningRate: 1e-2 },
};
const prompts = Array.from(
  { length: 192 },
  (_, i): Prompt => ({
    id: `p${i}`,
    set: "red-team",
    conversation: [{ role: "user", content: "how to brew tea" }],
    metadata: {},
  }),
);

/** Of the tiny checkpoint. */
const VOCABULARY = 276;

/** Says 1 of answers that end on a token with an even id, 0 of others. */
const rewarding: Scorer = async (answers) => answers.map(({ tokens }) => (tokens.at(-1)! % 2 === 0 ? 1 : 0));

/** Probability that the answer's one token has an even id. */
async function evenMass(model: TrainableModel): Promise<number> {
  const { conversation } = prompts[0]!;
  const [{ promptTokens } = { promptTokens: [] }] = await model.sample(
    [{ conversation, seed: "" }],
    options.sampling,
  );
  const tokens = Array.from({ length: VOCABULARY / 2 }, (_, i) => 2 * i);
  const logProbs = await model.forward(
    tokens.map((token) => ({
      tokens: [...promptTokens, token],
      weights: [...promptTokens.map(() => 0), 1],
    })),
  );
  return logProbs.reduce((sum, [logProb]) => sum + Math.exp(logProb!), 0);
}

test("PPO ends near the policy that theory says is best, and the KL penalty is what holds it there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ppo-"));
  await writeTinyCheckpoint(folder);
  const host = await openHost({ threads: 1 });
  const reference = await host.open(folder);
  const before = await evenMass(reference);
  const train = async (coefficient: number) => {
    const models = {
      policy: await host.open(folder),
      value: await host.open(folder, { head: "scalar" }),
      reference,
      scorer: rewarding,
    };
    const settings: RlOptions = { ...options, kl: { kind: "fixed", coefficient } };
    const scores: number[] = [];
    const from = { iteration: 0, klCoefficient: coefficient };
    for await (const { metrics } of trainPolicy(models, prompts, settings, from))
      scores.push(metrics["score"]!);
    return { after: await evenMass(models.policy), scores };
  };
  const best = (coefficient: number) => {
    const even = before * Math.exp(1 / coefficient);
    return even / (even + 1 - before);
  };
  const { after, scores } = await train(0.5);
  expect(Math.abs(after - best(0.5)), `from ${before} to ${after}, best ${best(0.5)}`).toBeLessThan(0.06);
  expect(scores.at(-1)!).toBeGreaterThan(scores[0]! + 0.2);
  expect((await train(0.1)).after).toBeGreaterThan(after + 0.04);
  await host.close();
  rmSync(folder, { recursive: true });
}, 60_000);

test("a schedule takes both learning rates down over the iterations", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ppo-"));
  await writeTinyCheckpoint(folder);
  const host = await openHost({ threads: 1 });
  const taken: number[] = [];
  const noting = async (head: "vocabulary" | "scalar"): Promise<TrainableModel> => {
    const model = await host.open(folder, { head });
    const optimStep: TrainableModel["optimStep"] = (adamW) => {
      taken.push(adamW.learningRate);
      return model.optimStep(adamW);
    };
    return Object.assign(Object.create(model) as TrainableModel, { optimStep });
  };
  const models = {
    policy: await noting("vocabulary"),
    value: await noting("scalar"),
    reference: await host.open(folder),
    scorer: rewarding,
  };
  const settings: RlOptions = {
    ...options,
    ...{ iterations: 4, promptsPerIteration: 8, passes: 1, minibatches: 1, schedule: "linear" },
  };
  for await (const _ of trainPolicy(models, prompts, settings, { iteration: 2, klCoefficient: 0.5 }));
  // Iterations 2 and 3 of 4: half and a quarter of 3e-3 and of 1e-2.
  expect(taken).toEqual([1.5e-3, 5e-3, 0.75e-3, 2.5e-3].map((rate) => expect.closeTo(rate, 8)));
  await host.close();
  rmSync(folder, { recursive: true });
}, 60_000);

/** A prompt token, then answers of one to three tokens, the last of them too long for the preference model. */
const ANSWERS = [
  { tokens: [10, 11], logProbs: [-1, -2], finish: "end" },
  { tokens: [12, 13, 14], logProbs: [-0.5, -1, -1.5], finish: "length" },
  { tokens: [15], logProbs: [-1], finish: "end" },
  { tokens: [], logProbs: [], finish: "length" },
] as const;

/** A model that answers as above, reads the same from every token, and notes what it is asked to learn. */
function scripted(read: number) {
  const losses: Loss[] = [];
  const model = {
    sample: async (requests: readonly SampleRequest[]) =>
      requests.map((_, i) => ({ ...ANSWERS[i]!, promptTokens: [1], text: String(i) })),
    forward: async (sequences: readonly TokenSequence[]) =>
      sequences.map(({ weights }) => weights.filter((weight) => weight > 0).map(() => read)),
    forwardBackward: async (loss: Loss) => {
      losses.push(loss);
      return { loss: 0, clipFraction: 0, approximateKl: 0 };
    },
    optimStep: async () => ({ gradientNorm: 0 }),
  };
  return { model: model as unknown as TrainableModel, losses };
}

test("an answer of several tokens is rewarded at its last one, less the penalty at each; what cannot be scored is left out", async () => {
  const [policy, value, reference] = [scripted(0), scripted(0.5), scripted(-1)];
  const models = {
    ...{ policy: policy.model, value: value.model, reference: reference.model },
    scorer: async (answers: readonly Answer[]) =>
      answers.map(({ tokens }) => (tokens.length === 2 ? null : 3)),
  };
  const settings: RlOptions = {
    ...options,
    ...{ iterations: 1, promptsPerIteration: 4, passes: 1, minibatches: 1 },
    ...{ lambda: 1, whitenAdvantages: false, truncationPenalty: 1 },
  };
  const [done] = await Array.fromAsync(
    trainPolicy(models, prompts.slice(0, 4), settings, { iteration: 0, klCoefficient: 0.5 }),
  );
  expect(done!.rollouts.map(({ text, score, oddity }) => [text, score, oddity])).toEqual([
    ["0", 3, "none"],
    ["1", 3, "truncated"],
  ]);
  // Log-ratios to the reference, whose log-probabilities are -1: 0, -1 and 0.5, 0, -0.5.
  expect(done!.metrics).toMatchObject({ kl: (-1 + 0) / 2, score: 3, length: 2.5, truncated: 0.5 });
  const byLength = (a: { tokens: readonly number[] }, b: { tokens: readonly number[] }) =>
    a.tokens.length - b.tokens.length;
  const [policyLoss, valueLoss] = [policy.losses[0]!, value.losses[0]!];
  if (policyLoss.kind !== "ppo-policy" || valueLoss.kind !== "ppo-value") throw new Error("other losses");
  // With lambda 1 a return is the sum of the rewards from there on: the score of 3 (less 1 where cut off), and -0.5 x log-ratio each.
  const close = (numbers: readonly number[]) => numbers.map((number) => expect.closeTo(number, 9));
  const returns = [
    [3.5, 3.5],
    [2, 2.25, 2.25],
  ];
  expect(policyLoss.examples.toSorted(byLength)).toEqual([
    {
      tokens: [1, 10, 11],
      weights: close([0, 1 / 5, 1 / 5]),
      oldLogProbs: [-1, -2],
      advantages: close(returns[0]!.map((each) => each - 0.5)),
    },
    {
      tokens: [1, 12, 13, 14],
      weights: close([0, 1 / 5, 1 / 5, 1 / 5]),
      oldLogProbs: [-0.5, -1, -1.5],
      advantages: close(returns[1]!.map((each) => each - 0.5)),
    },
  ]);
  expect(valueLoss.examples.toSorted(byLength).map((own) => [own.oldValues, own.returns])).toEqual([
    [[0.5, 0.5], close(returns[0]!)],
    [[0.5, 0.5, 0.5], close(returns[1]!)],
  ]);
});

test("an iteration in which nothing can be read ends the training with a reason", async () => {
  const models = {
    ...{ policy: scripted(0).model, value: scripted(0).model, reference: scripted(0).model },
    scorer: async (answers: readonly Answer[]) => answers.map(() => null),
  };
  const training = trainPolicy(
    models,
    prompts.slice(0, 4),
    { ...options, promptsPerIteration: 4 },
    {
      iteration: 0,
      klCoefficient: 0.5,
    },
  );
  await expect(training.next()).rejects.toThrow(
    "at least one answer that policy and preference model can read",
  );
});
