// Evaluation in order: answers of each model to held-out prompts, matches between them judged by the feedback model and by
// the grader, and every figure of results.json. Sampling and judging are remembered; figures are computed anew each time.
import { seed } from "../engine/random.ts";
import type { Constitution } from "../method/constitution/constitution.ts";
import { withAssistant } from "../method/critique/respond.ts";
import { summarizeCalibration } from "../method/evaluation/calibration.ts";
import {
  judgeByGrader,
  judgeByLabels,
  type Match,
  type Pairing,
  pairUp,
  winRates,
} from "../method/evaluation/compare.ts";
import { distinct, mostWidespread } from "../method/evaluation/diversity.ts";
import { rateElo } from "../method/evaluation/elo.ts";
import type { Criterion, Grader } from "../method/evaluation/grader.ts";
import { fitRewardAgainstKl } from "../method/evaluation/kl.ts";
import { rateAnswers } from "../method/evaluation/rates.ts";
import { type Judge, RESULTS_VERSION, type Results } from "../method/evaluation/results.ts";
import { countOddities, describePrinciples, summarizeRounds } from "../method/evaluation/rounds.ts";
import { chainTranscripts, sideBySide, type Transcript } from "../method/evaluation/transcripts.ts";
import type { Comparison, Critique, Draft, Label, Prompt, Response, Revision } from "../method/records.ts";
import type { Metrics, ModelHost } from "../models/model.ts";
import { softLabelTruths } from "./calibrate.ts";
import { type Checkpoint, importCheckpoint } from "./checkpoints.ts";
import { type DrawnPrinciple, drawnPrinciples, feedbackMode, labelComparisons } from "./feedback.ts";
import type { Imported } from "./imports.ts";
import { importPrompts } from "./imports.ts";
import { lazily } from "./lazy-model.ts";
import { perform, type Recorded, type Run } from "./perform.ts";
import type { Prediction } from "./preference.ts";
import type { Recipe } from "./recipe.ts";
import { sampleResponses } from "./supervised.ts";

/** What a run leaves for machines and for people. */
export interface Evaluated {
  readonly results: Results;
  readonly transcripts: readonly Transcript[];
}

/** Everything the run made that a figure is about. */
export interface Made {
  readonly recipe: Recipe;
  readonly constitution: Imported<Constitution>;
  /** In the order of the method. */
  readonly models: Readonly<Record<string, Checkpoint>>;
  readonly preferenceModel: Checkpoint;
  readonly histories: Readonly<Record<"supervised" | "preference" | "rl", readonly Metrics[]>>;
  readonly stage1: {
    readonly prompts: readonly Prompt[];
    readonly responses: readonly Recorded<Response>[];
    readonly critiques: readonly Recorded<Critique>[];
    readonly revisions: readonly Recorded<Revision>[];
  };
  readonly feedback: {
    readonly prompts: readonly Prompt[];
    readonly comparisons: readonly Recorded<Comparison>[];
    readonly labels: readonly Recorded<Label>[];
  };
  readonly predictions: readonly Prediction[];
}

type Answers = Readonly<Record<string, ReadonlyMap<string, readonly Recorded<Response>[]>>>;

/** The feedback model's question where the constitution has none: the paper's crowdworkers chose the more helpful answer. */
const HELPFULNESS: DrawnPrinciple = {
  use: {
    principle: "helpfulness",
    constitutionVersion: "0.0.0",
    wording: "Which response is more helpful?",
  },
  entry: null,
};

/** Samples, judges and counts. */
export async function evaluate(run: Run, host: ModelHost, made: Made): Promise<Evaluated> {
  const { recipe } = made;
  const grader = await graderOf(recipe);
  const redTeam = await importPrompts(run, "red-team", recipe.prompts.evaluation.redTeam);
  const helpful = await importPrompts(run, "helpful", recipe.prompts.evaluation.helpful);
  const answers = await answerAll(run, host, made, [...redTeam, ...helpful]);
  const matches = await judgeAll(run, host, made, grader, answers, {
    harmlessness: redTeam,
    helpfulness: helpful,
  });
  const scores = await scoreRounds(run, host, made);
  const results = summarize(made, grader, { redTeam, helpful, answers, matches, scores });
  const shown = [...redTeam.slice(0, recipe.evaluation.transcripts), ...helpful.slice(0, 3)];
  const transcripts = [
    ...shown.map((prompt) =>
      sideBySide(
        prompt,
        Object.entries(answers).map(([model, of]) => ({ model, ...of.get(prompt.id)![0]! })),
        grader,
      ),
    ),
    ...chainTranscripts(
      { constitution: made.constitution.value, ...made.stage1 },
      recipe.evaluation.transcripts,
    ),
  ];
  return { results, transcripts };
}

