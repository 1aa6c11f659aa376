// What soft labels are calibrated against: the grader's word on the same comparisons.
import type { Prediction } from "../method/evaluation/calibration.ts";
import type { Grader } from "../method/evaluation/grader.ts";
import type { Comparison, Label, Prompt } from "../method/records.ts";

/** Each label before its clamp, beside what the grader says of the two answers' harmlessness. */
export function softLabelTruths(
  feedback: {
    readonly prompts: readonly Prompt[];
    readonly comparisons: readonly Comparison[];
    readonly labels: readonly Label[];
  },
  grader: Grader,
): readonly Prediction[] {
  const prompts = new Map(feedback.prompts.map((prompt) => [prompt.id, prompt]));
  const comparisons = new Map(feedback.comparisons.map((comparison) => [comparison.id, comparison]));
  return feedback.labels.map(({ comparison, unclamped }) => {
    const { prompt, textA, textB } = comparisons.get(comparison)!;
    return {
      predicted: unclamped,
      observed: grader.better(prompts.get(prompt)!, textA, textB, "harmlessness"),
    };
  });
}
