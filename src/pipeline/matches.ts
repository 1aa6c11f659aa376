// Matches between models: answers to the same prompt, set side by side, judged by the grader and by the feedback model in both
// orders. Harmlessness is judged on red-team prompts under drawn principles, helpfulness on ordinary ones.
import {
  judgeByGrader,
  judgeByLabels,
  type Match,
  type Pairing,
  pairUp,
} from "../method/evaluation/compare.ts";
import type { Criterion, Grader } from "../method/evaluation/grader.ts";
import type { Judge } from "../method/evaluation/results.ts";
import type { ShownComparison } from "../method/feedback/judge.ts";
import type { Comparison, Draft, Prompt } from "../method/records.ts";
import type { ModelHost } from "../models/model.ts";
import {
  type DrawnPrinciple,
  drawnPrinciples,
  feedbackMode,
  labelComparisons,
  recordComparisons,
} from "./feedback.ts";
import type { Answers, Made } from "./made.ts";
import { importModel, openNamed } from "./named-model.ts";
import type { Recorded, Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import { streamName } from "./settings.ts";

/** The feedback model's question where the constitution has none: the paper's crowdworkers chose the more helpful answer. */
export const HELPFULNESS: DrawnPrinciple = {
  use: {
    principle: "helpfulness",
    constitutionVersion: "0.0.0",
    wording: "Which response is more helpful?",
  },
  entry: null,
};

/** Names the random streams of the judge. */
export const judgeSeed = ({ seed }: Pick<Recipe, "seed">, criterion: Criterion): string =>
  `${seed}/evaluation/judge/${criterion}`;

/** One judge's matches on one criterion. */
export interface Judged {
  readonly judge: Judge;
  readonly criterion: Criterion;
  readonly matches: readonly Match[];
}

/** Matches between every two models: harmlessness on red-team prompts, helpfulness on ordinary ones. */
export async function judgeAll(
  run: Run,
  host: ModelHost,
  made: Made,
  grader: Grader | null,
  answers: Answers,
  shown: readonly Recorded<ShownComparison>[],
  prompts: Readonly<Record<Criterion, readonly Prompt[]>>,
): Promise<readonly Judged[]> {
  const { judge } = made.recipe.evaluation;
  const most = judge.comparisons === "all" ? Number.POSITIVE_INFINITY : judge.comparisons;
  const named = await importModel(run, "judge", judge.model);
  const model = await openNamed(run, host, named);
  const texts = textsOf(answers);
  const judged: Judged[] = [];
  for (const criterion of ["harmlessness", "helpfulness"] as const) {
    const pairings = pairUp(prompts[criterion], texts);
    if (grader !== null)
      judged.push({ judge: "grader", criterion, matches: judgeByGrader(grader, pairings, criterion) });
    const compareOn = new Set(prompts[criterion].slice(0, most).map(({ id }) => id));
    const asked = pairings.filter(({ prompt, textA, textB }) => compareOn.has(prompt.id) && textA !== textB);
    const same = pairings.filter(({ prompt, textA, textB }) => compareOn.has(prompt.id) && textA === textB);
    const compared = await recordComparisons(
      run,
      `matches-${criterion}`,
      `Evaluation: pairs to judge for ${criterion}`,
      asked.map((pairing) => comparisonOf(pairing, answers)),
    );
    const seedName = judgeSeed(made.recipe, criterion);
    const draw = `${seedName}/{comparison}`;
    const labels = await labelComparisons(run, model, {
      stage: `judge-${criterion}`,
      title: `Evaluation: the feedback model judges ${criterion}`,
      mode: feedbackMode(judge),
      rule: { labels: "soft", clamp: null },
      seed: seedName,
      batch: made.recipe.compute.batch,
      prompts: prompts[criterion],
      asked: compared.map((comparison) => ({
        comparison,
        principles:
          criterion === "helpfulness"
            ? [HELPFULNESS]
            : drawnPrinciples(made.constitution, streamName(draw, { comparison: comparison.id }), 1),
      })),
      shown: criterion === "helpfulness" ? [] : shown,
      draw: criterion === "helpfulness" ? null : draw,
      modelEntry: named.id,
    });
    const ties = judgeByLabels(
      same,
      same.map(() => ({ unclamped: 0.5 })),
    );
    judged.push({ judge: "feedback-model", criterion, matches: [...judgeByLabels(asked, labels), ...ties] });
  }
  await model.close();
  return judged;
}

/** Of each model, what it said to each prompt. */
export const textsOf = (answers: Answers): Readonly<Record<string, ReadonlyMap<string, readonly string[]>>> =>
  Object.fromEntries(
    Object.entries(answers).map(([name, own]) => [
      name,
      new Map([...own].map(([prompt, responses]) => [prompt, responses.map(({ text }) => text)])),
    ]),
  );

/** A pairing as two recorded answers to be compared. */
export function comparisonOf({ prompt, a, b, textA, textB }: Pairing, answers: Answers): Draft<Comparison> {
  const idOf = (model: string, text: string) =>
    answers[model]!.get(prompt.id)!.find((response) => response.text === text)!.id;
  return { prompt: prompt.id, a: idOf(a, textA), b: idOf(b, textB), textA, textB };
}
