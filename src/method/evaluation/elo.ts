// Elo ratings by maximum likelihood (HH paper; CAI paper, section 4.3): P(a beats b) = 1 / (1 + exp(-(r_a -
// r_b))) (Bradley and Terry 1952), Elo = 400/ln 10 x r. Fitted by minorise-maximise (Hunter 2004); ties count half to each.
import type { Random } from "../../engine/random.ts";
import { mean } from "../mean.ts";
import type { Match } from "./compare.ts";
import { bootstrap, byPrompt, type Estimate } from "./intervals.ts";

/** Elo points of one unit of log-odds: a lead of 400 is odds of ten to one. */
const ELO_PER_NAT = 400 / Math.LN10;

/**
 * The weak prior: this many tied matches between every two models that met. A model that won every match would otherwise
 * have no finite rating; with n matches and no loss the lead stops near 400 log10(2n + 1) points.
 */
export const PRIOR_TIES = 1;

/** How ratings and their intervals are found. */
export interface EloOptions {
  /** The model whose rating is 0; null puts the mean of all at 0. */
  readonly anchor: string | null;
  readonly resamplings: number;
  readonly random: Random;
}

/** A model's rating with its 95% interval, bootstrapped over prompts. */
export interface EloRating extends Estimate {
  readonly model: string;
}

/** Ratings of all models in the matches, in the order in which they first appear. */
export function rateElo(matches: readonly Match[], options: EloOptions): readonly EloRating[] {
  const models = [...new Set(matches.flatMap(({ a, b }) => [a, b]))];
  if (options.anchor !== null && !models.includes(options.anchor))
    throw new Error(`rateElo: expected the anchor to be one of ${models.join(", ")}, got ${options.anchor}`);
  const ratings = bootstrap(
    byPrompt(matches),
    (clusters) => fitElo(clusters.flat(), models, options.anchor),
    options.resamplings,
    options.random,
  );
  return ratings.map((rating, i) => ({ model: models[i]!, ...rating }));
}

/**
 * The ratings that make the matches most probable, [M] Elo points, one a model.
 * @example fitElo([{ prompt: "p", a: "x", b: "y", score: 1 }], ["x", "y"], "y") // [190.8..., 0]: odds of 3 to 1
 */
export function fitElo(
  matches: readonly Match[],
  models: readonly string[],
  anchor: string | null,
): readonly number[] {
  const index = new Map(models.map((model, i) => [model, i]));
  const size = models.length;
  const met = models.map(() => new Array<number>(size).fill(0)); // [M,M] matches of i with j
  const won = new Array<number>(size).fill(0); // [M] wins, ties half
  for (const { a, b, score } of matches) {
    const [i, j] = [index.get(a), index.get(b)];
    if (i === undefined || j === undefined)
      throw new Error(`internal: fitElo: expected known models, got ${a}, ${b}`);
    met[i]![j]! += 1;
    met[j]![i]! += 1;
    won[i]! += score;
    won[j]! += 1 - score;
  }
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      if (i === j || met[i]![j] === 0) continue;
      met[i]![j]! += PRIOR_TIES;
      won[i]! += PRIOR_TIES / 2;
    }
  }
  if (!isLinked(met)) throw new Error("fitElo: expected every model to be linked to every other by matches");
  const logStrengths = minoriseMaximise(met, won);
  const zero = anchor === null ? mean(logStrengths) : logStrengths[models.indexOf(anchor)]!;
  return logStrengths.map((rating) => ELO_PER_NAT * (rating - zero));
}

/** strength_i <- wins_i / sum_j met_ij / (strength_i + strength_j), until nothing moves; returns logarithms. */
function minoriseMaximise(met: readonly (readonly number[])[], won: readonly number[]): readonly number[] {
  let strengths: readonly number[] = won.map(() => 1);
  for (let step = 0; step < 10_000; step++) {
    const raw = strengths.map((own, i) => {
      const expected = strengths.reduce((total, other, j) => total + met[i]![j]! / (own + other), 0);
      return won[i]! / expected;
    });
    const centre = Math.exp(mean(raw.map(Math.log)));
    const next = raw.map((strength) => strength / centre);
    const moved = Math.max(...next.map((strength, i) => Math.abs(Math.log(strength / strengths[i]!))));
    strengths = next;
    if (moved < 1e-9) break;
  }
  return strengths.map(Math.log);
}

function isLinked(met: readonly (readonly number[])[]): boolean {
  const reached = new Set([0]);
  for (const i of reached) met[i]?.forEach((count, j) => void (count > 0 && reached.add(j)));
  return reached.size >= met.length;
}
