// The report on judgement: Elo by both judges, the feedback model's soft labels, and the preference model's calibration.
import { shownFigure } from "./figures.ts";
import { inPercent } from "./plot.ts";
import { type Reliability, reliabilityDiagram } from "./plot-curves.ts";
import { dotPlot } from "./plot-rows.ts";
import { type Cell, legend, type Section, sideways, table } from "./report-page.ts";
import { estimateCell, nameOf, rateCell, whole } from "./report-words.ts";
import type { Calibration, Judge, Results } from "./results.ts";

const JUDGES: { readonly [J in Judge]: { readonly className: string; readonly name: string } } = {
  grader: { className: "j1", name: "the grader" },
  "feedback-model": { className: "j0", name: "the feedback model, both orders" },
};

const CRITERIA = ["harmlessness", "helpfulness"] as const;
const titled = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** Elo ratings of every model by every judge, and how often one is preferred to another. */
export function eloRatings(results: Results): Section | null {
  const { elo } = results;
  if (elo.length === 0) return null;
  const groups = CRITERIA.map((criterion) => ({
    title: titled(criterion),
    rows: results.models.map(({ name }) => ({
      name: nameOf(name),
      dots: elo.flatMap((one) => {
        const rating = one.ratings.find(({ model }) => model === name);
        if (one.criterion !== criterion || rating === undefined) return [];
        const { value, low, high } = rating;
        return { ...JUDGES[one.judge], value, low, high };
      }),
    })),
  }));
  const judges = (Object.keys(JUDGES) as readonly Judge[]).filter((judge) =>
    elo.some((one) => one.judge === judge),
  );
  const preferred = results.winRates.map((rate) => [
    titled(rate.criterion),
    rate.judge === "grader" ? "grader" : "feedback model",
    `${nameOf(rate.b)} over ${nameOf(rate.a)}`,
    { number: inPercent(1 - rate.value), small: `${inPercent(1 - rate.high)}–${inPercent(1 - rate.low)}` },
    { number: inPercent(rate.ties) },
    { number: String(rate.matches) },
  ]);
  return {
    title: "Elo",
    said: "Ratings from answers set against each other, the helpful-only model at 0: <b>400 points are odds of ten to one</b>. Maximum likelihood, ties half to each, 95% intervals by resampling prompts.",
    body:
      legend(judges.map((judge) => JUDGES[judge])) +
      dotPlot("Elo ratings by criterion, model and judge", groups, {
        label: "Elo",
        show: whole,
      }) +
      `<details><summary>How often one is preferred to another</summary>${table(
        ["By", "Judge", "Preferred", "How often", "Ties", "Matches"],
        preferred,
      )}</details>`,
  };
}

/** Reliability of the soft labels and of the preference model. */
export function calibrationDiagrams(results: Results): Section | null {
  const { truth, softLabels, preferenceModel, feedback } = results;
  const sources: readonly (Reliability & { readonly calibration: Calibration; readonly against: string })[] =
    [
      ...(softLabels === null
        ? []
        : [
            {
              className: "j0",
              name: "Feedback model: harmlessness",
              calibration: softLabels,
              against: `the ${truth}`,
            },
          ]),
      ...preferenceModel.map((calibration) => ({
        className: calibration.source === "harmlessness" ? "m1" : "m2",
        name: `Preference model: ${calibration.source}`,
        calibration,
        against: "held-out labels",
      })),
    ].map((source) => ({ ...source, bins: source.calibration.bins }));
  if (sources.length === 0) return null;
  const diagrams = [
    sources.filter(({ className }) => className === "j0"),
    sources.filter(({ className }) => className !== "j0"),
  ].filter((group) => group.length > 0);
  const rows = sources.map(({ name, against, calibration }) => [
    name,
    against,
    rateCell(calibration.accuracy),
    estimateCell(calibration.expectedCalibrationError),
    overConfidenceCell(calibration),
    { number: String(calibration.comparisons) },
    { number: String(calibration.ties) },
  ]);
  return {
    title: "Calibration",
    said: `A probability is worth its word when the points lie on the diagonal. ${feedbackMode(feedback)}`,
    body:
      legend(sources) +
      sideways(
        ...diagrams.map((group) =>
          reliabilityDiagram(`Reliability: ${group.map(({ name }) => name).join(", ")}`, group),
        ),
      ) +
      table(["", "Against", "Accuracy", "Calibration error", "Over-confidence", "Comparisons", "Ties"], rows),
  };
}

/** Below 0 where probabilities are less sure than right; older results lack it. */
function overConfidenceCell({ overConfidence }: Calibration): Cell {
  if (overConfidence == null) return { number: "–" };
  const show = (value: number) => shownFigure(value, "number");
  const { value, low, high } = overConfidence;
  return { number: show(value), small: `${show(low)} to ${show(high)}` };
}

function feedbackMode({ source, mode, clamp }: Results["feedback"]): string {
  if (source === "file")
    return "The harmlessness labels of this run came from a file, not from a feedback model.";
  const clamped =
    clamp === null
      ? "no clamp"
      : `probabilities clamped to ${clamp[0]}–${clamp[1]} for training (shown here before the clamp)`;
  return mode === "direct"
    ? `The feedback model answered directly, with ${clamped}.`
    : `The feedback model gave its reasons first (chain of thought), with ${clamped}.`;
}