async function graderOf(recipe: Recipe): Promise<Grader | null> {
  return recipe.evaluation.grader === "town" ? (await import("../town/as-grader.ts")).townGrader : null;
}

/** Every model's answers to every prompt. */
async function answerAll(
  run: Run,
  host: ModelHost,
  made: Made,
  prompts: readonly Prompt[],
): Promise<Answers> {
  const { samplesPerPrompt, sampling } = made.recipe.evaluation;
  const answers: Record<string, Map<string, Recorded<Response>[]>> = {};
  for (const [name, checkpoint] of Object.entries(made.models)) {
    const model = lazily(host, checkpoint);
    const own = new Map<string, Recorded<Response>[]>(prompts.map(({ id }) => [id, []]));
    for (let i = 1; i <= samplesPerPrompt; i++) {
      const responses = await sampleResponses(run, model, {
        stage: `evaluation-${name}-${i}`,
        title: `Evaluation: answers of ${name}${samplesPerPrompt > 1 ? ` (${i} of ${samplesPerPrompt})` : ""}`,
        prompts,
        sampling,
        seed: `${made.recipe.seed}/evaluation/${name}/${i}`,
        batch: made.recipe.compute.batch,
        modelEntry: checkpoint.id,
      });
      for (const response of responses) own.get(response.prompt)!.push(response);
    }
    await model.close();
    answers[name] = own;
  }
  return answers;
}

interface Judged {
  readonly judge: Judge;
  readonly criterion: Criterion;
  readonly matches: readonly Match[];
}

/** Matches between every two models: harmlessness on red-team prompts, helpfulness on ordinary ones. */
async function judgeAll(
  run: Run,
  host: ModelHost,
  made: Made,
  grader: Grader | null,
  answers: Answers,
  prompts: Readonly<Record<Criterion, readonly Prompt[]>>,
): Promise<readonly Judged[]> {
  const { judge } = made.recipe.evaluation;
  const most = judge.comparisons === "all" ? Number.POSITIVE_INFINITY : judge.comparisons;
  const checkpoint = await importCheckpoint(run, "judge", judge.model);
  const model = lazily(host, checkpoint);
  const judged: Judged[] = [];
  for (const criterion of ["harmlessness", "helpfulness"] as const) {
    const texts = Object.fromEntries(
      Object.entries(answers).map(([name, own]) => [
        name,
        new Map([...own].map(([prompt, responses]) => [prompt, responses.map(({ text }) => text)])),
      ]),
    );
    const pairings = pairUp(prompts[criterion], texts);
    if (grader !== null)
      judged.push({ judge: "grader", criterion, matches: judgeByGrader(grader, pairings, criterion) });
    const shown = new Set(prompts[criterion].slice(0, most).map(({ id }) => id));
    const asked = pairings.filter(({ prompt, textA, textB }) => shown.has(prompt.id) && textA !== textB);
    const same = pairings.filter(({ prompt, textA, textB }) => shown.has(prompt.id) && textA === textB);
    const compared = await recordPairings(run, criterion, asked, answers);
    const seedName = `${made.recipe.seed}/evaluation/judge/${criterion}`;
    const labels = await labelComparisons(run, model, {
      stage: `judge-${criterion}`,
      title: `Evaluation: the feedback model judges ${criterion}`,
      mode: feedbackMode(judge),
      rule: { labels: "soft", clamp: null },
      seed: seedName,
      batch: made.recipe.compute.batch,
      prompts: prompts[criterion],
      comparisons: compared,
      principlesOf: ({ id }) =>
        criterion === "helpfulness"
          ? [HELPFULNESS]
          : drawnPrinciples(made.constitution, `${seedName}/${id}`, 1),
      modelEntry: checkpoint.id,
    });
    const ties = judgeByLabels(
      same,
      same.map(() => ({ unclamped: 0.5 })),
    );
    judged.push({ judge: "feedback-model", criterion, matches: [...judgeByLabels(asked, labels), ...ties] });
  }
  await model.close();
  return judged;
}

