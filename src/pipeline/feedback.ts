// Stage 2, first half: pairs of answers from SL-CAI, and the labels on them, from the feedback model under drawn principles
// (RLAIF) or from a file (the RLHF baseline). Both end as preferences, and nothing after this point knows the difference.
import type { Json } from "../ledger/ledger.ts";
import type { Constitution, Principle } from "../method/constitution/constitution.ts";
import { drawPrinciples } from "../method/constitution/draw.ts";
import { comparisonQuestion } from "../method/constitution/wording.ts";
import {
  type FeedbackMode,
  type FeedbackTask,
  readComparisons,
  type ShownComparison,
} from "../method/feedback/judge.ts";
import { pairResponses } from "../method/feedback/pairs.ts";
import { type LabelRule, softLabel } from "../method/feedback/soft-label.ts";
import type {
  Comparison,
  Draft,
  Label,
  Preference,
  PrincipleUse,
  Prompt,
  Reading,
  Response,
} from "../method/records.ts";
import type { LanguageModel, Sampling } from "../models/model.ts";
import { needComparisons } from "./enough-to-learn.ts";
import type { Imported } from "./imports.ts";
import { pairStages } from "./pair-stages.ts";
import { pacing, perform, type Recorded, type Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import { streamName } from "./settings.ts";
import { sampleResponses } from "./supervised.ts";

/** Answers of SL-CAI to each prompt, paired where there is something to compare. */
export async function samplePairs(
  run: Run,
  model: LanguageModel,
  recipe: Recipe,
  prompts: readonly Prompt[],
  modelEntry: string,
): Promise<{
  readonly answers: readonly Recorded<Response>[];
  readonly comparisons: readonly Recorded<Comparison>[];
}> {
  const drawn: (readonly Recorded<Response>[])[] = [];
  for (const { drawn: name, stage, title } of pairStages(recipe.feedback.candidates))
    drawn.push(
      await sampleResponses(run, model, {
        stage,
        title,
        prompts,
        sampling: recipe.feedback.sampling,
        seed: `${recipe.seed}/feedback/${name}`,
        batch: recipe.compute.batch,
        modelEntry,
      }),
    );
  const toEach = prompts.map((_, i) => drawn.map((answers) => answers[i]!));
  const pairs = toEach.map(pairResponses).filter((pair) => pair !== null);
  needComparisons(pairs.length, toEach);
  const comparisons = await recordComparisons(run, "pairs", "Pairs to compare", pairs);
  return { answers: drawn.flat(), comparisons };
}

/** Writes which two answers are compared, so that what is said of them can be traced to both. */
export function recordComparisons(
  run: Run,
  stage: string,
  title: string,
  comparisons: readonly Draft<Comparison>[],
): Promise<readonly Recorded<Comparison>[]> {
  return perform<Draft<Comparison>, Draft<Comparison>>(run, {
    stage,
    title,
    kind: "comparison",
    version: 1,
    inputs: comparisons,
    batch: Math.max(1, comparisons.length),
    key: ({ a, b }) => ({ a, b }),
    parents: ({ prompt, a, b }) => [
      { id: prompt, role: "prompt" },
      { id: a, role: "a" },
      { id: b, role: "b" },
    ],
    standIn: (comparison) => comparison,
    compute: async (batch) => batch,
  });
}

/** One principle a comparison is read under, and the entry that holds it; none for a question of our own. */
export interface DrawnPrinciple {
  readonly use: PrincipleUse;
  readonly entry: string | null;
}

/** The principles drawn for a comparison: one in the paper, k distinct ones in an ensemble. */
export const drawnPrinciples = (
  constitution: Imported<Constitution>,
  name: string,
  k: number,
): readonly DrawnPrinciple[] =>
  drawPrinciples(constitution.value, name, k).map((principle) => readUnder(constitution, principle));

/** A principle as a comparison is read under it. */
export const readUnder = (
  { value, entries }: Imported<Constitution>,
  principle: Principle,
): DrawnPrinciple => ({
  use: {
    principle: principle.id,
    constitutionVersion: value.version,
    wording: comparisonQuestion(principle).text,
  },
  entry: entries.get(principle.id)!,
});

/** A comparison and the principles it is read under; one comparison may be asked several times. */
export interface Asked {
  readonly comparison: Recorded<Comparison>;
  readonly principles: readonly DrawnPrinciple[];
}

export interface Labelling {
  readonly stage: string;
  readonly title: string;
  readonly mode: FeedbackMode;
  readonly rule: LabelRule;
  readonly seed: string;
  readonly batch: number;
  readonly prompts: readonly Prompt[];
  readonly asked: readonly Asked[];
  /** Comparisons that the model is shown with their labels first. */
  readonly shown: readonly Recorded<ShownComparison>[];
  /** Pattern of the names under which those were drawn; null where none was. */
  readonly draw: string | null;
  readonly modelEntry: string;
}

/** The feedback model's soft label for each that is asked: first what it says under the principles, then the rule. */
export async function labelComparisons(
  run: Run,
  model: LanguageModel,
  labelling: Labelling,
): Promise<readonly Recorded<Label>[]> {
  const { mode, rule, seed, prompts, shown, draw } = labelling;
  const stream = `${seed}/reading/{comparison}/{principle}`;
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  const tasksOf = ({ comparison, principles }: Asked): readonly FeedbackTask[] =>
    principles.map(({ use }) => ({
      comparison,
      conversation: byId.get(comparison.prompt)!.conversation,
      use,
      shown,
      seed: streamName(stream, { comparison: comparison.id, principle: use.principle }),
    }));
  const read = await perform<Asked, ReadComparison>(run, {
    stage: labelling.stage,
    title: labelling.title,
    kind: "reading",
    version: 2,
    inputs: labelling.asked,
    ...pacing(model, labelling.batch),
    key: ({ comparison, principles }) => ({
      model: model.id,
      comparison: comparison.id,
      principles: principles.map(({ use }) => [use.principle, use.wording]),
      mode: mode as unknown as Json,
      seed,
      ...(shown.length > 0 && { shown: shown.map(({ id: _, ...said }) => said) as unknown as Json }),
    }),
    parents: ({ comparison, principles }) => [
      { id: comparison.id, role: "comparison" },
      ...principles.flatMap(({ entry }) => (entry === null ? [] : [{ id: entry, role: "principle" }])),
      ...shown.map(({ id }) => ({ id, role: "demonstration" })),
      { id: labelling.modelEntry, role: "model" },
    ],
    standIn: ({ comparison }) => ({ comparison: comparison.id, readings: [] }),
    words: {
      asked: ({ principles }) => principles.map(({ use }) => [use.principle, use.wording]),
      had: ({ readings }) => [
        ...new Map(readings.map(({ use }) => [use.principle, [use.principle, use.wording]])).values(),
      ],
    },
    settings: { mode: mode as unknown as Json, seed: stream, ...(draw === null ? {} : { draw }) },
    compute: async (batch) => {
      const tasks = batch.map(tasksOf);
      const readings = [...(await readComparisons(model, tasks.flat(), mode, run.signal))];
      return batch.map(({ comparison }, i) => ({
        comparison: comparison.id,
        readings: readings.splice(0, tasks[i]!.length).flat(),
      }));
    },
  });
  // Apart, so that another clamp, or hard labels, ask nothing anew.
  const labels = await perform<Recorded<ReadComparison>, Omit<Draft<Label>, "readings">>(run, {
    stage: `${labelling.stage}-labels`,
    title: `${labelling.title}: from readings to labels`,
    kind: "label",
    version: 3,
    inputs: read,
    batch: Math.max(1, read.length),
    key: ({ id }) => ({ readings: id, rule: rule as unknown as Json }),
    parents: ({ id }) => [{ id, role: "readings" }],
    standIn: ({ comparison }) => ({
      comparison,
      source: "feedback-model",
      probability: 0.5,
      unclamped: 0.5,
      oddity: "none",
    }),
    settings: { rule: rule as unknown as Json },
    compute: async (batch) =>
      batch.map(({ comparison, readings }) => {
        const { readings: _, ...label } = softLabel({ id: comparison }, readings, rule);
        return label;
      }),
  });
  return labels.map((label, i) => ({ ...label, readings: read[i]!.readings }));
}

/** What a feedback model said of a comparison, raw. */
export interface ReadComparison {
  readonly comparison: string;
  readonly readings: readonly Reading[];
}

/** How the recipe wants comparisons read: at once, or after reasons. */
export function feedbackMode(recipe: {
  readonly mode: "direct" | "chain-of-thought";
  readonly samples: number;
  readonly reasoningSampling: Sampling;
}): FeedbackMode {
  return recipe.mode === "direct"
    ? { kind: "direct" }
    : { kind: "chain-of-thought", samples: recipe.samples, sampling: recipe.reasoningSampling };
}

/** Labelled comparisons as preferences on harmlessness, odd labels left out. */
export function harmlessnessPreferences(
  prompts: readonly Prompt[],
  comparisons: readonly Recorded<Comparison>[],
  labels: readonly Recorded<Label>[],
): readonly Preference[] {
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  return labels.flatMap((label, i): readonly Preference[] => {
    if (label.oddity !== "none") return [];
    const { prompt, textA, textB } = comparisons[i]!;
    const { conversation } = byId.get(prompt)!;
    return [
      {
        id: label.id,
        source: "harmlessness",
        conversation,
        textA,
        textB,
        probability: label.probability,
      },
    ];
  });
}
