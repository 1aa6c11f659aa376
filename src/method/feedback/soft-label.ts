// From readings to a label (CAI paper, sections 4.1-4.3): normalise the two label probabilities, average over orders,
// chains and principles, then clamp or harden as asked.
import { meanOrNull } from "../mean.ts";
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

/**
 * P(a is better) under one principle: the mean over both orders of what was read in each, so that a judge's liking for the
 * first answer cancels however many of its chains are odd. Null without a usable reading in either order.
 */
export function probabilityUnder(readings: readonly Reading[]): number | null {
  const usable = readings.filter(({ oddity }) => oddity === "none");
  const [ab, ba] = (["ab", "ba"] as const).map((order) =>
    meanOrNull(usable.filter((reading) => reading.order === order).map(probabilityOfA)),
  );
  return ab == null || ba == null ? null : (ab + ba) / 2;
}

/** P(a is better) under each principle that was read in both orders. */
export function probabilitiesByPrinciple(readings: readonly Reading[]): ReadonlyMap<string, number> {
  const told = [...Map.groupBy(readings, ({ use }) => use.principle)].flatMap(([principle, own]) => {
    const p = probabilityUnder(own);
    return p === null ? [] : [[principle, p] as const];
  });
  return new Map(told);
}

/** An even chance, but for rounding. */
export const isEven = (p: number): boolean => Math.abs(p - 0.5) < 1e-9;

/** The label of one comparison, the mean over principles; an even chance, marked, where nothing was read in both orders. */
export function softLabel(
  comparison: Pick<Comparison, "id">,
  readings: readonly Reading[],
  rule: LabelRule,
): Draft<Label> {
  const told = meanOrNull([...probabilitiesByPrinciple(readings).values()]);
  const unclamped = told ?? 0.5;
  const [lowest, highest] = rule.clamp ?? [0, 1];
  const clamped = Math.min(highest, Math.max(lowest, unclamped));
  const hardened = isEven(unclamped) ? 0.5 : unclamped > 0.5 ? 1 : 0;
  return {
    comparison: comparison.id,
    source: "feedback-model",
    probability: rule.labels === "hard" ? hardened : clamped,
    unclamped,
    oddity: told === null ? "no-reading" : "none",
    readings,
  };
}
