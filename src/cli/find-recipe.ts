// Which recipe a command means: a file, or the name of one that comes with Charter.
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { nearestName } from "../nearest-name.ts";
import { UserError } from "../user-error.ts";
import type { Terminal } from "./terminal.ts";

export const DEFAULT_RECIPE = "town";

/** Absolute path of the recipe's file. */
export function findRecipe(given: string | undefined, { workingDirectory, projectRoot }: Terminal): string {
  const folder = join(projectRoot, "recipes");
  const wanted = given ?? DEFAULT_RECIPE;
  const candidates = [
    resolve(workingDirectory, wanted),
    join(folder, `${wanted}.yaml`),
    resolve(projectRoot, wanted),
  ];
  const found = candidates.find((path) => /\.ya?ml$/.test(path) && existsSync(path));
  if (found !== undefined) return found;
  const names = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ""));
  const near = nearestName(wanted, names);
  throw new UserError(
    "no-recipe",
    `expected a recipe's file or name, got "${wanted}"`,
    near === undefined ? `Recipes that come with Charter: ${names.join(", ")}.` : `Did you mean "${near}"?`,
  );
}
