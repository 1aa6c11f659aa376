// Which recipe or study a command means: a file, or the name of one that comes with Charter. And a recipe's file as it is read for a
// command, whose settings and messages are relative to where it was called.
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { nearestName } from "../nearest-name.ts";
import { readRecipe } from "../pipeline/read-recipe.ts";
import type { Recipe } from "../pipeline/recipe.ts";
import { UserError } from "../user-error.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

export const DEFAULT_RECIPE = "town";

/** Absolute path of the recipe's file. */
export const findRecipe = (given: string | undefined, terminal: Terminal): string =>
  findShipped(given ?? DEFAULT_RECIPE, { one: "recipe", all: "recipes" }, terminal);

/** The recipe in a file, with the settings of a command. */
export function readRecipeAt(
  file: string,
  set: readonly string[],
  { projectRoot, workingDirectory }: Terminal,
  more: { readonly mayLackFiles?: boolean } = {},
): Recipe {
  const shownAs = shownPath(file, workingDirectory);
  return readRecipe(file, { shownAs, set, projectRoot, elsewhere: [workingDirectory], ...more });
}

/** Absolute path of the study's file. */
export const findStudy = (given: string, terminal: Terminal): string =>
  findShipped(given, { one: "study", all: "studies" }, terminal);

function findShipped(
  wanted: string,
  { one, all }: { readonly one: string; readonly all: string },
  { workingDirectory, projectRoot }: Terminal,
): string {
  const folder = join(projectRoot, all);
  const candidates = [
    resolve(workingDirectory, wanted),
    join(folder, `${wanted}.yaml`),
    resolve(projectRoot, wanted),
  ];
  const found = candidates.find((path) => /\.ya?ml$/.test(path) && existsSync(path));
  if (found !== undefined) return found;
  const within = join(wanted, "recipe.yaml");
  if (one === "recipe" && existsSync(resolve(workingDirectory, within)))
    throw new UserError(
      "no-recipe",
      `expected a recipe's file or name, got the folder "${wanted}"`,
      `Name the recipe in it: ${within}`,
    );
  const names = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ""));
  const near = nearestName(wanted, names);
  throw new UserError(
    `no-${one}`,
    `expected a ${one}'s file (.yaml) or name, got "${wanted}"`,
    near === undefined
      ? `${all[0]!.toUpperCase()}${all.slice(1)} that come with Charter: ${names.join(", ")}.`
      : `Did you mean "${near}"?`,
  );
}
