// Stage 2, first half: pairs of answers from SL-CAI, and the labels on them, from the feedback model under drawn principles
// (RLAIF) or from a file (the RLHF baseline). Both end as preferences, and nothing after this point knows the difference.
import type { Json } from "../ledger/ledger.ts";
import type { Constitution } from "../method/constitution/constitution.ts";
import { drawPrinciples } from "../method/constitution/draw.ts";
import { comparisonQuestion } from "../method/constitution/wording.ts";
import { type FeedbackMode, type FeedbackTask, readComparisons } from "../method/feedback/judge.ts";
import { pairResponses } from "../method/feedback/pairs.ts";
import { type LabelRule, softLabel } from "../method/feedback/soft-label.ts";
import type { Comparison, Draft, Label, Preference, Prompt } from "../method/records.ts";
import type { LanguageModel } from "../models/model.ts";
import type { Imported } from "./imports.ts";
import { perform, type Recorded, type Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import { sampleResponses } from "./supervised.ts";

/** Two answers of SL-CAI to each prompt, paired where there is something to compare. */
export async function samplePairs(
  run: Run,
  model: LanguageModel,
  recipe: Recipe,
  prompts: readonly Prompt[],
  modelEntry: string,
): Promise<readonly Recorded<Comparison>[]> {
  const answers = (which: "first" | "second") =>
    sampleResponses(run, model, {
      stage: `pairs-${which}`,
      title: `Pairs: ${which} answers of SL-CAI`,
      prompts,
      sampling: recipe.feedback.sampling,
      seed: `${recipe.seed}/feedback/${which}`,
      batch: recipe.compute.batch,
      modelEntry,
    });
  const first = await answers("first");
  const second = await answers("second");
  const pairs = first.map((a, i) => pairResponses(a, second[i]!)).filter((pair) => pair !== null);
  return perform<Draft<Comparison>, Draft<Comparison>>(run, {
    stage: "pairs",
    title: "Pairs to compare",
    kind: "comparison",
    version: 1,
    inputs: pairs,
    batch: pairs.length,
    key: ({ a, b }) => ({ a, b }),
    parents: ({ prompt, a, b }) => [
      { id: prompt, role: "prompt" },
      { id: a, role: "a" },
      { id: b, role: "b" },
    ],
    compute: async (batch) => batch,
  });
}

/** Labels each comparison under one drawn principle (or k of them) with the feedback model's soft label. */
export function labelComparisons(
  run: Run,
  model: LanguageModel,
  given: {
    readonly recipe: Recipe;
    readonly constitution: Imported<Constitution>;
    readonly prompts: readonly Prompt[];
    readonly comparisons: readonly Recorded<Comparison>[];
    readonly modelEntry: string;
  },
): Promise<readonly Recorded<Label>[]> {
  const { recipe, constitution, prompts, comparisons, modelEntry } = given;
  const { feedback } = recipe;
  const seed = `${recipe.seed}/feedback`;
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  const mode: FeedbackMode =
    feedback.mode === "direct"
      ? { kind: "direct" }
      : { kind: "chain-of-thought", samples: feedback.samples, sampling: feedback.reasoningSampling };
  const rule: LabelRule = { labels: feedback.labels, clamp: feedback.clamp };
  const tasksOf = (comparison: Recorded<Comparison>): readonly FeedbackTask[] =>
    drawPrinciples(constitution.value, `${seed}/principle/${comparison.id}`, feedback.principles).map(
      (principle) => ({
        comparison,
        conversation: byId.get(comparison.prompt)!.conversation,
        use: {
          principle: principle.id,
          constitutionVersion: constitution.value.version,
          wording: comparisonQuestion(principle).text,
        },
        seed: `${seed}/reading/${comparison.id}/${principle.id}`,
      }),
    );
  return perform<Recorded<Comparison>, Draft<Label>>(run, {
    stage: "feedback",
    title: "Feedback: soft labels",
    kind: "label",
    version: 1,
    inputs: comparisons,
    batch: recipe.compute.batch,
    key: (comparison) => ({
      model: model.id,
      comparison: comparison.id,
      principles: tasksOf(comparison).map(({ use }) => [use.principle, use.wording]),
      mode: mode as unknown as Json,
      rule: rule as unknown as Json,
      seed,
    }),
    parents: (comparison) => [
      { id: comparison.id, role: "comparison" },
      ...tasksOf(comparison).map(({ use }) => ({ id: constitution.entries.get(use.principle)!, role: "principle" })),
      { id: modelEntry, role: "model" },
    ],
    compute: async (batch) => {
      const tasks = batch.map(tasksOf);
      const readings = await readComparisons(model, tasks.flat(), mode, run.signal);
      const perComparison = feedback.principles;
      return batch.map((comparison, i) => {
        const own = readings.slice(i * perComparison, (i + 1) * perComparison).flat();
        return softLabel(comparison, own, rule);
      });
    },
  });
}

/** Labelled comparisons as preferences on harmlessness. */
export function harmlessnessPreferences(
  prompts: readonly Prompt[],
  comparisons: readonly Recorded<Comparison>[],
  labels: readonly Recorded<Label>[],
): readonly Preference[] {
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  return labels.map((label, i) => {
    const { prompt, textA, textB } = comparisons[i]!;
    return {
      id: label.id,
      source: "harmlessness",
      conversation: byId.get(prompt)!.conversation,
      textA,
      textB,
      probability: label.probability,
    };
  });
}
