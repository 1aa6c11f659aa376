// PPO on one page: roll out, score, estimate advantages, update (CAI paper, section 4; HH paper, section 4.1; Schulman et
// al. 2017). Four models: the policy, its start as the reference, the preference model that scores, and a value model that
// starts as the preference model where the two share a tokenizer. An iteration follows from the seed, its number and the state it starts from alone.
import { seed } from "../../engine/random.ts";
import type {
  AdamW,
  LanguageModel,
  Metrics,
  PolicyExample,
  Sampling,
  TrainableModel,
  ValueExample,
} from "../../models/model.ts";
import { UserError } from "../../user-error.ts";
import { oddityOf } from "../critique/respond.ts";
import { mean } from "../mean.ts";
import type { Draft, Prompt, Rollout } from "../records.ts";
import { batchAt, learningRateAt, type Schedule } from "../steps.ts";
import { estimateAdvantages, whiten } from "./advantages.ts";
import { type KlControl, nextCoefficient, tokenRewards } from "./reward.ts";
import type { Answer, Scorer } from "./scorer.ts";

/** How PPO is run; recipe-schema.ts gives each default with its source. */
export interface RlOptions {
  readonly seed: string;
  readonly iterations: number;
  readonly promptsPerIteration: number;
  readonly sampling: Sampling;
  readonly kl: KlControl;
  readonly discount: number;
  readonly lambda: number;
  readonly clip: number;
  readonly valueClip: number;
  readonly passes: number;
  readonly minibatches: number;
  readonly whitenAdvantages: boolean;
  /** Subtracted from the score of an answer cut off by the token limit. */
  readonly truncationPenalty: number;
  /** Of both learning rates, over the iterations. */
  readonly schedule: Schedule["kind"];
  readonly policyAdamW: AdamW;
  readonly valueAdamW: AdamW;
}

/** The four models of PPO; the first and the last learn. */
export interface RlModels {
  readonly policy: TrainableModel;
  readonly reference: Pick<TrainableModel, "forward">;
  /** The preference model. */
  readonly scorer: Scorer;
  readonly value: TrainableModel;
}

/** What an iteration leaves behind: with the weights, all that the next one needs. */
export interface RlIteration {
  readonly iteration: number;
  readonly klCoefficient: number;
  readonly metrics: Metrics;
  readonly rollouts: readonly Draft<Rollout>[];
}

/** One answer of the policy with everything the update needs. R = its tokens. */
interface Episode {
  readonly rollout: Draft<Rollout>;
  readonly tokens: readonly number[];
  /** 1 on the answer's tokens. */
  readonly weights: readonly number[];
  readonly logProbs: readonly number[]; // [R]
  readonly values: readonly number[]; // [R]
  readonly advantages: readonly number[]; // [R]
  readonly returns: readonly number[]; // [R]
}

/**
 * Trains the policy and the value model; yields after each iteration.
 *
 * @param from iterations already done by the state that the models hold, and the KL coefficient they left.
 */
export async function* trainPolicy(
  models: RlModels,
  prompts: readonly Prompt[],
  options: RlOptions,
  from: { readonly iteration: number; readonly klCoefficient: number },
): AsyncGenerator<RlIteration> {
  let { klCoefficient } = from;
  for (let iteration = from.iteration; iteration < options.iterations; iteration++) {
    const episodes = await rollOut(models, prompts, options, iteration, klCoefficient);
    const updates = await update(models, episodes, options, iteration);
    const kl = mean(episodes.map(({ rollout }) => rollout.kl));
    const metrics = { ...describe(episodes), ...updates, kl, klCoefficient };
    klCoefficient = nextCoefficient(options.kl, klCoefficient, kl, episodes.length);
    yield { iteration, klCoefficient, metrics, rollouts: episodes.map(({ rollout }) => rollout) };
  }
}

/** Samples an answer to each prompt of the iteration and works out its rewards, advantages and returns. */
async function rollOut(
  { policy, reference, scorer, value }: RlModels,
  prompts: readonly Prompt[],
  options: RlOptions,
  iteration: number,
  klCoefficient: number,
): Promise<readonly Episode[]> {
  const order = seed(options.seed).child("prompts");
  const batch = batchAt(prompts, iteration, options.promptsPerIteration, order);
  const answers = await sampleAnswers(policy, batch, options, iteration);
  const scored = await scorer(answers);
  // What the preference model cannot read whole teaches nothing either.
  const kept = answers.filter((_, i) => scored[i] !== null);
  const scores = scored.filter((score) => score !== null);
  needAnswers(kept.length, iteration, batch.length);
  const sequences = kept.map(({ tokens, sample }) => {
    const prompt = tokens.length - sample.tokens.length;
    return { tokens, weights: tokens.map((_, i) => (i < prompt ? 0 : 1)) };
  });
  // Under the policy that sampled; no other has touched it since.
  const logProbs = kept.map(({ sample }) => sample.logProbs);
  const referenceLogProbs = await reference.forward(sequences);
  const values = await value.forward(sequences);
  const estimates = kept.map(({ sample }, i) => {
    const score = scores[i]! - (oddityOf(sample) === "truncated" ? options.truncationPenalty : 0);
    const rewards = tokenRewards(score, logProbs[i]!, referenceLogProbs[i]!, klCoefficient);
    return estimateAdvantages(rewards, values[i]!, options.discount, options.lambda);
  });
  const raw = estimates.map(({ advantages }) => advantages);
  const advantages = options.whitenAdvantages ? whiten(raw) : raw;
  return kept.map(({ prompt, sample }, i) => ({
    rollout: {
      iteration,
      prompt: prompt.id,
      text: sample.text,
      oddity: oddityOf(sample),
      score: scores[i]!,
      kl: sum(logProbs[i]!) - sum(referenceLogProbs[i]!),
    },
    ...sequences[i]!,
    logProbs: logProbs[i]!,
    values: values[i]!,
    advantages: advantages[i]!,
    returns: estimates[i]!.returns,
  }));
}

