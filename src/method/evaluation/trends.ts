// Trends: what a paper says that a figure does over the variants of a study (its `shapes`), and whether the runs show it. Runs of
// one seed share their chance, so a change is measured within a seed and its interval is over seeds. Pure; knows no figure.
import { mean } from "../mean.ts";
import { type Estimate, tInterval } from "./intervals.ts";

/** What a figure is said to do from the first variant to the last. */
export type Trend = "falls" | "rises" | "level";

/** Seen: the interval lies where the claim has it. Not seen: it lies elsewhere. Not decided: it does both, or there is none. */
export type Outcome = "seen" | "not seen" | "not decided";

/** Fewer seeds say too little of chance. */
export const FEWEST_SEEDS = 3;

/**
 * The change from the first of several values to the last, along the line of least squares through them, evenly spaced; of two
 * values their difference, and a single one is a change already.
 *
 * @example changeOver([0.4, 0.3, 0.1]) // -0.3
 */
export function changeOver(values: readonly number[]): number {
  const last = values.length - 1;
  if (last <= 0) return values[0] ?? Number.NaN;
  const middle = last / 2;
  // From the first value on, so that a figure that never moves has no change, to the last bit.
  const covariance = values.reduce((sum, value, i) => sum + (i - middle) * (value - values[0]!), 0);
  const variance = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return (last * covariance) / variance;
}

/** A mean change, with its 95% interval where there are seeds enough for one. */
export interface Change {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * Whether a trend is there.
 *
 * @param changes [S] the change under each seed
 * @param margin the largest change that still counts as level
 * @returns no change where there is none to be taken
 */
export function decideTrend(
  trend: Trend,
  changes: readonly number[],
  margin: number,
): { readonly change: Change | null; readonly outcome: Outcome } {
  if (changes.length === 0) return { change: null, outcome: "not decided" };
  if (changes.length < FEWEST_SEEDS) {
    const value = mean(changes);
    return { change: { value, low: null, high: null }, outcome: "not decided" };
  }
  const change = tInterval(changes)!;
  return { change, outcome: OUTCOMES[trend](change, margin) };
}

const OUTCOMES: { readonly [T in Trend]: (change: Estimate, margin: number) => Outcome } = {
  falls: ({ low, high }) => (high < 0 ? "seen" : low > 0 ? "not seen" : "not decided"),
  rises: ({ low, high }) => (low > 0 ? "seen" : high < 0 ? "not seen" : "not decided"),
  level: ({ low, high }, margin) =>
    low >= -margin && high <= margin ? "seen" : low > margin || high < -margin ? "not seen" : "not decided",
};
