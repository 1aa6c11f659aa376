// Calibration as results.json holds it: of soft labels against the grader's word, of the preference model against its labels.
import {
  accuracyOf,
  bothWays,
  expectedCalibrationError,
  type Prediction,
  reliabilityBins,
} from "../method/evaluation/calibration.ts";
import type { Grader } from "../method/evaluation/grader.ts";
import { wilson } from "../method/evaluation/intervals.ts";
import type { Calibration } from "../method/evaluation/results.ts";
import type { Comparison, Label, Prompt } from "../method/records.ts";

/** Bins, expected calibration error and accuracy; which answer is called a does not matter. */
export function calibrationOf(predictions: readonly Prediction[]): Calibration {
  const bins = reliabilityBins(bothWays(predictions));
  const { right, of } = accuracyOf(predictions);
  return {
    comparisons: predictions.length,
    ties: predictions.length - of,
    accuracy: wilson(right, of),
    expectedCalibrationError: expectedCalibrationError(bins),
    bins: [...bins],
  };
}

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
