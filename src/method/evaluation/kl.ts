// Reward against the square root of KL: about a straight line in a healthy RL run (HH paper, section 4.3). A bend downwards
// late in the run, or a low r², says that the policy leaves its start without gaining by it.
import { mean } from "../mean.ts";

/** One iteration of RL: mean score of its answers, and their mean KL to the reference policy, nats an answer. */
export interface KlPoint {
  readonly kl: number;
  readonly score: number;
}

/** score = intercept + slope x sqrt(KL). */
export interface LinearFit {
  readonly slope: number;
  readonly intercept: number;
  /** Share of the score's variance that the line explains. */
  readonly rSquared: number;
}

/**
 * Least squares of score on sqrt(KL). An estimated KL below 0 (they are sample means) counts as 0. Null where no line is
 * determined: fewer than two different KLs.
 */
export function fitRewardAgainstKl(points: readonly KlPoint[]): LinearFit | null {
  const xs = points.map(({ kl }) => Math.sqrt(Math.max(0, kl)));
  const ys = points.map(({ score }) => score);
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const varianceX = mean(xs.map((x) => (x - meanX) ** 2));
  const varianceY = mean(ys.map((y) => (y - meanY) ** 2));
  if (!(varianceX > 0)) return null;
  const covariance = mean(xs.map((x, i) => (x - meanX) * (ys[i]! - meanY)));
  const slope = covariance / varianceX;
  return {
    slope,
    intercept: meanY - slope * meanX,
    rSquared: varianceY > 0 ? covariance ** 2 / (varianceX * varianceY) : 1,
  };
}
