import { join, resolve } from "node:path";
import type { Recipe } from "../pipeline/recipe.ts";
import { resultsIn } from "../pipeline/results-in.ts";
import { UserError } from "../user-error.ts";
import { findRecipe, readRecipeAt } from "./find-recipe.ts";
import { findSingleRun } from "./find-run.ts";
import { withModels } from "./hub-progress.ts";
import { interruptible } from "./interruption.ts";
import { quoted } from "./quoted.ts";
import { createRenderer } from "./render.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

export interface RunOptions {
  readonly runs: string;
  readonly name?: string;
  readonly set: readonly string[];
  readonly json?: boolean;
}

export async function run(
  given: string | undefined,
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const named = options.name === undefined ? [] : [`name=${JSON.stringify(options.name)}`];
  const recipe = readRecipeAt(findRecipe(given, terminal), [...options.set, ...named], terminal);
  return follow(recipe, resolve(terminal.workingDirectory, options.runs, recipe.name), options, terminal);
}

/** charter evaluate [run]: a run's evaluation again, under changed settings; whatever has not changed is remembered. */
export async function evaluate(
  given: string | undefined,
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const directory = findSingleRun(given, options.runs, terminal.workingDirectory);
  const other = options.set.find(
    (setting) => !/^(evaluation|prompts\.evaluation|compute\.(batch|threads))[.=]/.test(setting),
  );
  if (other !== undefined) {
    throw new UserError(
      "not-evaluation",
      `--set ${other}: expected a key of evaluation or prompts.evaluation, compute.batch or compute.threads, since nothing is trained here`,
      "To change anything else: charter run <recipe> --name <another name> --set ...",
    );
  }
  resultsIn(directory); // a run that has not come to its end is refused
  const recipe = readRecipeAt(join(directory, "recipe.yaml"), options.set, terminal);
  return follow(recipe, directory, { ...options, mayTrain: false }, terminal);
}

interface Following extends Pick<RunOptions, "json"> {
  readonly signal?: AbortSignal;
  /** Where what is trained is only looked at. */
  readonly mayTrain?: false;
  /** The command that goes on with it after an interruption; the same one where not told. */
  readonly goingOn?: readonly string[];
}

/** Runs a recipe in a folder, for whoever watches. */
export async function follow(
  recipe: Recipe,
  directory: string,
  { json, signal: given, mayTrain, goingOn }: Following,
  terminal: Terminal,
): Promise<number> {
  // Loaded only once the recipe is known to be good: a mistake in it is told at once.
  const { runCharter } = await import("../pipeline/run.ts");
  const { projectRoot, now, workingDirectory, call } = terminal;
  const signal = given ?? interruptible(terminal);
  const complete = await withModels(recipe, terminal, signal);
  const renderer = createRenderer(terminal, json ? "json" : terminal.isInteractive ? "block" : "lines");
  const shown = shownPath(directory, workingDirectory);
  try {
    await runCharter(complete, {
      directory,
      commands: { call, run: quoted(shown) },
      ...(mayTrain === false && { mayTrain }),
      projectRoot,
      emit: renderer.emit,
      signal,
      now,
    });
  } catch (error) {
    if (goingOn !== undefined && error instanceof Error) throw Object.assign(error, { goingOn });
    throw error;
  } finally {
    renderer.close();
  }
  if (!json) terminal.write(nextSteps(call, shown, recipe));
  return 0;
}

function nextSteps(call: string, run: string, { upTo }: Recipe): string {
  const [folder, slCai, rlCai] = ["", "/checkpoints/sl-cai", "/checkpoints/rl-cai"].map((own) =>
    quoted(`${run}${own}`),
  );
  return `Next:
  ${call} chat ${slCai}${upTo === "rl" ? ` ${rlCai}` : ""}
  ${call} show --run ${folder} --kind revision
  ${call} why <id> --run ${folder}
  ${call} evaluate ${folder} --set evaluation.samplesPerPrompt=4
`;
}
