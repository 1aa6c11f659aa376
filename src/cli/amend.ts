// charter amend <run>: another constitution or other settings on what a run has made. Shows first what has to be made anew and
// what that takes; then, on a word, runs it under a new name.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { UserError } from "../user-error.ts";
import { showAmendment } from "./amendment-preview.ts";
import { readRecipeAt } from "./find-recipe.ts";
import { findSingleRun } from "./find-run.ts";
import { withModels } from "./hub-progress.ts";
import { interruptible } from "./interruption.ts";
import { quoted } from "./quoted.ts";
import { follow } from "./run.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

export interface AmendOptions {
  readonly runs: string;
  readonly constitution?: string;
  readonly name?: string;
  readonly set: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

export async function amend(given: string, options: AmendOptions, terminal: Terminal): Promise<number> {
  const { workingDirectory, projectRoot, now, write, paint, call } = terminal;
  const directory = findSingleRun(given, options.runs, workingDirectory);
  const { constitution, set } = options;
  if (constitution !== undefined && !existsSync(resolve(workingDirectory, constitution)))
    throw new UserError(
      "constitution-unreadable",
      `--constitution: expected a file, got ${constitution}, which is not there`,
      "Name the constitution that the run is to go by from here on.",
    );
  const recipeFile = join(directory, "recipe.yaml");
  const before = readRecipeAt(recipeFile, [], terminal, { mayLackFiles: true }); // what it was made from may have moved since
  const runs = resolve(workingDirectory, options.runs);
  const name = options.name ?? freeName(before.name, runs);
  const changes = [
    ...(constitution === undefined
      ? []
      : [`constitution.file=${JSON.stringify(resolve(workingDirectory, constitution))}`]),
    ...set,
    `name=${JSON.stringify(name)}`,
  ];
  const signal = interruptible(terminal);
  const written = readRecipeAt(recipeFile, changes, terminal);
  const after = await withModels(written, terminal, signal);
  const to = join(runs, name);
  const itsRecipe = shownPath(join(to, "recipe.yaml"), workingDirectory);
  const goingOn = ["run", itsRecipe, ...(options.runs === "runs" ? [] : ["--runs", options.runs])];
  const { prepareAmendment } = await import("../pipeline/amend.ts");
  const amendment = await prepareAmendment(
    { from: { directory, recipe: before }, to: { directory: to, written, recipe: after } },
    { now, signal, projectRoot },
  );
  try {
    const isUnchanged = constitution === undefined && set.length === 0;
    if (isUnchanged && amendment.preview.stages.every(({ anew }) => anew === 0))
      throw nothingToAmend(shownPath(directory, workingDirectory));
    if (options.json) write(`${JSON.stringify({ name, ...amendment.preview })}\n`);
    else showAmendment(amendment.preview, shownPath(directory, workingDirectory), name, terminal);
    if (!(options.yes ?? (await isWanted(terminal)))) {
      if (!options.json) write(paint("dim", "Nothing has been changed. To go ahead: the same with --yes\n"));
      return 0;
    }
    amendment.keep();
    if (!options.json)
      write(paint("dim", `If interrupted, it goes on with: ${call} ${goingOn.map(quoted).join(" ")}\n`));
  } finally {
    amendment.discard();
  }
  return follow(after, to, { ...options, signal, goingOn }, terminal);
}

/** The run's name with the first number that is free: town-2, town-3. */
function freeName(name: string, runs: string): string {
  const stem = name.replace(/-\d+$/, "");
  for (let number = 2; ; number++)
    if (!existsSync(join(runs, `${stem}-${number}`))) return `${stem}-${number}`;
}

async function isWanted({ isInteractive }: Terminal): Promise<boolean> {
  if (!isInteractive || process.stdin.isTTY !== true) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await lines.question("Go ahead? [y/N] ")).trim());
  } finally {
    lines.close();
  }
}

const nothingToAmend = (run: string): UserError =>
  new UserError(
    "nothing-to-amend",
    `amend: expected another constitution, a setting, or other rows in the files that the recipe names, got none: all of it is in ${run}`,
    "Give --constitution new.yaml or --set key=value; lines added to a file are read as far as its `count` goes.",
  );
