// The folder of a run: its lock, its ledger and the recipe it follows. Everything a run keeps is in here; two processes cannot
// work on it at once.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../ledger/canonical-json.ts";
import { type Ledger, openLedger } from "../ledger/ledger.ts";
import { lockDirectory } from "../ledger/lock.ts";
import { explainStorageError } from "../ledger/storage-error.ts";
import type { Emit } from "./events.ts";
import { renderRecipe } from "./read-recipe.ts";
import type { Recipe } from "./recipe.ts";

/** A run directory that this process holds. */
export interface RunDirectory extends Disposable {
  /** ledger.db, blobs/, checkpoints/, recipe.yaml, results.json and report.html are in it. */
  readonly path: string;
  readonly ledger: Ledger;
  close(): void;
}

/**
 * Opens or makes a run directory and takes it for this process until closed.
 * @throws UserError when another process has it, or it cannot be written
 * @example
 * using run = openRunDirectory("runs/town");
 */
export function openRunDirectory(path: string): RunDirectory {
  const lock = lockDirectory(path);
  try {
    removeLeftovers(path);
    const ledger = openLedger(path);
    const close = () => {
      ledger.close();
      lock.release();
    };
    return { path, ledger, close, [Symbol.dispose]: close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Files that a killed process was writing: nobody else writes here now. */
function removeLeftovers(path: string): void {
  try {
    for (const folder of [path, ...foldersIn(join(path, "blobs"))])
      for (const name of readdirSync(folder))
        if (name.endsWith(".writing")) rmSync(join(folder, name), { force: true });
  } catch (error) {
    throw explainStorageError(error, path);
  }
}

function foldersIn(path: string): readonly string[] {
  if (!existsSync(path)) return [];
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

/** Writes the recipe with every default filled in, so that a run says by itself what it was. */
export function writeRecipe(directory: string, recipe: Recipe, projectRoot: string): string {
  const path = join(directory, "recipe.yaml");
  writeWhole(path, renderRecipe(recipe, projectRoot));
  return path;
}

/** What the figures in a run's folder are of: the folder's recipe may be a later one, whose run was stopped. */
export interface ResultsOf {
  /** Hash of recipe.yaml as it was. */
  readonly recipe: string;
  /** Ids of the entries of the constitution's principles, in its order. */
  readonly principles: readonly string[];
}

/** Keeps beside results.json what they are of: the recipe that lies there now, and the principles it went by. */
export function noteResultsOf(directory: string, principles: readonly string[]): void {
  const of: ResultsOf = { recipe: recipeHash(directory), principles };
  writeWhole(join(directory, "results-of.json"), `${JSON.stringify(of, null, 2)}\n`);
}

/** What was kept there; undefined for runs of earlier versions. */
export const resultsOf = (directory: string): ResultsOf | undefined =>
  readDerived<ResultsOf>(join(directory, "results-of.json"));

/** Whether a run's figures are of the recipe in its folder, as far as is known. */
export function areResultsCurrent(directory: string): boolean {
  const of = resultsOf(directory);
  return of === undefined || of.recipe === recipeHash(directory);
}

/** Whether a run has come to its end under this very recipe. */
export const hasResultsOf = (directory: string, recipe: Recipe, projectRoot: string): boolean =>
  resultsOf(directory)?.recipe === sha256(renderRecipe(recipe, projectRoot));

const recipeHash = (directory: string): string => sha256(readFileSync(join(directory, "recipe.yaml")));

/** Writes a file so that a reader finds the old text or the new one, never half of either. */
export function writeWhole(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.writing`;
  try {
    writeFileSync(fresh, text);
    renameSync(fresh, path);
  } catch (error) {
    throw explainStorageError(error, path);
  }
}

/** Writes files that people or machines read into a folder, and says so. */
export function outputWriter(directory: string, emit: Emit) {
  return (name: string, what: string, text: string): void => {
    const path = join(directory, name);
    writeWhole(path, text);
    emit({ kind: "file-written", path, what });
  };
}

/** What a JSON file holds that can be made again; undefined where it is missing or damaged, as after a loss of power. */
export function readDerived<T>(path: string): T | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw explainStorageError(error, path);
  }
}
