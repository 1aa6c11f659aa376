// Model against model: answers of two models to the same prompt, judged by a grader or by a feedback model in both orders
// (CAI paper, section 4.3; both orders: RLAIF, arXiv 2309.00267). A match is one judged pair; elo.ts turns matches to ratings.

import type { Random } from "../../engine/random.ts";
import { isEven } from "../feedback/soft-label.ts";
import { mean } from "../mean.ts";
import type { Label, Prompt } from "../records.ts";
import type { Criterion, Grader } from "./grader.ts";
import { bootstrap, byPrompt, type Estimate } from "./intervals.ts";

/** Two models' answers to one prompt. */
export interface Pairing {
  readonly prompt: Prompt;
  /** Names of the models. */
  readonly a: string;
  readonly b: string;
  readonly textA: string;
  readonly textB: string;
}

/** One judged pairing. */
export interface Match {
  /** Id of the prompt: the cluster that a bootstrap resamples. */
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
  /** Probability that a's answer is the better one; 0.5 is a tie. */
  readonly score: number;
}

/**
 * Every two models on every prompt, the i-th sample of one against the i-th of the other.
 *
 * @param answers model name -> prompt id -> sampled texts
 */
export function pairUp(
  prompts: readonly Prompt[],
  answers: Readonly<Record<string, ReadonlyMap<string, readonly string[]>>>,
): readonly Pairing[] {
  const models = Object.keys(answers);
  const couples = models.flatMap((a, i) => models.slice(i + 1).map((b) => [a, b] as const));
  return prompts.flatMap((prompt) =>
    couples.flatMap(([a, b]) => {
      const textsA = answers[a]!.get(prompt.id) ?? [];
      const textsB = answers[b]!.get(prompt.id) ?? [];
      return textsA.slice(0, textsB.length).map((textA, i) => ({ prompt, a, b, textA, textB: textsB[i]! }));
    }),
  );
}

/** Matches judged by a grader. Equal texts tie whoever judges. */
export function judgeByGrader(
  grader: Grader,
  pairings: readonly Pairing[],
  criterion: Criterion,
): readonly Match[] {
  return pairings.map(({ prompt, a, b, textA, textB }) => ({
    prompt: prompt.id,
    a,
    b,
    score: textA === textB ? 0.5 : grader.better(prompt, textA, textB, criterion),
  }));
}

/** Matches from a feedback model's labels of the pairings, one each and in their order; `unclamped` is what it said. */
export function judgeByLabels(
  pairings: readonly Pairing[],
  labels: readonly Pick<Label, "unclamped">[],
): readonly Match[] {
  if (labels.length !== pairings.length)
    throw new Error(`internal: judgeByLabels: expected ${pairings.length} labels, got ${labels.length}`);
  // What could not be read is a tie: without it, a model may be left that met no other.
  return pairings.map(({ prompt, a, b }, i) => ({ prompt: prompt.id, a, b, score: labels[i]!.unclamped }));
}

/** How often one model's answer is preferred to another's. */
export interface WinRate extends Estimate {
  readonly a: string;
  readonly b: string;
  readonly matches: number;
  /** Share of matches scored 0.5, but for rounding. */
  readonly ties: number;
}

/** Mean score of a against b for every two models, with bootstrap intervals over prompts. */
export function winRates(matches: readonly Match[], resamplings: number, random: Random): readonly WinRate[] {
  const couples = new Map<string, Match[]>();
  for (const match of matches) {
    const key = JSON.stringify([match.a, match.b]);
    const couple = couples.get(key);
    if (couple === undefined) couples.set(key, [match]);
    else couple.push(match);
  }
  return [...couples.values()].map((own) => {
    const means = (clusters: readonly (readonly Match[])[]) => {
      const scores = clusters.flatMap((cluster) => cluster.map(({ score }) => score));
      return [mean(scores)];
    };
    const [estimate] = bootstrap(byPrompt(own), means, resamplings, random);
    return {
      a: own[0]!.a,
      b: own[0]!.b,
      matches: own.length,
      ties: own.filter(({ score }) => isEven(score)).length / own.length,
      ...estimate!,
    };
  });
}
