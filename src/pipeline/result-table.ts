// The few figures of results.json that a person wants first: a row a figure, a column a model.
import type { Estimate } from "../method/evaluation/intervals.ts";
import type { Results } from "../method/evaluation/results.ts";
import type { PipelineEvent } from "./events.ts";

type ResultEvent = Extract<PipelineEvent, { kind: "result" }>;
type Rate = { readonly rate: number; readonly low: number; readonly high: number };
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
        return rating === undefined
          ? "–"
          : `${rounded(rating.value)} (${rounded(rating.low)} to ${rounded(rating.high)})`;
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
        `preference model, held-out ${source}: accuracy ${accuracy === null ? "–" : percent(accuracy)}, calibration error ${figure(expectedCalibrationError)}`,
    ),
  };
}

const percent = ({ rate, low, high }: Rate): string =>
  `${(100 * rate).toFixed(1)}% (${(100 * low).toFixed(0)}-${(100 * high).toFixed(0)})`;

const figure = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`;

/** Without a minus before a zero. */
const rounded = (value: number): string => String(Math.round(value) + 0);
