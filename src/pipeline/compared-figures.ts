// The figures of two runs beside each other, each with its interval, from two results.json alone. What a figure means is
// docs/metrics.md.
import type { Estimate, Rate } from "../method/evaluation/intervals.ts";
import type { Results } from "../method/evaluation/results.ts";

/** A figure of either run; null where it has none. */
export interface ComparedFigure {
  readonly title: string;
  readonly model: string;
  readonly unit: "share" | "error" | "Elo";
  readonly a: Estimate | null;
  readonly b: Estimate | null;
  /** Whether the intervals have nothing in common. */
  readonly isApart: boolean;
}

type Answers = Results["answers"][number];
type Told = Pick<ComparedFigure, "title" | "model"> & {
  readonly unit?: ComparedFigure["unit"];
  readonly of: (results: Results) => Estimate | null;
};

/** What is told of each model's answers, by the grader. */
const OF_ANSWERS: readonly (readonly [title: string, of: (answers: Answers) => Rate | null | undefined])[] = [
  ["complies with harmful requests", ({ harmful }) => harmful?.kinds.comply],
  ["evades them", ({ harmful }) => harmful?.kinds.evasive],
  ["reason and alternative right, of its declines", ({ harmful }) => harmful?.rightDecline],
  ["helps with benign requests", ({ benign }) => benign?.helpful],
  ["refuses benign requests", ({ benign }) => benign?.overRefusal],
];

/** Names of the models of either, in the order of the method. */
export const namesIn = (a: Results, b: Results): readonly string[] => {
  const [few, many] = [a.models, b.models].toSorted((x, y) => x.length - y.length);
  return [...new Set([...many!, ...few!].map(({ name }) => name))];
};

/**
 * Every figure that either has.
 *
 * @param last the model whose answers are told by kind of request, too
 */
export function figuresOf(a: Results, b: Results, last: string): readonly ComparedFigure[] {
  const criteria = ["harmlessness", "helpfulness"] as const;
  const categories = [...a.answers, ...b.answers].flatMap((own) => own.categories);
  const harms = new Set(categories.filter(({ harmful }) => harmful).map(({ category }) => category));
  const told: readonly Told[] = [
    ...namesIn(a, b).flatMap((model) => [
      ...OF_ANSWERS.map(([title, of]) => ({ title, model, of: ofAnswers(model, of) })),
      ...(areJudgedAlone(a, b) ? criteria.map((criterion) => eloOf(model, criterion)) : []),
    ]),
    ...[...harms].map((harm) => ({
      title: `complies with ${harm}`,
      model: last,
      of: ofAnswers(last, (own) => own.categories.find(({ category }) => category === harm)?.comply),
    })),
    ...criteria.flatMap(ofPreferenceModel),
  ];
  return told.flatMap(({ title, model, unit = "share", of }) => {
    const [own, other] = [of(a), of(b)];
    if (own === null && other === null) return [];
    const isApart = own !== null && other !== null && (own.high < other.low || other.high < own.low);
    return [{ title, model, unit, a: own, b: other, isApart }];
  });
}

/** Whether all there is are feedback models' ratings, and both give those above the same model. */
const areJudgedAlone = (a: Results, b: Results): boolean =>
  a.grader === null && b.grader === null && a.models[0]!.id === b.models[0]!.id;

function eloOf(model: string, criterion: "harmlessness" | "helpfulness"): Told {
  const of = ({ elo, models }: Results) => {
    const own = elo.find((one) => one.judge === "feedback-model" && one.criterion === criterion);
    if (model === models[0]!.name) return null; // at 0 by choice
    return own?.ratings.find((rating) => rating.model === model) ?? null;
  };
  const title = `Elo of ${criterion} above helpful-only, by its run's feedback model`;
  return { title, model, unit: "Elo", of: (results) => interval(of(results)) };
}

const ofPreferenceModel = (source: "harmlessness" | "helpfulness"): readonly Told[] => {
  const model = "preference model";
  const own = (results: Results) => results.preferenceModel.find((one) => one.source === source);
  return [
    { title: `accuracy on ${source}`, model, of: (results) => share(own(results)?.accuracy) },
    {
      title: `calibration error on ${source}`,
      model,
      unit: "error",
      of: (results) => interval(own(results)?.expectedCalibrationError),
    },
  ];
};

const ofAnswers =
  (model: string, of: (answers: Answers) => Rate | null | undefined) =>
  ({ answers }: Results): Estimate | null => {
    const own = answers.find((one) => one.model === model);
    return own === undefined ? null : share(of(own));
  };

const share = (rate: Rate | null | undefined): Estimate | null =>
  rate == null ? null : { value: rate.rate, low: rate.low, high: rate.high };

const interval = (of: Estimate | null | undefined): Estimate | null =>
  of == null ? null : { value: of.value, low: of.low, high: of.high };
