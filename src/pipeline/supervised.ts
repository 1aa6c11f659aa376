// Stage 1 in order: answers to red-team prompts, rounds of critique and revision with a fresh principle each, helpful
// answers to ordinary prompts, and fine-tuning on both (gives SL-CAI). Knows order and files; the steps are the method's.
import type { Json } from "../ledger/ledger.ts";
import type { Constitution, Principle } from "../method/constitution/constitution.ts";
import { drawPrinciple } from "../method/constitution/draw.ts";
import { critiqueRequest, revisionRequest } from "../method/constitution/wording.ts";
import { critique } from "../method/critique/critique.ts";
import type { Demonstration } from "../method/critique/few-shot.ts";
import { respond } from "../method/critique/respond.ts";
import { revise } from "../method/critique/revise.ts";
import type { Critique, Draft, PrincipleUse, Prompt, Response, Revision } from "../method/records.ts";
import { helpfulExamples, revisionExamples } from "../method/supervised/examples.ts";
import { supervisedSteps, trainSupervised } from "../method/supervised/train.ts";
import type { LanguageModel, ModelHost, Sampling } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";
import type { Imported } from "./imports.ts";
import { type Parent, perform, type Recorded, type Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import { recordTrainingSet, type Trained, train } from "./training.ts";

/** Everything stage 1 made; every intermediate kept. */
export interface Revised {
  readonly responses: readonly Recorded<Response>[];
  readonly critiques: readonly Recorded<Critique>[];
  readonly revisions: readonly Recorded<Revision>[];
}

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
  return perform<Prompt, Draft<Response>>(run, {
    stage,
    title,
    kind: "response",
    version: 1,
    inputs: prompts,
    batch,
    key: (prompt) => ({ model: model.id, prompt: prompt.id, sampling: sampling as unknown as Json, seed }),
    parents: (prompt) => [
      { id: prompt.id, role: "prompt" },
      { id: modelEntry, role: "model" },
    ],
    compute: (batchOf) => respond(model, batchOf, sampling, (prompt) => `${seed}/${prompt.id}`, run.signal),
  });
}

/** The text a round starts from: the last usable one. */
interface Current {
  readonly prompt: Prompt;
  readonly of: { readonly id: string; readonly text: string };
}

