// Every file and model that a recipe names, looked at before anything is computed or written: what would stop a run after an
// hour is told at once. Knows what the steps will need of a model, not how they work.
import { availableParallelism } from "node:os";
import { ANSWER_LEAD, OPTION_LABELS } from "../method/feedback/judge.ts";
import type { ModelHost, Sampling, TrainableModel } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { graderOf } from "./grader-of.ts";
import { checkBatching, connect, type ModelSource } from "./named-model.ts";
import type { Clock } from "./probe.ts";
import { constitutionOf } from "./read-constitution.ts";
import { readPrompts } from "./read-dataset.ts";
import type { Recipe } from "./recipe.ts";
import { filesOf } from "./recipe-files.ts";

/**
 * Reads what a recipe names and opens its models once.
 * @throws UserError for the first thing that cannot be used
 */
export async function checkInputs(recipe: Recipe, host: ModelHost, clock: Clock): Promise<void> {
  await checkFiles(recipe);
  for (const source of sourcesOf(recipe)) await checkSource(recipe, source, host, clock);
}

/** The first half: everything but models. */
export async function checkFiles(recipe: Recipe): Promise<void> {
  checkThreads(recipe.compute.threads);
  const { principles } = constitutionOf(recipe);
  checkEnsemble(recipe.feedback.principles, principles.length);
  for (const { read, file, count } of filesOf(recipe)) await read(file, count);
  await checkGrader(recipe);
}

/** Every model that the recipe names, once. */
export const sourcesOf = (recipe: Recipe): readonly ModelSource[] => [
  ...new Map(modelsOf(recipe).map(({ source }) => [asWritten(source), source])).values(),
];

/** Equal for one model that a recipe names in several places. */
const asWritten = (source: ModelSource): string => JSON.stringify(source);

/** The second half: whether a model can play all the parts that the recipe gives it. */
export async function checkSource(
  recipe: Recipe,
  source: ModelSource,
  host: ModelHost,
  clock: Clock,
): Promise<void> {
  const parts = modelsOf(recipe).filter((part) => asWritten(part.source) === asWritten(source));
  if (typeof source === "string") await checkCheckpoint(source, parts, host);
  else await checkEndpoint(source, parts, clock);
}

async function checkCheckpoint(directory: string, parts: readonly Part[], host: ModelHost): Promise<void> {
  const model = await host.open(directory);
  try {
    for (const part of parts) checkModel(part, directory, model);
  } finally {
    await model.close();
  }
}

/**
 * One short question of each kind: whether the server is there, knows the key and the model, samples as the recipe says, and
 * gives what labels are read from. Asked directly, also where a run will ask through batches.
 */
async function checkEndpoint(
  endpoint: Exclude<ModelSource, string>,
  parts: readonly Part[],
  { now, signal }: Clock,
): Promise<void> {
  const model = await connect(endpoint, { now });
  const conversation = [{ role: "user", content: "Which comes first in the alphabet?" }] as const;
  for (const sampling of new Set(parts.map((part) => part.sampling)))
    if (sampling !== null)
      await model.sample([{ conversation, seed: "check" }], { ...sampling, maxTokens: 4 }, signal);
  if (parts.some(({ needs }) => needs === "log-probabilities"))
    await model.score([{ conversation, prefix: ANSWER_LEAD, continuations: OPTION_LABELS }], signal);
  await checkBatching(endpoint, signal);
}

/** More threads than cores wait for each other, and a run would seem to stand still. */
function checkThreads(threads: number | "auto"): void {
  const cores = availableParallelism();
  if (threads === "auto" || threads <= cores) return;
  throw new UserError(
    "too-many-threads",
    `compute.threads: expected at most ${cores}, the cores of this machine, got ${threads}`,
    "Write auto, or leave the key out.",
  );
}

function checkEnsemble(asked: number, there: number): void {
  if (asked <= there) return;
  throw new UserError(
    "too-few-principles",
    `feedback.principles: expected at most ${there}, the principles of the constitution, got ${asked}`,
    "Lower it, or leave fewer principles out.",
  );
}

/** A grader knows its own world's prompts; that one is strange to it would otherwise come out when all else is done. */
async function checkGrader(recipe: Recipe): Promise<void> {
  const grader = await graderOf(recipe);
  if (grader === null) return;
  const { redTeam, feedback, rl, evaluation } = recipe.prompts;
  const graded = [redTeam, feedback, rl?.redTeam ?? null, evaluation.redTeam, evaluation.helpful];
  for (const { file, count } of graded.filter((named) => named !== null)) {
    const { rows } = await readPrompts(file, count);
    for (const row of rows) grader.grade({ id: "", set: "red-team", ...row }, "");
  }
}

/** A model's part in the method, under the recipe's key for it. */
interface Part {
  readonly key: string;
  readonly source: ModelSource;
  readonly needs: "sampling" | "training" | "log-probabilities";
  /** How it samples; null where it does not. */
  readonly sampling: Sampling | null;
}

type Judge = Pick<Recipe["feedback"], "model" | "mode" | "reasoningSampling">;

function modelsOf({ policy, base, supervised, feedback, preference, evaluation }: Recipe): readonly Part[] {
  const { critiqueModel, revisionModel, responseSampling, critiqueSampling, revisionSampling } = supervised;
  const labels = (key: string, { model: source, mode, reasoningSampling }: Judge): Part => {
    return {
      key,
      source,
      needs: "log-probabilities",
      sampling: mode === "direct" ? null : reasoningSampling,
    };
  };
  return [
    { key: "policy", source: policy, needs: "sampling", sampling: responseSampling },
    { key: "base", source: base, needs: "training", sampling: null },
    { key: "preference.base", source: preference.base, needs: "training", sampling: null },
    { key: "supervised.critiqueModel", source: critiqueModel, needs: "sampling", sampling: critiqueSampling },
    { key: "supervised.revisionModel", source: revisionModel, needs: "sampling", sampling: revisionSampling },
    ...(feedback.source === "model" ? [labels("feedback.model", feedback)] : []),
    labels("evaluation.judge.model", evaluation.judge),
  ];
}

function checkModel({ key, needs }: Part, directory: string, { head, capabilities }: TrainableModel): void {
  const refuse = (expected: string, got: string, hint: string): never => {
    throw new UserError("model-capability", `${key}: expected ${expected}, got ${directory} ${got}`, hint);
  };
  if (head !== "vocabulary")
    refuse("a model that answers", "with a scalar head", "Name a language model, not a preference model.");
  if (needs === "training" && !capabilities.training)
    refuse("a model that can be trained", "which cannot", "Name a checkpoint on this machine.");
  if (needs === "log-probabilities" && !capabilities.logProbs)
    refuse(
      "a model that gives log-probabilities, from which labels are read",
      "which does not",
      `Name another in ${key}${key === "feedback.model" ? ", or take labels from a file with feedback.source: file" : ""}.`,
    );
}
