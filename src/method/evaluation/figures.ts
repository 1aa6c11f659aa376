// The figures of results.json that runs are compared by, each under one name, as a table. A figure is a single number of a run;
// docs/metrics.md says what each one means.
import type { Results } from "./results.ts";

/** A single number of a run. */
export interface Figure {
  readonly title: string;
  /** Shares are shown in percent. */
  readonly unit: "share" | "rating" | "number";
  /** The training after which it can be measured. */
  readonly after: "supervised" | "preference" | "rl";
  /** Who must know the truth for it: nobody, a grader, or else people who labelled the run's own comparisons. */
  readonly truth: "none" | "grader" | "grader-or-labels";
  /** Null where a run has none. */
  readonly of: (results: Results) => number | null;
}

interface Measure extends Pick<Figure, "title" | "unit" | "truth"> {
  readonly of: (results: Results, model: string) => number | null | undefined;
}

const answersOf = ({ answers }: Results, model: string) => answers.find((own) => own.model === model);

const elo =
  (judge: "grader" | "feedback-model", criterion: "harmlessness" | "helpfulness"): Measure["of"] =>
  (results, model) =>
    results.elo
      .find((own) => own.judge === judge && own.criterion === criterion)
      ?.ratings.find((rating) => rating.model === model)?.value;

const diversityOf = (results: Results, model: string, set: Results["diversity"][number]["set"]) =>
  results.diversity.find((own) => own.model === model && own.set === set);

/** Of a model's answers to held-out prompts. Ratings are above those of the helpful-only model, which stands at 0. */
const MEASURES = {
  "harmful-compliance": {
    title: "complies with harmful requests",
    unit: "share",
    truth: "grader",
    of: (results, model) => answersOf(results, model)?.harmful?.kinds.comply.rate,
  },
  evasion: {
    title: "evades harmful requests",
    unit: "share",
    truth: "grader",
    of: (results, model) => answersOf(results, model)?.harmful?.kinds.evasive.rate,
  },
  "right-declines": {
    title: "reason and alternative right, of its declines",
    unit: "share",
    truth: "grader",
    of: (results, model) => answersOf(results, model)?.harmful?.rightDecline?.rate,
  },
  "benign-help": {
    title: "helps with benign requests",
    unit: "share",
    truth: "grader",
    of: (results, model) => answersOf(results, model)?.benign?.helpful.rate,
  },
  "over-refusal": {
    title: "refuses benign requests",
    unit: "share",
    truth: "grader",
    of: (results, model) => answersOf(results, model)?.benign?.overRefusal.rate,
  },
  "harmlessness-elo": {
    title: "harmlessness Elo, by the grader",
    unit: "rating",
    truth: "grader",
    of: elo("grader", "harmlessness"),
  },
  "helpfulness-elo": {
    title: "helpfulness Elo, by the grader",
    unit: "rating",
    truth: "grader",
    of: elo("grader", "helpfulness"),
  },
  "judged-harmlessness-elo": {
    title: "harmlessness Elo, by the feedback model",
    unit: "rating",
    truth: "none",
    of: elo("feedback-model", "harmlessness"),
  },
  "judged-helpfulness-elo": {
    title: "helpfulness Elo, by the feedback model",
    unit: "rating",
    truth: "none",
    of: elo("feedback-model", "helpfulness"),
  },
  "distinct-2": {
    title: "distinct pairs of words, harmful requests",
    unit: "number",
    truth: "none",
    of: (results, model) => diversityOf(results, model, "red-team")?.distinct2.value,
  },
  "distinct-2-declines": {
    title: "distinct pairs of words, a hundred declines",
    unit: "number",
    truth: "grader",
    of: (results, model) => diversityOf(results, model, "declines-100")?.distinct2.value,
  },
  "widest-phrase": {
    title: "answers with the commonest four words, harmful requests",
    unit: "share",
    truth: "none",
    of: (results, model) => diversityOf(results, model, "red-team")?.widest?.share.rate,
  },
} as const satisfies Readonly<Record<string, Measure>>;

type MeasureName = keyof typeof MEASURES;

/** What the models of the method are called, and the training after which each is there. */
export const MODELS = {
  "helpful-only": { title: "Helpful-only", after: "supervised" },
  "sl-cai": { title: "SL-CAI", after: "supervised" },
  "rl-cai": { title: "RL-CAI", after: "rl" },
} as const;

type ModelName = keyof typeof MODELS;

const difference = (a: number | null | undefined, b: number | null | undefined): number | null =>
  a == null || b == null ? null : a - b;

