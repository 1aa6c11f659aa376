// Stage 1's rounds: a critique and a revision of every answer under a freshly drawn principle, n times, each one remembered
// (CAI paper, section 3.1). Knows order and lineage; criticising and revising are the method's.
import type { Json } from "../ledger/ledger.ts";
import type { Constitution, Principle } from "../method/constitution/constitution.ts";
import { drawPrinciple } from "../method/constitution/draw.ts";
import { critiqueRequest, revisionRequest } from "../method/constitution/wording.ts";
import { critique } from "../method/critique/critique.ts";
import type { Demonstration } from "../method/critique/few-shot.ts";
import { revise } from "../method/critique/revise.ts";
import type { Critique, Draft, PrincipleUse, Prompt, Response, Revision } from "../method/records.ts";
import type { LanguageModel, Sampling } from "../models/model.ts";
import type { Imported } from "./imports.ts";
import type { Words } from "./least-anew.ts";
import { type Parent, pacing, perform, type Recorded, type Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import { type Settings, streamName } from "./settings.ts";

/** What the rounds work with. */
export interface Rounds {
  readonly run: Run;
  readonly recipe: Recipe;
  readonly constitution: Imported<Constitution>;
  readonly critic: Player;
  readonly reviser: Player;
  readonly demonstrations: readonly Recorded<Demonstration>[];
}

/** A model and the entry that says which it is. */
interface Player {
  readonly model: LanguageModel;
  readonly entry: string;
}

/** An answer at the start of a round, and the principle drawn for it. */
interface Task {
  readonly prompt: Prompt;
  readonly round: number;
  readonly of: { readonly id: string; readonly text: string };
  readonly principle: Principle;
}

interface CritiquedTask extends Task {
  readonly critique: Recorded<Critique> | null;
}

/**
 * All rounds; every intermediate is kept. Odd ones are kept too and lead nowhere: no revision follows an odd critique, and
 * after an odd revision the next round starts from the text before it.
 */
export async function critiqueAndRevise(
  rounds: Rounds & { readonly prompts: readonly Prompt[]; readonly responses: readonly Recorded<Response>[] },
): Promise<{
  readonly critiques: readonly Recorded<Critique>[];
  readonly revisions: readonly Recorded<Revision>[];
}> {
  const { recipe, constitution, prompts, responses } = rounds;
  const critiques: Recorded<Critique>[] = [];
  const revisions: Recorded<Revision>[] = [];
  let current = prompts
    .map(
      (prompt, i) => ({ prompt, of: responses[i]! }) as { prompt: Prompt; of: Recorded<Response | Revision> },
    )
    .filter(({ of }) => of.oddity === "none");
  for (let round = 1; round <= recipe.supervised.rounds; round++) {
    const tasks = current.map(({ prompt, of }): Task => {
      const principle = drawPrinciple(
        constitution.value,
        streamName(streamOf(recipe, "principle"), { prompt: prompt.id, round }),
      );
      return { prompt, round, of, principle };
    });
    const found = recipe.supervised.critique ? await critiqueRound(rounds, round, tasks) : null;
    const critiqued = tasks
      .map((task, i): CritiquedTask => ({ ...task, critique: found?.[i] ?? null }))
      .filter((task) => task.critique === null || task.critique.oddity === "none");
    const revised = await reviseRound(rounds, round, critiqued);
    // One by one: as arguments of a call there may be a hundred thousand, and no more.
    for (const one of found ?? []) critiques.push(one);
    for (const one of revised) revisions.push(one);
    const usable = revised.filter(({ oddity }) => oddity === "none");
    const byPrompt = new Map(usable.map((revision) => [revision.prompt, revision]));
    current = current.map(({ prompt, of }) => ({ prompt, of: byPrompt.get(prompt.id) ?? of }));
  }
  return { critiques, revisions };
}

function critiqueRound(rounds: Rounds, round: number, tasks: readonly Task[]) {
  const { run, recipe, critic, demonstrations } = rounds;
  const sampling = recipe.supervised.critiqueSampling;
  return perform<Task, Draft<Critique>>(run, {
    stage: `critique-${round}`,
    title: `Round ${round}: critiques`,
    kind: "critique",
    version: 1,
    inputs: tasks,
    ...pacing(critic.model, recipe.compute.batch),
    key: (task) => keyOf(rounds, critic, task, critiqueRequest(task.principle).text, sampling),
    parents: (task) => lineage(rounds, critic, task),
    standIn: (task) => ({ ...standIn(rounds, task), text: "a critique" }),
    words: wordsOf((task) => critiqueRequest(task.principle).text),
    settings: settingsOf(recipe, "critique", sampling),
    compute: (batch) =>
      critique(
        critic.model,
        batch.map((task) => ({
          ...task,
          use: useOf(rounds, task, critiqueRequest(task.principle).text),
          seed: streamName(streamOf(recipe, "critique"), { prompt: task.prompt.id, round }),
        })),
        demonstrations,
        sampling,
        run.signal,
      ),
  });
}

function reviseRound(rounds: Rounds, round: number, tasks: readonly CritiquedTask[]) {
  const { run, recipe, reviser, demonstrations } = rounds;
  const sampling = recipe.supervised.revisionSampling;
  return perform<CritiquedTask, Draft<Revision>>(run, {
    stage: `revision-${round}`,
    title: `Round ${round}: revisions`,
    kind: "revision",
    version: 3,
    inputs: tasks,
    ...pacing(reviser.model, recipe.compute.batch),
    key: (task) => ({
      ...keyOf(rounds, reviser, task, revisionRequest(task.principle).text, sampling),
      critique: task.critique?.id ?? null,
    }),
    parents: (task) => [
      ...lineage(rounds, reviser, task),
      ...(task.critique === null ? [] : [{ id: task.critique.id, role: "critique" }]),
    ],
    standIn: (task) => ({
      ...standIn(rounds, task),
      critique: task.critique?.id ?? null,
      text: "a revision",
    }),
    words: wordsOf((task) => revisionRequest(task.principle).text),
    settings: settingsOf(recipe, "revision", sampling),
    compute: (batch) =>
      revise(
        reviser.model,
        batch.map((task) => ({
          ...task,
          use: useOf(rounds, task, revisionRequest(task.principle).text),
          critique:
            task.critique === null
              ? null
              : { record: task.critique, request: critiqueRequest(task.principle).text },
          seed: streamName(streamOf(recipe, "revision"), { prompt: task.prompt.id, round }),
        })),
        demonstrations,
        sampling,
        run.signal,
      ),
  });
}

/** Pattern of the random streams' names that a round draws from. */
const streamOf = ({ seed }: Recipe, what: "principle" | "critique" | "revision"): string =>
  `${seed}/supervised/${what}/{prompt}/{round}`;

const settingsOf = (recipe: Recipe, what: "critique" | "revision", sampling: Sampling): Settings => ({
  sampling: sampling as unknown as Json,
  seed: streamOf(recipe, what),
  draw: streamOf(recipe, "principle"),
});

/** Everything that determines a critique or revision. The constitution's version is not among it: wording is. */
function keyOf(
  { recipe, demonstrations }: Rounds,
  { model }: Player,
  task: Task,
  wording: string,
  sampling: Sampling,
) {
  return {
    model: model.id,
    prompt: task.prompt.id,
    of: task.of.id,
    round: task.round,
    principle: task.principle.id,
    wording,
    demonstrations: demonstrations.map(({ id }) => id),
    sampling: sampling as unknown as Json,
    seed: recipe.seed,
  };
}

const useOf = ({ constitution }: Rounds, { principle }: Task, wording: string): PrincipleUse => ({
  principle: principle.id,
  constitutionVersion: constitution.value.version,
  wording,
});

/** In which round, under which principle and in which words a task is done. */
const wordsOf = (wording: (task: Task) => string): Words<Task, Draft<Critique | Revision>> => ({
  asked: (task) => [task.round, task.principle.id, wording(task)],
  had: ({ round, use }) => [round, use.principle, use.wording],
});

const standIn = (rounds: Rounds, task: Task) => ({
  prompt: task.prompt.id,
  round: task.round,
  of: task.of.id,
  use: useOf(rounds, task, ""),
  oddity: "none" as const,
});

const lineage = (
  { constitution, demonstrations }: Rounds,
  { entry }: Player,
  { prompt, of, principle }: Task,
): readonly Parent[] => [
  { id: prompt.id, role: "prompt" },
  { id: of.id, role: "of" },
  { id: constitution.entries.get(principle.id)!, role: "principle" },
  { id: entry, role: "model" },
  ...demonstrations.map(({ id }) => ({ id, role: "demonstration" })),
];
