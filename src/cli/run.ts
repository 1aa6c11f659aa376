// charter run [recipe]: the whole method from a recipe to its report. Asked again, it goes on where it stopped.
import { join, resolve } from "node:path";
import { readRecipe } from "../pipeline/read-recipe.ts";
import type { Recipe } from "../pipeline/recipe.ts";
import { findRecipe } from "./find-recipe.ts";
import { findRun } from "./find-run.ts";
import { interruptible } from "./interruption.ts";
import { createRenderer } from "./render.ts";
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
  const file = findRecipe(given, terminal);
  const named = options.name === undefined ? [] : [`name=${JSON.stringify(options.name)}`];
  const recipe = readRecipe(file, { set: [...options.set, ...named], projectRoot: terminal.projectRoot });
  await follow(recipe, join(options.runs, recipe.name), options, terminal);
  return 0;
}

/** charter evaluate [run]: a run's evaluation again, under changed settings; whatever has not changed is remembered. */
export async function evaluate(
  given: string | undefined,
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const directory = findRun(given, options.runs, terminal.workingDirectory);
  const file = resolve(terminal.workingDirectory, directory, "recipe.yaml");
  const recipe = readRecipe(file, { set: options.set, projectRoot: terminal.projectRoot });
  await follow(recipe, directory, options, terminal);
  return 0;
}

async function follow(
  recipe: Recipe,
  directory: string,
  { json }: RunOptions,
  terminal: Terminal,
): Promise<void> {
  // Loaded only once the recipe is known to be good: a mistake in it is told at once.
  const { runCharter } = await import("../pipeline/run.ts");
  const renderer = createRenderer(terminal, json ? "json" : terminal.isInteractive ? "block" : "lines");
  try {
    await runCharter(recipe, {
      directory,
      projectRoot: terminal.projectRoot,
      emit: renderer.emit,
      signal: interruptible(terminal),
      now: terminal.now,
    });
  } finally {
    renderer.close();
  }
  if (json) return;
  const checkpoints = join(directory, "checkpoints");
  terminal.write("Next:\n");
  terminal.write(`  charter chat ${join(checkpoints, "sl-cai")} ${join(checkpoints, "rl-cai")}\n`);
  terminal.write(
    `  charter show --run ${directory} --kind revision     charter why <id> --run ${directory}\n`,
  );
  terminal.write(`  charter evaluate ${directory} --set evaluation.samplesPerPrompt=4\n`);
}
