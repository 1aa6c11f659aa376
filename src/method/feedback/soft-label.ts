// From readings to a label (CAI paper, sections 4.1-4.3): normalise the two label probabilities, average over orders,
// chains and principles, then clamp or harden as asked.
import type { Comparison, Draft, Label, Reading } from "../records.ts";

/** How readings become one probability. */
export interface LabelRule {
  readonly labels: "soft" | "hard";
  /** [lowest, highest] probability let through: 0.4-0.6 for chains of thought in the paper; null leaves it alone. */
  readonly clamp: readonly [number, number] | null;
}

/** P(a is better) in one reading: the normalised probability of the label that answer a was shown under. */
export function probabilityOfA(reading: Reading): number {
  // p(A) / (p(A) + p(B)) = sigmoid(log p(A) - log p(B))
  const margin = reading.logProbA - reading.logProbB;
  return 1 / (1 + Math.exp(reading.order === "ab" ? -margin : margin));
}

/** The label of one comparison from those of its readings that are not odd; an even chance where there is none. */
export function softLabel(
  comparison: Pick<Comparison, "id">,
  readings: readonly Reading[],
  rule: LabelRule,
): Draft<Label> {
  const usable = readings.filter(({ oddity }) => oddity === "none");
  const total = usable.reduce((sum, reading) => sum + probabilityOfA(reading), 0);
  const unclamped = usable.length === 0 ? 0.5 : total / usable.length;
  const [lowest, highest] = rule.clamp ?? [0, 1];
  const clamped = Math.min(highest, Math.max(lowest, unclamped));
  const hardened = unclamped === 0.5 ? 0.5 : unclamped > 0.5 ? 1 : 0;
  return {
    comparison: comparison.id,
    source: "feedback-model",
    probability: rule.labels === "hard" ? hardened : clamped,
    unclamped,
    oddity: usable.length === 0 ? "no-reading" : "none",
    readings,
  };
}
