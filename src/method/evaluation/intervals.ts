// Intervals: Wilson's score interval for a rate (Wilson 1927; Brown, Cai and DasGupta 2001 recommend it for small counts), and
// the percentile bootstrap (Efron 1979) and the jackknife over prompts, which are what is independent: two answers to one
// prompt are not.
import type { Random } from "../../engine/random.ts";
import { mean } from "../mean.ts";

/** The normal quantile of a two-sided 95% interval. */
const Z = 1.959963984540054;

/** A share with its 95% interval. */
export interface Rate {
  readonly count: number;
  readonly of: number;
  readonly rate: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Wilson's interval: (p + z²/2n ± z sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n). Null when there is nothing to count.
 * @example wilson(0, 200) // { count: 0, of: 200, rate: 0, low: 0, high: 0.0188... }
 */
export function wilson(count: number, of: number): Rate | null {
  if (of === 0) return null;
  const p = count / of;
  const z2 = Z * Z;
  const middle = p + z2 / (2 * of);
  const reach = Z * Math.sqrt((p * (1 - p)) / of + z2 / (4 * of * of));
  const scale = 1 + z2 / of;
  return {
    count,
    of,
    rate: p,
    low: count === 0 ? 0 : (middle - reach) / scale,
    high: count === of ? 1 : (middle + reach) / scale,
  };
}

/** Outcomes that belong together, such as those of one prompt: how many were so, of how many. */
export interface Cluster {
  readonly count: number;
  readonly of: number;
}

/**
 * Wilson's interval for outcomes in clusters, on their effective number (Korn and Graubard 1998): as many independent ones
 * as would vary as much as the clusters do. Where all outcomes are alike, or all of one cluster, nothing tells: a cluster
 * counts as one. Null when there is nothing to count.
 */
export function clusteredWilson(clusters: readonly Cluster[]): Rate | null {
  const total = (part: keyof Cluster) => clusters.reduce((sum, cluster) => sum + cluster[part], 0);
  const [count, of] = [total("count"), total("of")];
  const k = clusters.filter((cluster) => cluster.of > 0).length;
  if (k === of) return wilson(count, of);
  const p = count / of;
  const squares = clusters.reduce((sum, cluster) => sum + (cluster.count - p * cluster.of) ** 2, 0);
  const variance = (k / Math.max(1, k - 1)) * (squares / (of * of)); // of the share, a ratio of two sums
  const effective = p === 0 || p === 1 || k === 1 ? k : Math.min(of, (p * (1 - p)) / variance);
  return { ...wilson(p * effective, effective)!, count, of, rate: p };
}

/**
 * The share of items that something holds of, by Wilson's interval for clusters.
 * @param clusters the items of each prompt
 */
export const shareOf = <T>(clusters: Iterable<readonly T[]>, holds: (item: T) => boolean): Rate | null =>
  clusteredWilson([...clusters].map((own) => ({ count: own.filter(holds).length, of: own.length })));

/** Items grouped by the prompt that they belong to, in the order in which prompts first appear. */
export const byPrompt = <T extends { readonly prompt: string }>(
  items: readonly T[],
): readonly (readonly T[])[] => [...Map.groupBy(items, ({ prompt }) => prompt).values()];

/** A figure with its 95% interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Percentile bootstrap of several statistics at once: clusters (prompts) are drawn with replacement, `resamplings` times.
 *
 * @param statistic from clusters to [S] numbers
 * @returns [S] values on the clusters as they are, with the 2.5% and 97.5% quantiles of the resampled ones
 */
export function bootstrap<T>(
  clusters: readonly T[],
  statistic: (clusters: readonly T[]) => readonly number[],
  resamplings: number,
  random: Random,
): readonly Estimate[] {
  const values = statistic(clusters);
  const resampled = Array.from({ length: resamplings }, () =>
    statistic(clusters.map(() => random.pick(clusters))),
  );
  return values.map((value, s) => {
    const sorted = resampled.map((row) => row[s]!).sort((a, b) => a - b);
    return { value, low: quantile(sorted, 0.025) ?? value, high: quantile(sorted, 0.975) ?? value };
  });
}

/**
 * Jackknife (Quenouille 1956, Tukey 1958), for a statistic that repeating a cluster would distort, so that it cannot be
 * bootstrapped: the normal interval on the variance (n-1)/n x sum of (value without cluster i - their mean)².
 *
 * @param leftOut [n] the statistic without each of the clusters
 */
export function jackknife(value: number, leftOut: readonly number[]): Estimate {
  const n = Math.max(1, leftOut.length);
  const mean = leftOut.reduce((sum, each) => sum + each, 0) / n;
  const squares = leftOut.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  const reach = Z * Math.sqrt(((n - 1) / n) * squares);
  return { value, low: value - reach, high: value + reach };
}

/** Linear interpolation between the order statistics; undefined for no numbers. */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  const place = (sorted.length - 1) * q;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (place - Math.floor(place));
}

/** 97.5% quantiles of Student's t for 1 to 10 degrees of freedom. */
const T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];

/** Beyond the table by the expansion of Cornish and Fisher, within 0.003 there. */
function tQuantile(freedom: number): number {
  const z3 = Z ** 3;
  const second = (5 * Z ** 5 + 16 * z3 + 3 * Z) / 96;
  return T[freedom - 1] ?? Z + (z3 + Z) / (4 * freedom) + second / freedom ** 2;
}

/**
 * The mean of a few numbers, such as a figure under several seeds, with Student's 95% interval of it. Null for fewer than two.
 * @example tInterval([1, 2, 3]) // { value: 2, low: -0.484..., high: 4.484... }
 */
export function tInterval(values: readonly number[]): Estimate | null {
  const n = values.length;
  if (n < 2) return null;
  const value = mean(values);
  const variance = values.reduce((sum, each) => sum + (each - value) ** 2, 0) / (n - 1);
  const reach = tQuantile(n - 1) * Math.sqrt(variance / n);
  return { value, low: value - reach, high: value + reach };
}