/** n rounds of critique and revision, each under a freshly drawn principle (CAI paper, section 3.1). */
export async function critiqueAndRevise(
  run: Run,
  model: LanguageModel,
  given: {
    readonly recipe: Recipe;
    readonly constitution: Imported<Constitution>;
    readonly prompts: readonly Prompt[];
    readonly responses: readonly Recorded<Response>[];
    readonly demonstrations: readonly Demonstration[];
    readonly modelEntry: string;
  },
): Promise<Pick<Revised, "critiques" | "revisions">> {
  const { recipe, constitution, prompts, responses, demonstrations, modelEntry } = given;
  const { rounds, critiqueSampling, revisionSampling, critique: withCritique } = recipe.supervised;
  const seed = `${recipe.seed}/supervised`;
  const critiques: Recorded<Critique>[] = [];
  const revisions: Recorded<Revision>[] = [];
  let current: readonly Current[] = responses
    .map((of, i) => ({ prompt: prompts[i]!, of, usable: of.oddity === "none" }))
    .filter(({ usable }) => usable);
  for (let round = 1; round <= rounds; round++) {
    const tasks = current.map(({ prompt, of }) => {
      const principle = drawPrinciple(constitution.value, `${seed}/critique/${prompt.id}/${round}`);
      return { prompt, round, of, principle };
    });
    type Task = (typeof tasks)[number];
    const use = (principle: Principle, wording: string): PrincipleUse => ({
      principle: principle.id,
      constitutionVersion: constitution.value.version,
      wording,
    });
    const lineage = ({ prompt, of, principle }: Task): readonly Parent[] => [
      { id: prompt.id, role: "prompt" },
      { id: of.id, role: "of" },
      { id: constitution.entries.get(principle.id)!, role: "principle" },
      { id: modelEntry, role: "model" },
    ];
    const key = ({ prompt, of, principle }: Task, wording: string, sampling: Sampling): Json => ({
      model: model.id,
      prompt: prompt.id,
      of: of.id,
      round,
      principle: principle.id,
      wording,
      demonstrations: demonstrations as unknown as Json,
      sampling: sampling as unknown as Json,
      seed,
    });
    const found = withCritique
      ? await perform<Task, Draft<Critique>>(run, {
          stage: `critique-${round}`,
          title: `Round ${round}: critiques`,
          kind: "critique",
          version: 1,
          inputs: tasks,
          batch: recipe.compute.batch,
          key: (task) => key(task, critiqueRequest(task.principle).text, critiqueSampling),
          parents: lineage,
          compute: (batch) =>
            critique(
              model,
              batch.map((task) => ({
                ...task,
                use: use(task.principle, critiqueRequest(task.principle).text),
                seed: `${seed}/critique/${task.prompt.id}/${round}`,
              })),
              demonstrations,
              critiqueSampling,
              run.signal,
            ),
        })
      : null;
    const critiqued = tasks.map((task, i) => ({ ...task, critique: found?.[i] ?? null }));
    type Critiqued = (typeof critiqued)[number];
    const revised = await perform<Critiqued, Draft<Revision>>(run, {
      stage: `revision-${round}`,
      title: `Round ${round}: revisions`,
      kind: "revision",
      version: 1,
      inputs: critiqued,
      batch: recipe.compute.batch,
      key: (task) => ({
        ...(key(task, revisionRequest(task.principle).text, revisionSampling) as Record<string, Json>),
        critique: task.critique?.id ?? null,
      }),
      parents: (task) => [
        ...lineage(task),
        ...(task.critique === null ? [] : [{ id: task.critique.id, role: "critique" }]),
      ],
      compute: (batch) =>
        revise(
          model,
          batch.map((task) => ({
            ...task,
            use: use(task.principle, revisionRequest(task.principle).text),
            critique:
              task.critique === null
                ? null
                : { record: task.critique, request: critiqueRequest(task.principle).text },
            seed: `${seed}/revision/${task.prompt.id}/${round}`,
          })),
          demonstrations,
          revisionSampling,
          run.signal,
        ),
    });
    critiques.push(...(found ?? []));
    revisions.push(...revised);
    current = revised.map((revision, i) => (revision.oddity === "none" ? { prompt: tasks[i]!.prompt, of: revision } : current[i]!));
  }
  return { critiques, revisions };
}

/** Fine-tunes the base model on revisions and helpful answers. */
export async function fineTune(
  run: Run,
  host: ModelHost,
  given: {
    readonly recipe: Recipe;
    readonly base: Checkpoint;
    readonly redTeam: readonly Prompt[];
    readonly revisions: readonly Recorded<Revision>[];
    readonly helpful: readonly Prompt[];
    readonly helpfulResponses: readonly Recorded<Response>[];
  },
): Promise<Trained> {
  const { recipe, base, redTeam, revisions, helpful, helpfulResponses } = given;
  const { supervised } = recipe;
  const examples = [
    ...revisionExamples(redTeam, revisions, supervised.train),
    ...helpfulExamples(helpful, helpfulResponses),
  ];
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
    key: { stage: "sl-cai", base: base.modelId, examples: examplesEntry, options: options as unknown as Json },
    parents: [
      { id: base.id, role: "base" },
      { id: examplesEntry, role: "training-set" },
    ],
    turns: supervisedSteps(examples.length, options),
    checkpointEvery: supervised.checkpointEvery,
    open: async () => ({ policy: await host.open(base.directory) }),
    result: "policy",
    loop: async function* ({ policy }, { turn }) {
      const conversations = examples.map(({ conversation }) => conversation);
      for await (const metrics of trainSupervised(policy, conversations, options, turn))
        yield { metrics, carry: null, records: [] };
    },
  });
}
