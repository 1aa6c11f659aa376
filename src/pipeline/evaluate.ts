// Evaluation in order: answers of each model to held-out prompts, matches between them, scores of every round, figures.
// Sampling and judging are remembered; figures are computed anew each time.
import { basename } from "node:path";
import { withAssistant } from "../method/critique/respond.ts";
import type { Grader } from "../method/evaluation/grader.ts";
import type { Results } from "../method/evaluation/results.ts";
import { chainTranscripts, sideBySide, type Transcript } from "../method/evaluation/transcripts.ts";
import { graderTruth, labelTruth, type Truth } from "../method/evaluation/truth.ts";
import type { Prompt, Response, Revision } from "../method/records.ts";
import { scoreConversations } from "../method/scores.ts";
import type { ModelHost } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { warnOfLoops } from "./collapse.ts";
import { graderOf } from "./grader-of.ts";
import { importPreferences, importPrompts, importShownComparisons } from "./imports.ts";
import { lazily } from "./lazy-model.ts";
import type { Answers, Made } from "./made.ts";
import { judgeAll } from "./matches.ts";
import { openNamed } from "./named-model.ts";
import { PreviewEnd, perform, type Recorded, type Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import { rolloutsOf } from "./rollouts.ts";
import { readUnderEveryPrinciple } from "./scoreboard.ts";
import { summarize } from "./summarize.ts";
import { sampleResponses } from "./supervised.ts";

/** What a run leaves for machines and for people. */
export interface Evaluated {
  readonly results: Results;
  readonly transcripts: readonly Transcript[];
}

/** Samples, judges and counts. */
export async function evaluate(run: Run, host: ModelHost, made: Made): Promise<Evaluated> {
  const { recipe } = made;
  const grader = await graderOf(recipe);
  const redTeam = await importPrompts(run, "red-team", recipe.prompts.evaluation.redTeam);
  const helpful = await importPrompts(run, "helpful", recipe.prompts.evaluation.helpful);
  const overlap = overlapOf(run, [...redTeam, ...helpful], made);
  const answers = await answerAll(run, host, made, [...redTeam, ...helpful]);
  const { judge } = recipe.evaluation;
  const shown = await importShownComparisons(run, made.constitution, recipe, judge.mode);
  const matches = await judgeAll(run, host, made, grader, answers, shown, {
    harmlessness: redTeam,
    helpfulness: helpful,
  });
  const shared = await readUnderEveryPrinciple(run, host, made, answers, shown, { redTeam, helpful });
  const { preferenceModel } = made;
  const scores = preferenceModel === null ? null : await scoreRounds(run, host, made, preferenceModel);
  if (run.missing !== undefined) throw new PreviewEnd("nothing was computed that could be summarised");
  const truth = await truthOf(run, made, grader);
  const rlCai = made.models["rl-cai"];
  const rollouts = rlCai === undefined ? [] : rolloutsOf(run.ledger, rlCai.id);
  const measured = { redTeam, helpful, overlap, answers, matches, shared, scores, rollouts };
  const results = summarize(made, { grader, truth }, measured);
  const sideways = [...redTeam.slice(0, recipe.evaluation.transcripts), ...helpful.slice(0, 3)];
  const transcripts = [
    ...sideways.map((prompt) =>
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

/** Labels of the run's own comparisons where the recipe names a file of them, or else the grader. */
async function truthOf(run: Run, { recipe, feedback }: Made, grader: Grader | null): Promise<Truth | null> {
  const { file, count } = recipe.evaluation.labels;
  if (file === null) return grader === null ? null : graderTruth(grader, feedback.prompts);
  const labels = await importPreferences(run, "harmlessness", { file, count });
  const truth = labelTruth(labels, feedback.prompts);
  const told = feedback.comparisons.filter((comparison) => truth.better(comparison) !== null).length;
  const text = `${basename(file)}: labels of ${told} of the run's ${feedback.comparisons.length} comparisons`;
  const advice = "a label is matched by its prompt and its two answers, as `charter export` writes them";
  if (told > 0) run.emit({ kind: "note", level: "info", text });
  else run.emit({ kind: "note", level: "warning", text: `${text}; ${advice}` });
  return truth;
}

/** How many of the prompts were trained on: figures on them flatter the models. */
function overlapOf(run: Run, evaluated: readonly Prompt[], { trainedOn, preferences }: Made): number {
  const seen = new Set(
    [...trainedOn, ...preferences].map(({ conversation }) => JSON.stringify(conversation)),
  );
  const overlap = evaluated.filter(({ conversation }) => seen.has(JSON.stringify(conversation))).length;
  const text = `${overlap} of ${evaluated.length} evaluation prompts were trained on too: figures on them say nothing of other prompts`;
  if (overlap > 0) run.emit({ kind: "note", level: "warning", text });
  return overlap;
}

/** How the n-th answers (from 1) of a model are sampled. */
export const evaluationSamples = ({ seed, evaluation: { sampling } }: Recipe, name: string, n: number) => ({
  stage: `evaluation-${name}-${n}`,
  sampling,
  seed: `${seed}/evaluation/${name}/${n}`,
});

/** Every model's answers to every prompt. */
async function answerAll(
  run: Run,
  host: ModelHost,
  made: Made,
  prompts: readonly Prompt[],
): Promise<Answers> {
  const { samplesPerPrompt } = made.recipe.evaluation;
  const answers: Record<string, Map<string, Recorded<Response>[]>> = {};
  for (const [name, checkpoint] of Object.entries(made.models)) {
    const model = await openNamed(run, host, checkpoint);
    const own = new Map<string, Recorded<Response>[]>(prompts.map(({ id }) => [id, []]));
    for (let i = 1; i <= samplesPerPrompt; i++) {
      const responses = await sampleResponses(run, model, {
        ...evaluationSamples(made.recipe, name, i),
        title: `Evaluation: answers of ${name}${samplesPerPrompt > 1 ? ` (${i} of ${samplesPerPrompt})` : ""}`,
        prompts,
        batch: made.recipe.compute.batch,
        modelEntry: checkpoint.id,
      });
      for (const response of responses) own.get(response.prompt)!.push(response);
    }
    await model.close();
    warnOfLoops(run, `answers of ${name}`, [...own.values()].flat());
    answers[name] = own;
  }
  return answers;
}

interface Score {
  readonly of: string;
  /** Null where the conversation is longer than what the model reads. */
  readonly score: number | null;
}

/** The preference model's score of every response and revision, for harmlessness by round; equal texts are scored once. */
async function scoreRounds(
  run: Run,
  host: ModelHost,
  made: Made,
  preferenceModel: Checkpoint,
): Promise<ReadonlyMap<string, number>> {
  const { prompts, responses, revisions } = made.stage1;
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  const all: readonly (Recorded<Response> | Recorded<Revision>)[] = [...responses, ...revisions];
  const first = new Map<string, (typeof all)[number]>();
  for (const text of all) if (!first.has(said(text))) first.set(said(text), text);
  const model = lazily(host, preferenceModel, "scalar");
  const scores = await perform<(typeof all)[number], Score>(run, {
    stage: "score-rounds",
    title: "Evaluation: the preference model scores every round",
    kind: "score",
    version: 1,
    inputs: [...first.values()],
    batch: 8 * made.recipe.compute.batch,
    key: ({ id }) => ({ model: model.id, of: id }),
    parents: ({ id }) => [
      { id, role: "of" },
      { id: preferenceModel.id, role: "model" },
    ],
    standIn: ({ id }) => ({ of: id, score: 0 }),
    compute: async (batch) => {
      const scores = await scoreConversations(
        await model.opened(),
        batch.map(({ prompt, text }) => withAssistant(byId.get(prompt)!.conversation, text)),
      );
      return batch.map(({ id }, i) => ({ of: id, score: scores[i]! }));
    },
  });
  await model.close();
  const scoreOf = new Map(scores.map(({ of, score }) => [of, score]));
  return new Map(
    all.flatMap((text) => {
      const score = scoreOf.get(first.get(said(text))!.id)!;
      return score === null ? [] : [[text.id, score] as const];
    }),
  );
}

/** What was said to which prompt. */
const said = ({ prompt, text }: Pick<Response, "prompt" | "text">): string => `${prompt} ${text}`;
