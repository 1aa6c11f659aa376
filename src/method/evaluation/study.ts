// study.json: what a grid of variants over seeds came to. Every figure of every run, their means with error bars, and for each
// shape that the study asks about whether it is seen. Holds no time and no path: the same runs give the same bytes.
import { mean } from "../mean.ts";
import { FIGURES, type Figure, type FigureName, isChange } from "./figures.ts";
import { type Estimate, tInterval } from "./intervals.ts";
import type { Results } from "./results.ts";
import { type Change, changeOver, decideTrend, FEWEST_SEEDS, type Outcome, type Trend } from "./trends.ts";

/** Raised whenever a key of study.json changes. */
export const STUDY_VERSION = 1;

/** What is compared, and by what. */
export interface StudyDesign {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly seeds: readonly string[];
  readonly variants: readonly Variant[];
  readonly figures: readonly FigureName[];
  readonly shapes: readonly Shape[];
}

export interface Variant {
  readonly name: string;
  readonly label: string;
  /** Keys of the recipe that are its own. */
  readonly set: Readonly<Record<string, unknown>>;
}

/** What a figure does from variant to variant, by the paper. */
export interface Shape {
  /** The paper's finding, in words. */
  readonly paper: string;
  readonly figure: FigureName;
  readonly is: Trend;
  /** Names of the variants it is about, in the order in which the figure falls or rises. */
  readonly over: readonly string[];
  /** The largest change that still counts as level. */
  readonly margin: number;
}

/** A mean over seeds and the ends of its error bar. */
export interface Spread extends Estimate {
  /** Student's 95% interval of the mean, or from three seeds down the least and the most. */
  readonly bar: "interval" | "range";
}

export interface StudyFigure extends Pick<Figure, "title" | "unit"> {
  readonly name: FigureName;
  readonly variants: readonly {
    readonly name: string;
    /** In the order of the seeds; null where a run has none. */
    readonly values: readonly (number | null)[];
    readonly spread: Spread | null;
  }[];
}

export interface StudyResults {
  readonly schemaVersion: number;
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly seeds: readonly string[];
  readonly variants: readonly Variant[];
  readonly figures: readonly StudyFigure[];
  readonly shapes: readonly (Shape &
    Pick<Figure, "title" | "unit"> & {
      /** From the first variant to the last, within a seed. */
      readonly change: Change | null;
      readonly outcome: Outcome;
    })[];
}

/**
 * The mean of a figure over seeds. Fewer than three say too little for an interval: the bar then goes from the least to the most.
 *
 * @param within what the figure cannot go beyond, nor its bar
 */
export function spreadOf(values: readonly number[], [least, most]: readonly [number, number]): Spread | null {
  if (values.length === 0) return null;
  if (values.length < FEWEST_SEEDS) {
    const value = mean(values);
    return { value, low: Math.min(...values), high: Math.max(...values), bar: "range" };
  }
  const { value, low, high } = tInterval(values)!;
  return { value, low: Math.max(least, low), high: Math.min(most, high), bar: "interval" };
}

/** @param runs of each variant by name, one a seed, in the order of the seeds */
export function summarizeStudy(
  design: StudyDesign,
  runs: ReadonlyMap<string, readonly Results[]>,
): StudyResults {
  const { name, title, about, seeds, variants } = design;
  const valuesOf = (figure: FigureName, variant: string) => runs.get(variant)!.map(FIGURES[figure].of);
  return {
    schemaVersion: STUDY_VERSION,
    name,
    title,
    about,
    seeds,
    variants,
    figures: design.figures.map((figure) => {
      const { title, unit } = FIGURES[figure];
      return {
        name: figure,
        title,
        unit,
        variants: variants.map(({ name }) => {
          const values = valuesOf(figure, name);
          return { name, values, spread: spreadOf(values.filter(isThere), boundsOf(figure)) };
        }),
      };
    }),
    shapes: design.shapes.map((shape) => {
      const series = shape.over.map((variant) => valuesOf(shape.figure, variant));
      const bySeed = seeds.map((_, i) => series.map((values) => values[i] ?? null));
      const whole = bySeed.flatMap((values) => (values.every(isThere) ? [values] : []));
      const { title, unit } = FIGURES[shape.figure];
      return { ...shape, title, unit, ...decideTrend(shape.is, whole.map(changeOver), shape.margin) };
    }),
  };
}

const isThere = (value: number | null): value is number => value !== null;

/** What a figure cannot go beyond: shares lie between 0 and 1, the difference of two between -1 and 1. */
export function boundsOf(name: FigureName): readonly [least: number, most: number] {
  if (FIGURES[name].unit !== "share") return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return isChange(name) ? [-1, 1] : [0, 1];
}
