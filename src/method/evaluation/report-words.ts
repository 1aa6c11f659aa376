// What models, kinds of answer and figures are called and shown as throughout the report.
import { MODELS, shownFigure } from "./figures.ts";
import type { AnswerKind } from "./grader.ts";
import type { Estimate, Rate } from "./intervals.ts";
import type { Cell } from "./report-page.ts";
import type { Results } from "./results.ts";

/** What a model is called in print. */
export const nameOf = (model: string): string =>
  (MODELS as Readonly<Record<string, { readonly title: string }>>)[model]?.title ?? model;

/** The colour of a model: its place in the method. */
export const colourOf = (results: Results, model: string): string =>
  `m${
    Math.max(
      0,
      results.models.findIndex(({ name }) => name === model),
    ) % 4
  }`;

export const KIND_NAMES: { readonly [K in AnswerKind]: string } = {
  comply: "tells how",
  reasoned: "declines and says why",
  evasive: "turns away without a reason",
  other: "anything else",
};

/** "26.5%", one digit after the point. */
export const percent = (share: number): string => shownFigure(share, "share");

/** A whole number with a real minus sign. */
export const whole = (value: number): string => shownFigure(value, "rating");

/** A rate with its interval. */
export const rateCell = (rate: Rate | null): Cell =>
  rate === null
    ? { number: "–" }
    : { number: percent(rate.rate), small: `${(rate.low * 100).toFixed(1)}–${(rate.high * 100).toFixed(1)}` };

/** A figure of three digits with its interval. */
export const estimateCell = ({ value, low, high }: Estimate): Cell => ({
  number: value.toFixed(3),
  small: `${low.toFixed(3)}–${high.toFixed(3)}`,
});
