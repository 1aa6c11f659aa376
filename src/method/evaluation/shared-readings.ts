// Comparisons that several principles were asked about: who agrees with whom, who can be spared, and what each thinks of a
// model's answers. One principle a comparison, as the paper draws them, tells nothing of this. Knows probabilities; not how they
// were asked for.
import type { Random } from "../../engine/random.ts";
import { mean } from "../mean.ts";
import type { Prompt } from "../records.ts";
import { TIE_WITHIN } from "./calibration.ts";
import { bootstrap, byPrompt, type Estimate, type Rate, shareOf } from "./intervals.ts";

/** One comparison as each principle sees it. */
export interface SharedReading {
  /** Id of the prompt: the cluster that a bootstrap resamples. */
  readonly prompt: string;
  /** What principles think of models, and of each other, is told by red-team prompts; what they cost in help, by ordinary ones. */
  readonly set: Prompt["set"];
  /** Names of the models whose answers were compared; null where both are of one. */
  readonly models: readonly [a: string, b: string] | null;
  /** Whether both answers are the same text: an even chance under every principle, which tells nothing of principles. */
  readonly isSame: boolean;
  /** Probability that a's answer is the better one, by principle. */
  readonly under: ReadonlyMap<string, number>;
  /** Probability that a's answer is the more helpful one; null where nobody was asked. */
  readonly helpful: number | null;
}

/** Two principles on the comparisons of different answers to red-team prompts that both were asked about. */
export interface Accord {
  readonly a: string;
  readonly b: string;
  readonly comparisons: number;
  /** Shares of the comparisons that both decide alike, and that they decide against each other. */
  readonly agree: number;
  readonly conflict: number;
  /** Of the probabilities, about one half; null where one of them never leaves it. */
  readonly correlation: number | null;
}

/** Which way a probability points: 1 to a, -1 to b, 0 to neither (`TIE_WITHIN` of one half). */
const side = (p: number): -1 | 0 | 1 => (Math.abs(p - 0.5) <= TIE_WITHIN ? 0 : p > 0.5 ? 1 : -1);

/** What tells one principle from another. */
const tellingOf = (shared: readonly SharedReading[]): readonly SharedReading[] =>
  shared.filter(({ set, isSame }) => set === "red-team" && !isSame);

/** Every two principles that were asked about a comparison in common. */
export function accordOf(principles: readonly string[], shared: readonly SharedReading[]): readonly Accord[] {
  return principles.flatMap((a, i) =>
    principles.slice(i + 1).flatMap((b): readonly Accord[] => {
      const both = tellingOf(shared).flatMap(({ under }) => {
        const [p, q] = [under.get(a), under.get(b)];
        return p === undefined || q === undefined ? [] : [[p, q] as const];
      });
      if (both.length === 0) return [];
      const products = both.map(([p, q]) => side(p) * side(q));
      const share = (product: number) => products.filter((each) => each === product).length / both.length;
      const comparisons = both.length;
      return [{ a, b, comparisons, agree: share(1), conflict: share(-1), correlation: correlate(both) }];
    }),
  );
}

/** The principle that a principle is most like, by correlation; null where none can be told. */
export function closestTo(
  principle: string,
  accords: readonly Accord[],
): { readonly id: string; readonly correlation: number } | null {
  const own = accords.flatMap(({ a, b, correlation }) =>
    correlation === null || (a !== principle && b !== principle)
      ? []
      : [{ id: a === principle ? b : a, correlation }],
  );
  return own.toSorted((x, y) => y.correlation - x.correlation)[0] ?? null;
}

/** What an ensemble's labels, the mean over all principles, would be without one of them. */
export interface LeftOut {
  /** Mean absolute change of the label. */
  readonly shift: number;
  /** Labels that no longer point to the same side. */
  readonly flipped: Rate;
}

export function leaveOut(principle: string, shared: readonly SharedReading[]): LeftOut | null {
  const changes = tellingOf(shared).flatMap(({ prompt, under }) => {
    const own = under.get(principle);
    if (own === undefined || under.size < 2) return [];
    const total = [...under.values()].reduce((sum, p) => sum + p, 0);
    return [{ prompt, before: total / under.size, after: (total - own) / (under.size - 1) }];
  });
  if (changes.length === 0) return null;
  const shift = mean(changes.map(({ before, after }) => Math.abs(after - before)));
  const flipped = shareOf(byPrompt(changes), ({ before, after }) => side(before) !== side(after))!;
  return { shift, flipped };
}

/**
 * What a principle costs in help: of the comparisons of answers to ordinary prompts that it decides, and that the question for
 * the more helpful answer decides, those decided against each other. Of a harmful request the less compliant answer is the one
 * that is wanted, so red-team prompts tell nothing of cost.
 */
export function helpfulnessCost(principle: string, shared: readonly SharedReading[]): Rate | null {
  const products = shared.flatMap(({ prompt, set, under, helpful }) => {
    const own = under.get(principle);
    return set !== "helpful" || own === undefined || helpful === null
      ? []
      : [{ prompt, product: side(own) * side(helpful) }];
  });
  const decided = products.filter(({ product }) => product !== 0);
  return shareOf(byPrompt(decided), ({ product }) => product < 0);
}

/** How probably a model's answer is better than the first model's, as a principle sees it; the first has no adherence of its own. */
export interface Adherence extends Estimate {
  readonly model: string;
}

/** Adherence of every model but the first to one principle, on red-team prompts, with bootstrap intervals over prompts. */
export function adherenceTo(
  principle: string,
  models: readonly string[],
  shared: readonly SharedReading[],
  resamplings: number,
  random: Random,
): readonly Adherence[] {
  const [first, ...others] = models;
  return others.flatMap((model): readonly Adherence[] => {
    const own = shared.flatMap(({ prompt, set, models: compared, under }) => {
      const p = under.get(principle);
      if (set !== "red-team" || p === undefined || compared === null) return [];
      if (compared[0] === first && compared[1] === model) return [{ prompt, better: 1 - p }];
      return compared[0] === model && compared[1] === first ? [{ prompt, better: p }] : [];
    });
    if (own.length === 0) return [];
    const clusters = byPrompt(own).map((some) => some.map(({ better }) => better));
    const [estimate] = bootstrap(clusters, (drawn) => [mean(drawn.flat())], resamplings, random);
    return [{ model, ...estimate! }];
  });
}

/**
 * sum (p-1/2)(q-1/2) / sqrt(sum (p-1/2)^2 x sum (q-1/2)^2); null where one side never leaves one half. About one half and not
 * about the means: which answer is called "a" is arbitrary, and exchanging the two turns p into 1-p. About the means, two
 * principles that always decide alike show only how their noise goes together, for the helpful-only model's answer is always "a".
 */
function correlate(pairs: readonly (readonly [number, number])[]): number | null {
  const sum = (of: (x: number, y: number) => number) =>
    pairs.reduce((total, [p, q]) => total + of(p - 0.5, q - 0.5), 0);
  const scale = Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y));
  return scale < 1e-12 ? null : Math.max(-1, Math.min(1, sum((x, y) => x * y) / scale));
}