/** Writes which two answers are compared, so that a judgement can be traced to both. */
function recordPairings(
  run: Run,
  criterion: Criterion,
  pairings: readonly Pairing[],
  answers: Answers,
): Promise<readonly Recorded<Comparison>[]> {
  const idOf = (model: string, prompt: string, text: string) =>
    answers[model]!.get(prompt)!.find((response) => response.text === text)!.id;
  const drafts = pairings.map(
    ({ prompt, a, b, textA, textB }): Draft<Comparison> => ({
      prompt: prompt.id,
      a: idOf(a, prompt.id, textA),
      b: idOf(b, prompt.id, textB),
      textA,
      textB,
    }),
  );
  return perform<Draft<Comparison>, Draft<Comparison>>(run, {
    stage: `matches-${criterion}`,
    title: `Evaluation: pairs to judge for ${criterion}`,
    kind: "comparison",
    version: 1,
    inputs: drafts,
    batch: Math.max(1, drafts.length),
    key: ({ a, b }) => ({ a, b }),
    parents: ({ prompt, a, b }) => [
      { id: prompt, role: "prompt" },
      { id: a, role: "a" },
      { id: b, role: "b" },
    ],
    compute: async (batch) => batch,
  });
}

interface Score {
  readonly of: string;
  readonly score: number;
}

/** The preference model's score of every response and revision, for harmlessness by round. */
async function scoreRounds(run: Run, host: ModelHost, made: Made): Promise<ReadonlyMap<string, number>> {
  const { prompts, responses, revisions } = made.stage1;
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  const model = lazily(host, made.preferenceModel, "scalar");
  const scores = await perform<Recorded<Response> | Recorded<Revision>, Score>(run, {
    stage: "score-rounds",
    title: "Evaluation: the preference model scores every round",
    kind: "score",
    version: 1,
    inputs: [...responses, ...revisions],
    batch: 8 * made.recipe.compute.batch,
    key: ({ id }) => ({ model: model.id, of: id }),
    parents: ({ id }) => [
      { id, role: "of" },
      { id: made.preferenceModel.id, role: "model" },
    ],
    compute: async (batch) => {
      const opened = await model.opened();
      const sequences = await opened.tokenize(
        batch.map(({ prompt, text }) => withAssistant(byId.get(prompt)!.conversation, text)),
      );
      const read = await opened.scoreLast(sequences.map(({ tokens }) => tokens));
      return batch.map(({ id }, i) => ({ of: id, score: read[i]! }));
    },
  });
  await model.close();
  return new Map(scores.map(({ of, score }) => [of, score]));
}

/** Every figure, from what was sampled and judged. */
function summarize(
  made: Made,
  grader: Grader | null,
  measured: {
    readonly redTeam: readonly Prompt[];
    readonly helpful: readonly Prompt[];
    readonly answers: Answers;
    readonly matches: readonly Judged[];
    readonly scores: ReadonlyMap<string, number>;
  },
): Results {
  const { recipe, constitution, stage1, feedback, histories } = made;
  const { redTeam, helpful, answers, matches, scores } = measured;
  const { bootstrap: resamplings } = recipe.evaluation;
  const random = (name: string) => seed(recipe.seed).child("bootstrap", name).random();
  const textsOf = (model: string, prompts: readonly Prompt[]) =>
    prompts.flatMap((prompt) => answers[model]!.get(prompt.id)!.map(({ text }) => ({ prompt, text })));
  const sets = { "red-team": redTeam, helpful } as const;
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
    models: Object.entries(made.models).map(([name, { modelId }]) => ({ name, id: modelId })),
    answers:
      grader === null
        ? []
        : Object.keys(answers).map((model) => ({
            model,
            ...rateAnswers(
              textsOf(model, [...redTeam, ...helpful]).map(({ prompt, text }) => grader.grade(prompt, text)),
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
    softLabels: grader === null ? null : summarizeCalibration(softLabelTruths(feedback, grader)),
    preferenceModel: (["harmlessness", "helpfulness"] as const).flatMap((source) => {
      const own = made.predictions
        .filter((prediction) => prediction.source === source)
        .map(({ predicted, probability }) => ({ predicted, observed: probability }));
      const summary = summarizeCalibration(own);
      return summary === null ? [] : [{ source, ...summary }];
    }),
    history: {
      supervised: [...histories.supervised],
      preference: [...histories.preference],
      rl: [...histories.rl],
    },
    rewardAgainstKl: fitRewardAgainstKl(histories.rl.map(({ kl, score }) => ({ kl: kl!, score: score! }))),
    principles: describePrinciples(constitution.value, stage1, feedback.labels, grader),
    diversity: Object.keys(answers).flatMap((model) =>
      (["red-team", "helpful"] as const).map((set) => {
        const texts = textsOf(model, sets[set]).map(({ text }) => text);
        return {
          model,
          set,
          answers: texts.length,
          distinct1: distinct(texts, 1),
          distinct2: distinct(texts, 2),
          widest: mostWidespread(texts, 4),
        };
      }),
    ),
    oddities: [
      countOddities("responses", stage1.responses),
      countOddities("critiques", stage1.critiques),
      countOddities("revisions", stage1.revisions),
    ],
  };
}
