// What soft labels are calibrated against: the word of who knows, on the same comparisons.
import type { Prediction } from "../method/evaluation/calibration.ts";
import type { Truth } from "../method/evaluation/truth.ts";
import type { Comparison, Label } from "../method/records.ts";

/** Each label that was read, before its clamp, beside the truth where it is told. */
export function softLabelTruths(
  feedback: {
    readonly comparisons: readonly Comparison[];
    readonly labels: readonly Label[];
  },
  truth: Truth,
): readonly Prediction[] {
  const comparisons = new Map(feedback.comparisons.map((comparison) => [comparison.id, comparison]));
  return feedback.labels.flatMap(({ comparison, unclamped, oddity }) => {
    const observed = truth.better(comparisons.get(comparison)!);
    return observed === null || oddity !== "none" ? [] : [{ predicted: unclamped, observed }];
  });
}