const ofAnswers = Object.entries(MEASURES as Readonly<Record<string, Measure>>).flatMap(
  ([name, measure]): readonly (readonly [string, Figure])[] => [
    ...Object.entries(MODELS).map(
      ([model, { title, after }]) =>
        [
          `${model}.${name}`,
          { ...measure, title: `${title}: ${measure.title}`, after, of: (r) => measure.of(r, model) ?? null },
        ] as const satisfies readonly [string, Figure],
    ),
    [
      `along-rl.${name}`,
      {
        ...measure,
        title: `RL-CAI less SL-CAI: ${measure.title}`,
        after: "rl",
        of: (r) => difference(measure.of(r, "rl-cai"), measure.of(r, "sl-cai")),
      },
    ],
  ],
);

const preferenceModel = (source: "harmlessness" | "helpfulness") => (results: Results) =>
  results.preferenceModel.find((own) => own.source === source);

/** Of everything else. */
const OTHERS = {
  "responses.harmful-compliance": {
    title: "First answers that comply, of those to harmful prompts",
    unit: "share",
    after: "supervised",
    truth: "grader",
    of: ({ rounds }) => rounds[0]?.kinds?.comply.rate ?? null,
  },
  "revisions.harmful-compliance": {
    title: "Last revisions that comply, of those to harmful prompts",
    unit: "share",
    after: "supervised",
    truth: "grader",
    of: ({ rounds }) => rounds.at(-1)?.kinds?.comply.rate ?? null,
  },
  "labels.accuracy": {
    title: "AI feedback: labels that are right",
    unit: "share",
    after: "preference",
    truth: "grader-or-labels",
    of: ({ softLabels }) => softLabels?.accuracy?.rate ?? null,
  },
  "labels.calibration-error": {
    title: "AI feedback: calibration error of its probabilities",
    unit: "number",
    after: "preference",
    truth: "grader-or-labels",
    of: ({ softLabels }) => softLabels?.expectedCalibrationError.value ?? null,
  },
  "labels.over-confidence": {
    title: "AI feedback: over-confidence of its probabilities",
    unit: "number",
    after: "preference",
    truth: "grader-or-labels",
    of: ({ softLabels }) => softLabels?.overConfidence?.value ?? null,
  },
  "preference-model.harmlessness-accuracy": {
    title: "Preference model: right on held-out harmlessness labels",
    unit: "share",
    after: "preference",
    truth: "none",
    of: (results) => preferenceModel("harmlessness")(results)?.accuracy?.rate ?? null,
  },
  "preference-model.helpfulness-accuracy": {
    title: "Preference model: right on held-out helpfulness labels",
    unit: "share",
    after: "preference",
    truth: "none",
    of: (results) => preferenceModel("helpfulness")(results)?.accuracy?.rate ?? null,
  },
  "preference-model.harmlessness-calibration-error": {
    title: "Preference model: calibration error on harmlessness",
    unit: "number",
    after: "preference",
    truth: "none",
    of: (results) => preferenceModel("harmlessness")(results)?.expectedCalibrationError.value ?? null,
  },
  "preference-model.helpfulness-calibration-error": {
    title: "Preference model: calibration error on helpfulness",
    unit: "number",
    after: "preference",
    truth: "none",
    of: (results) => preferenceModel("helpfulness")(results)?.expectedCalibrationError.value ?? null,
  },
} as const satisfies Readonly<Record<string, Figure>>;

/** What a figure is called in a study. */
export type FigureName = `${ModelName | "along-rl"}.${MeasureName}` | keyof typeof OTHERS;

/** Every figure by its name: a model or `along-rl`, which is RL-CAI's less SL-CAI's, then what is measured. */
export const FIGURES = { ...Object.fromEntries(ofAnswers), ...OTHERS } as Readonly<
  Record<FigureName, Figure>
>;

export const FIGURE_NAMES = Object.keys(FIGURES) as readonly FigureName[];

/** Whether a figure is by itself a change, so that one variant is enough to say whether it falls. */
export const isChange = (name: FigureName): boolean => name.startsWith("along-rl.");

/** As people read it: percent, a whole rating, three digits. */
export function shownFigure(value: number, unit: Figure["unit"]): string {
  const text =
    unit === "share"
      ? `${(100 * value).toFixed(1)}%`
      : unit === "rating"
        ? value.toFixed(0)
        : value.toFixed(3);
  // A true minus sign, and none before a zero.
  return /^-[0.%]+$/.test(text) ? text.slice(1) : text.replace("-", "−");
}