/** An answer to each prompt, but for those that fill the context. */
async function sampleAnswers(
  policy: LanguageModel,
  prompts: readonly Prompt[],
  options: RlOptions,
  iteration: number,
): Promise<readonly Answer[]> {
  const requests = prompts.map(({ id, conversation }, i) => ({
    conversation,
    seed: `${options.seed}/rollout/${iteration}/${i}/${id}`,
  }));
  const samples = await policy.sample(requests, options.sampling);
  return samples
    .map((sample, i) => ({
      prompt: prompts[i]!,
      sample,
      tokens: [...sample.promptTokens, ...sample.tokens],
    }))
    .filter(({ sample }) => sample.tokens.length > 0);
}

/** @throws UserError when an iteration has no answer to learn from */
function needAnswers(kept: number, iteration: number, asked: number): void {
  if (kept > 0) return;
  throw new UserError(
    "nothing-to-learn",
    `rl, iteration ${iteration}: expected at least one answer that policy and preference model can read whole, got none of ${asked}`,
    "Use shorter prompts under prompts.rl, or models that read longer conversations.",
  );
}

/** Several passes over the episodes in minibatches; the policy and the value model each take a step on every one. */
async function update(
  { policy, value }: RlModels,
  episodes: readonly Episode[],
  options: RlOptions,
  iteration: number,
): Promise<Metrics> {
  const size = Math.ceil(episodes.length / options.minibatches);
  const { schedule, iterations } = options;
  const scheduled = (adamW: AdamW): AdamW => {
    const { learningRate } = adamW;
    return {
      ...adamW,
      learningRate: learningRateAt({ kind: schedule, learningRate, warmup: 0 }, iteration, iterations),
    };
  };
  const seen: Metrics[] = [];
  for (let pass = 0; pass < options.passes; pass++) {
    const shuffled = seed(options.seed).child("pass", iteration, pass).random().shuffle(episodes);
    for (let start = 0; start < shuffled.length; start += size) {
      const minibatch = meanOverTokens(shuffled.slice(start, start + size));
      const policyExamples: readonly PolicyExample[] = minibatch.map((episode) => ({
        tokens: episode.tokens,
        weights: episode.weights,
        oldLogProbs: episode.logProbs,
        advantages: episode.advantages,
      }));
      const valueExamples: readonly ValueExample[] = minibatch.map((episode) => ({
        tokens: episode.tokens,
        weights: episode.weights,
        oldValues: episode.values,
        returns: episode.returns,
      }));
      const policyLoss = await policy.forwardBackward({
        kind: "ppo-policy",
        clip: options.clip,
        examples: policyExamples,
      });
      const policyStep = await policy.optimStep(scheduled(options.policyAdamW));
      const valueLoss = await value.forwardBackward({
        kind: "ppo-value",
        clip: options.valueClip,
        examples: valueExamples,
      });
      const valueStep = await value.optimStep(scheduled(options.valueAdamW));
      seen.push({
        policyLoss: policyLoss["loss"]!,
        clipFraction: policyLoss["clipFraction"]!,
        approximateKl: policyLoss["approximateKl"]!,
        policyGradientNorm: policyStep.gradientNorm,
        valueLoss: valueLoss["loss"]!,
        valueGradientNorm: valueStep.gradientNorm,
      });
    }
  }
  const names = Object.keys(seen[0]!);
  return Object.fromEntries(names.map((name) => [name, mean(seen.map((metrics) => metrics[name]!))]));
}

/** Weights scaled to sum to 1 over the minibatch, so that the losses are means over its answers' tokens. */
function meanOverTokens(episodes: readonly Episode[]): readonly Episode[] {
  const tokens = sum(episodes.map(({ logProbs }) => logProbs.length));
  return episodes.map((episode) => ({
    ...episode,
    weights: episode.weights.map((weight) => weight / tokens),
  }));
}

/** Scores, lengths, an entropy estimate and how much of the returns the value model explained. */
function describe(episodes: readonly Episode[]): Metrics {
  const logProbs = episodes.flatMap((episode) => episode.logProbs);
  const returns = episodes.flatMap((episode) => episode.returns);
  const errors = episodes.flatMap(({ returns, values }) => returns.map((value, t) => value - values[t]!));
  return {
    score: mean(episodes.map(({ rollout }) => rollout.score)),
    length: logProbs.length / episodes.length,
    truncated: mean(episodes.map(({ rollout }) => (rollout.oddity === "truncated" ? 1 : 0))),
    // A sample of -log p under p itself has the entropy as its mean.
    entropy: -mean(logProbs),
    explainedVariance: 1 - variance(errors) / Math.max(variance(returns), 1e-8),
  };
}

const sum = (xs: readonly number[]) => xs.reduce((total, x) => total + x, 0);
const variance = (xs: readonly number[]) => {
  const middle = mean(xs);
  return mean(xs.map((x) => (x - middle) ** 2));
};
