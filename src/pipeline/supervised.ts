// Stage 1 but for its rounds: answers sampled from a model, and fine-tuning on revisions and helpful answers (gives SL-CAI).
import type { Json } from "../ledger/ledger.ts";
import { respond } from "../method/critique/respond.ts";
import type { Critique, Draft, Prompt, Response, Revision } from "../method/records.ts";
import { helpfulExamples, revisionExamples } from "../method/supervised/examples.ts";
import { supervisedSteps, trainSupervised } from "../method/supervised/train.ts";
import type { LanguageModel, ModelHost, Sampling } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { needRevisions } from "./enough-to-learn.ts";
import { pacing, perform, type Recorded, type Run } from "./perform.ts";
import { readable } from "./readable.ts";
import type { Recipe } from "./recipe.ts";
import { settingsEntry, streamName } from "./settings.ts";
import { adaptersKey, adaptersOf, recordTrainingSet, type Trained, train } from "./training.ts";

/** What stands beside sampled answers. */
export const responseSettings = ({
  stage,
  sampling,
  seed,
}: {
  readonly stage: string;
  readonly sampling: Sampling;
  readonly seed: string;
}) => settingsEntry(stage, { sampling: sampling as unknown as Json, seed: streamIn(seed) });

/** The pattern of the names of an answer's stream. */
const streamIn = (seed: string) => `${seed}/{prompt}`;

/** Samples one answer a prompt, remembered under the model and the name of the random stream. */
export function sampleResponses(
  run: Run,
  model: LanguageModel,
  options: {
    readonly stage: string;
    readonly title: string;
    readonly prompts: readonly Prompt[];
    readonly sampling: Sampling;
    readonly seed: string;
    readonly batch: number;
    readonly modelEntry: string;
  },
): Promise<readonly Recorded<Response>[]> {
  const { stage, title, prompts, sampling, seed, batch, modelEntry } = options;
  const stream = streamIn(seed);
  return perform<Prompt, Draft<Response>>(run, {
    stage,
    title,
    kind: "response",
    version: 1,
    inputs: prompts,
    ...pacing(model, batch),
    key: (prompt) => ({ model: model.id, prompt: prompt.id, sampling: sampling as unknown as Json, seed }),
    parents: (prompt) => [
      { id: prompt.id, role: "prompt" },
      { id: modelEntry, role: "model" },
    ],
    standIn: ({ id }) => ({ prompt: id, text: `an answer of ${stage}`, oddity: "none" }),
    settings: { sampling: sampling as unknown as Json, seed: stream },
    compute: (batchOf) =>
      respond(model, batchOf, sampling, (prompt) => streamName(stream, { prompt: prompt.id }), run.signal),
  });
}

/** Fine-tunes the base model on revisions and helpful answers. */
export async function fineTune(
  run: Run,
  host: ModelHost,
  given: {
    readonly recipe: Recipe;
    readonly base: Checkpoint;
    readonly redTeam: readonly Prompt[];
    readonly responses: readonly Recorded<Response>[];
    readonly critiques: readonly Recorded<Critique>[];
    readonly revisions: readonly Recorded<Revision>[];
    readonly helpful: readonly Prompt[];
    readonly helpfulResponses: readonly Recorded<Response>[];
  },
): Promise<Trained> {
  const { recipe, base, redTeam, responses, critiques, revisions, helpful, helpfulResponses } = given;
  const { supervised } = recipe;
  const revised = revisionExamples(redTeam, revisions, supervised.train);
  needRevisions(revised.length, responses, critiques, revisions);
  const written = [...revised, ...helpfulExamples(helpful, helpfulResponses)];
  // What the model itself wrote it can read; others may read and write more.
  const isItsOwn = [recipe.policy, supervised.revisionModel].every((writer) => writer === recipe.base);
  const examples = isItsOwn
    ? written
    : await readable(run, host, base, {
        stage: "example-lengths",
        title: "Answers and revisions that the model can read whole",
        kind: "example-length",
        called: "answers and revisions to learn from",
        items: written,
        role: "example",
        idOf: ({ record }) => record,
        batch: 8 * recipe.compute.batch,
        lengths: async (model, some) => {
          const sequences = await model.tokenize(some.map(({ conversation }) => conversation));
          return sequences.map(({ tokens }) => tokens.length);
        },
        reader: recipe.base,
      });
  const options = {
    seed: `${recipe.seed}/supervised/training`,
    epochs: supervised.epochs,
    batch: supervised.batch,
    schedule: { kind: supervised.schedule, learningRate: supervised.learningRate, warmup: supervised.warmup },
    adamW: supervised.adamW,
  };
  const examplesEntry = recordTrainingSet(
    run,
    "sl-cai",
    examples.map(({ record }) => record),
  );
  return train(run, {
    stage: "sl-cai",
    title: "Fine-tuning on revisions (SL-CAI)",
    unit: "step",
    version: 1,
    key: {
      base: base.modelId,
      examples: examplesEntry,
      options: options as unknown as Json,
      ...adaptersKey(recipe),
    },
    start: base.directory,
    parents: [
      { id: base.id, role: "base" },
      { id: examplesEntry, role: "training-set" },
    ],
    settings: { options: options as unknown as Json, ...adaptersKey(recipe) },
    turns: supervisedSteps(examples.length, options),
    checkpointEvery: supervised.checkpointEvery,
    open: async () => ({ policy: await host.open(base.directory, adaptersOf(recipe, "sl-cai")) }),
    result: "policy",
    loop: async function* ({ policy }, { turn }) {
      const conversations = examples.map(({ conversation }) => conversation);
      for await (const metrics of trainSupervised(policy, conversations, options, turn))
        yield { metrics, carry: null, records: [] };
    },
  });
}
