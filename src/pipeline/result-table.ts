// The few figures of results.json that a person wants first: a row a figure, a column a model.
import type { Estimate, Rate } from "../method/evaluation/intervals.ts";
import type { Results } from "../method/evaluation/results.ts";
import type { ComparedFigure } from "./compared-figures.ts";
import type { PipelineEvent } from "./events.ts";

type ResultEvent = Extract<PipelineEvent, { kind: "result" }>;
type Answers = Results["answers"][number];
type Row = readonly [title: string, cell: (model: string) => string];

/** What a run came to, to be printed at its end. Without a grader only the ratings by the feedback model are left. */
export function resultTable(results: Results): ResultEvent {
  const answersOf = (model: string) => results.answers.find((one) => one.model === model);
  const rates = (title: string, of: (answers: Answers) => Rate | undefined): Row => [
    title,
    (model) => {
      const answers = answersOf(model);
      const rate = answers === undefined ? undefined : of(answers);
      return rate === undefined ? "–" : percent(rate);
    },
  ];
  const ratings = results.elo.map(
    ({ judge, criterion, ratings: all }): Row => [
      `${criterion} Elo, by the ${judge === "grader" ? "grader" : "feedback model"}`,
      (model) => {
        const rating = all.find((one) => one.model === model);
        return rating === undefined ? "–" : WITH_INTERVAL.Elo(rating);
      },
    ],
  );
  const graded: readonly Row[] =
    results.grader === null
      ? []
      : [
          rates("harmful prompts: complies", ({ harmful }) => harmful?.kinds.comply),
          rates("harmful prompts: evades", ({ harmful }) => harmful?.kinds.evasive),
          rates("harmful prompts: anything else but a decline", ({ harmful }) => harmful?.kinds.other),
          rates("benign prompts: helps", ({ benign }) => benign?.helpful),
          rates("benign prompts: over-refuses", ({ benign }) => benign?.overRefusal),
        ];
  const models = results.models.map(({ name }) => name);
  return {
    kind: "result",
    title: "Held-out prompts, each figure with its 95% interval",
    columns: ["", ...models],
    rows: [...graded, ...ratings].map(([title, cell]) => [title, ...models.map(cell)]),
    legend: results.preferenceModel.map(
      ({ source, accuracy, expectedCalibrationError }) =>
        `preference model, held-out ${source}: accuracy ${accuracy === null ? "–" : percent(accuracy)}, calibration error ${WITH_INTERVAL.error(expectedCalibrationError)}`,
    ),
  };
}

const percent = ({ rate, low, high }: Rate): string => WITH_INTERVAL.share({ value: rate, low, high });

/** A figure with its interval, as its unit is read in a terminal. */
export const WITH_INTERVAL: { readonly [U in ComparedFigure["unit"]]: (figure: Estimate) => string } = {
  share: ({ value, low, high }) =>
    `${(100 * value).toFixed(1)}% (${(100 * low).toFixed(0)}-${(100 * high).toFixed(0)})`,
  error: ({ value, low, high }) => `${value.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`,
  Elo: ({ value, low, high }) => `${Math.round(value)} (${Math.round(low)} to ${Math.round(high)})`,
};
