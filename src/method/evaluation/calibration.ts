// Calibration: does a probability of 0.8 come true eight times in ten? Reliability bins and the expected calibration error
// (Guo et al. 2017), and accuracy. Targets may be soft: the truth of a comparison is itself a probability.

import type { Random } from "../../engine/random.ts";
import { isEven } from "../feedback/soft-label.ts";
import { mean } from "../mean.ts";
import { bootstrap, type Estimate, type Rate, wilson } from "./intervals.ts";

/** One prediction and what turned out. */
export interface Prediction {
  /** In [0, 1]. */
  readonly predicted: number;
  /** In [0, 1]; 0.5 is a tie. */
  readonly observed: number;
}

/** Predictions of about the same size. `low` is within the bin, `high` in the next (but 1 is in the last). */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  /** Means over the bin. */
  readonly predicted: number;
  readonly observed: number;
}

/** Bins of equal width over [0, 1] that hold anything. */
export function reliabilityBins(predictions: readonly Prediction[], bins = 10): readonly ReliabilityBin[] {
  return Array.from({ length: bins }, (_, i) => {
    const own = predictions.filter(({ predicted }) => Math.min(bins - 1, Math.floor(predicted * bins)) === i);
    return {
      low: i / bins,
      high: (i + 1) / bins,
      count: own.length,
      predicted: mean(own.map(({ predicted }) => predicted)),
      observed: mean(own.map(({ observed }) => observed)),
    };
  }).filter(({ count }) => count > 0);
}

/** ECE = sum over bins of count/n x |mean predicted - mean observed|. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return bins.reduce((sum, bin) => sum + (bin.count / total) * Math.abs(bin.predicted - bin.observed), 0);
}

/** A soft label this close to one half says that neither answer is better: a feedback model never says 0.5 to the last bit. */
export const TIE_WITHIN = 0.05;

const isDecided = ({ observed }: Prediction): boolean => Math.abs(observed - 0.5) > TIE_WITHIN;

/**
 * Right guesses: prediction and truth on the same side of one half. Ties in truth (`TIE_WITHIN`) are left out, and a
 * prediction of exactly one half is half right.
 */
export function accuracyOf(predictions: readonly Prediction[]): {
  readonly right: number;
  readonly of: number;
} {
  const decided = predictions.filter(isDecided);
  const right = decided.reduce((sum, { predicted, observed }) => {
    return sum + (isEven(predicted) ? 0.5 : predicted > 0.5 === observed > 0.5 ? 1 : 0);
  }, 0);
  return { right, of: decided.length };
}

/**
 * How much surer predictions are than they are right, over the same ones as `accuracyOf`: mean of max(p, 1 - p) less accuracy.
 * Positive is over-confident, negative under-confident; 0 where none is decided.
 */
export function overConfidence(predictions: readonly Prediction[]): number {
  const { right, of } = accuracyOf(predictions);
  const sure = predictions.filter(isDecided).map(({ predicted }) => Math.max(predicted, 1 - predicted));
  return of === 0 ? 0 : mean(sure) - right / of;
}

/** All of it in one record. */
export interface CalibrationSummary {
  readonly comparisons: number;
  readonly ties: number;
  readonly accuracy: Rate | null;
  readonly expectedCalibrationError: Estimate;
  /** Null where all are ties. */
  readonly overConfidence: Estimate | null;
  readonly bins: readonly ReliabilityBin[];
}

/** Accuracy without ties; bins and error over every prediction, both ways round. Null for no predictions. */
export function summarizeCalibration(
  predictions: readonly Prediction[],
  resamplings: number,
  random: Random,
): CalibrationSummary | null {
  if (predictions.length === 0) return null;
  const { right, of } = accuracyOf(predictions);
  const binsOf = (some: readonly Prediction[]) => reliabilityBins(bothWays(some));
  const [error] = bootstrap(
    predictions,
    (drawn) => [expectedCalibrationError(binsOf(drawn))],
    resamplings,
    random,
  );
  const decided = predictions.filter(isDecided);
  return {
    comparisons: predictions.length,
    ties: predictions.length - of,
    accuracy: wilson(right, of),
    expectedCalibrationError: error!,
    overConfidence:
      of === 0 ? null : bootstrap(decided, (drawn) => [overConfidence(drawn)], resamplings, random)[0]!,
    bins: binsOf(predictions),
  };
}

/**
 * Every prediction a second time with the answers exchanged, so that which answer was called "a" cannot matter: the bins
 * become symmetric about one half.
 */
export function bothWays(predictions: readonly Prediction[]): readonly Prediction[] {
  const exchanged = predictions.map(({ predicted, observed }) => ({
    predicted: 1 - predicted,
    observed: 1 - observed,
  }));
  return [...predictions, ...exchanged];
}
