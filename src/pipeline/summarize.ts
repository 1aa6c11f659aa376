// From what was sampled and judged to every figure of results.json. Pure: nothing is sampled, asked or remembered here.
import { seed } from "../engine/random.ts";
import { alongRl } from "../method/evaluation/along-rl.ts";
import { summarizeCalibration } from "../method/evaluation/calibration.ts";
import { winRates } from "../method/evaluation/compare.ts";
import { coverage } from "../method/evaluation/coverage.ts";
import { alikeDeclines, describeDiversity, hundredDeclines } from "../method/evaluation/diversity.ts";
import { rateElo } from "../method/evaluation/elo.ts";
import type { Grader } from "../method/evaluation/grader.ts";
import { fitRewardAgainstKl } from "../method/evaluation/kl.ts";
import { describePrinciples } from "../method/evaluation/principles.ts";
import { rateAnswers } from "../method/evaluation/rates.ts";
import { RESULTS_VERSION, type Results } from "../method/evaluation/results.ts";
import { countOddities, summarizeRounds } from "../method/evaluation/rounds.ts";
import { accordOf, type SharedReading } from "../method/evaluation/shared-readings.ts";
import { softLabelTruths, type Truth } from "../method/evaluation/truth.ts";
import type { Prompt, Rollout } from "../method/records.ts";
import type { Answers, Made } from "./made.ts";
import type { Judged } from "./matches.ts";

/** Every figure, from what was sampled and judged. */
export function summarize(
  made: Made,
  { grader, truth }: { readonly grader: Grader | null; readonly truth: Truth | null },
  measured: {
    readonly redTeam: readonly Prompt[];
    readonly helpful: readonly Prompt[];
    /** How many of them were trained on. */
    readonly overlap: number;
    readonly answers: Answers;
    readonly matches: readonly Judged[];
    readonly shared: readonly SharedReading[];
    readonly scores: ReadonlyMap<string, number> | null;
    /** What PPO learnt from. */
    readonly rollouts: readonly Omit<Rollout, "id">[];
  },
): Results {
  const { recipe, constitution, stage1, feedback, histories } = made;
  const { redTeam, helpful, answers, matches, shared, scores } = measured;
  const { bootstrap: resamplings } = recipe.evaluation;
  const random = (name: string) => seed(recipe.seed).child("bootstrap", name).random();
  const textsOf = (model: string, prompts: readonly Prompt[]) =>
    prompts.map((prompt) => answers[model]!.get(prompt.id)!.map(({ text }) => text));
  const sets = { "red-team": redTeam, helpful } as const;
  const gradedOf = (model: string, prompts: readonly Prompt[], by: Grader) =>
    prompts.map((prompt) =>
      answers[model]!.get(prompt.id)!.map(({ text }) => ({ text, verdict: by.grade(prompt, text) })),
    );
  const declines =
    grader === null
      ? {}
      : Object.fromEntries(
          Object.keys(answers).map((model) => [
            model,
            gradedOf(model, redTeam, grader).map((own) =>
              own.filter(({ verdict }) => verdict.answer === "reasoned").map(({ text }) => text),
            ),
          ]),
        );
  const accords = accordOf(
    constitution.value.principles.map(({ id }) => id),
    shared,
  );
  return {
    schemaVersion: RESULTS_VERSION,
    recipe: { name: recipe.name, seed: recipe.seed },
    constitution: {
      title: constitution.value.title,
      version: constitution.value.version,
      principles: constitution.value.principles.length,
    },
    feedback: { source: recipe.feedback.source, mode: recipe.feedback.mode, clamp: recipe.feedback.clamp },
    grader: grader?.name ?? null,
    overlap: measured.overlap,
    models: Object.entries(made.models).map(([name, { modelId }]) => ({ name, id: modelId })),
    answers:
      grader === null
        ? []
        : Object.keys(answers).map((model) => ({
            model,
            ...rateAnswers(
              gradedOf(model, [...redTeam, ...helpful], grader).map((own) =>
                own.map(({ verdict }) => verdict),
              ),
            ),
          })),
    rounds: summarizeRounds(stage1, grader, scores, resamplings, random("rounds")),
    elo: matches.map(({ judge, criterion, matches: own }) => ({
      judge,
      criterion,
      matches: own.length,
      ratings: rateElo(own, {
        anchor: "helpful-only",
        resamplings,
        random: random(`elo ${judge} ${criterion}`),
      }),
    })),
    winRates: matches.flatMap(({ judge, criterion, matches: own }) =>
      winRates(own, resamplings, random(`wins ${judge} ${criterion}`)).map((rate) => ({
        judge,
        criterion,
        ...rate,
      })),
    ),
    truth: truth?.by ?? null,
    softLabels:
      truth === null
        ? null
        : summarizeCalibration(softLabelTruths(feedback, truth), resamplings, random("soft labels")),
    preferenceModel: (["harmlessness", "helpfulness"] as const).flatMap((source) => {
      const own = made.predictions
        .filter((prediction) => prediction.source === source)
        .map(({ predicted, probability }) => ({ predicted, observed: probability }));
      const summary = summarizeCalibration(own, resamplings, random(`preference model ${source}`));
      return summary === null ? [] : [{ source, ...summary }];
    }),
    history: {
      supervised: [...histories.supervised],
      preference: [...histories.preference],
      rl: [...histories.rl],
    },
    rewardAgainstKl: fitRewardAgainstKl(histories.rl.map(({ kl, score }) => ({ kl: kl!, score: score! }))),
    ...(grader !== null &&
      measured.rollouts.length > 0 && { alongRl: alongRl(measured.rollouts, made.trainedOn, grader) }),
    principles: describePrinciples(
      {
        constitution: constitution.value,
        stage1,
        feedback,
        grader,
        truth,
        shared,
        accords,
        predictions: made.predictions,
        models: Object.keys(made.models),
      },
      resamplings,
      random,
    ),
    accord: accords,
    coverage: coverage({ stage1, feedback, grader }),
    diversity: [
      ...Object.keys(answers).flatMap((model) =>
        (["red-team", "helpful"] as const).map((set) => ({
          model,
          set,
          ...describeDiversity(textsOf(model, sets[set])),
        })),
      ),
      ...(["declines", "declines-100"] as const).flatMap((set) =>
        Object.entries((set === "declines" ? alikeDeclines : hundredDeclines)(declines)).map(
          ([model, texts]) => ({
            model,
            set,
            ...describeDiversity(texts),
          }),
        ),
      ),
    ],
    oddities: [
      countOddities("responses", stage1.responses),
      countOddities("critiques", stage1.critiques),
      countOddities("revisions", stage1.revisions),
      countOddities("helpful answers", stage1.helpfulResponses),
      countOddities("answers compared", feedback.answers),
      countOddities(
        "feedback readings",
        feedback.labels.flatMap(({ readings }) => readings),
      ),
      countOddities("feedback labels", feedback.labels),
      ...Object.entries(answers).map(([model, own]) =>
        countOddities(`evaluation of ${model}`, [...own.values()].flat()),
      ),
    ],
  };
}
