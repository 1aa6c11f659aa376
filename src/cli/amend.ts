// charter amend <run>: another constitution or other settings on what a run has made. Shows first what has to be made anew and
// what that takes; then, on a word, runs it under a new name.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import type { AmendmentPreview } from "../pipeline/amend.ts";
import { UserError } from "../user-error.ts";
import { duration, whole } from "./amounts.ts";
import { findSingleRun } from "./find-run.ts";
import { withModels } from "./hub-progress.ts";
import { interruptible } from "./interruption.ts";
import { quoted } from "./quoted.ts";
import { follow, read } from "./run.ts";
import { shownPath } from "./shown-path.ts";
import { tableLines } from "./table.ts";
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
  const { workingDirectory, now, write, paint, call } = terminal;
  const directory = findSingleRun(given, options.runs, workingDirectory);
  const { constitution, set } = options;
  if (constitution === undefined && set.length === 0)
    throw new UserError(
      "nothing-to-amend",
      "amend: expected another constitution or a setting, got neither",
      "Give --constitution new.yaml, or --set key=value.",
    );
  if (constitution !== undefined && !existsSync(resolve(workingDirectory, constitution)))
    throw new UserError(
      "constitution-unreadable",
      `--constitution: expected a file, got ${constitution}, which is not there`,
      "Name the constitution that the run is to go by from here on.",
    );
  const written = join(directory, "recipe.yaml");
  const before = read(written, [], terminal);
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
  const after = await withModels(read(written, changes, terminal), terminal, signal);
  const to = join(runs, name);
  const itsRecipe = shownPath(join(to, "recipe.yaml"), workingDirectory);
  const goingOn = ["run", itsRecipe, ...(options.runs === "runs" ? [] : ["--runs", options.runs])];
  const { prepareAmendment } = await import("../pipeline/amend.ts");
  const amendment = await prepareAmendment(
    { directory, recipe: before },
    { directory: to, recipe: after },
    { now, signal },
  );
  try {
    if (options.json) write(`${JSON.stringify({ name, ...amendment.preview })}\n`);
    else show(amendment.preview, shownPath(directory, workingDirectory), name, terminal);
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

function show(
  { stages, trainings, ms }: AmendmentPreview,
  run: string,
  name: string,
  { write, paint }: Terminal,
): void {
  const sum = (of: (stage: (typeof stages)[number]) => number) =>
    stages.reduce((total, stage) => total + of(stage), 0);
  const hasLeast = stages.some(({ least }) => least !== null);
  const rows = stages.map(({ title, total, anew, least, ms }) => [
    title,
    whole(total - anew),
    whole(anew),
    ...(hasLeast ? [least === null ? "" : whole(least)] : []),
    anew === 0 ? "" : duration(ms),
  ]);
  const [heading, ...lines] = tableLines(
    ["stage", "there", "anew", ...(hasLeast ? ["at least"] : []), "time"],
    rows,
  );
  write(
    `${paint("bold", `Amending ${run} as ${name}`)}${paint("dim", "  what is there, and what has to be made anew")}\n`,
  );
  write(`${[paint("bold", heading!), ...lines].map((line) => `  ${line}`).join("\n")}\n`);
  const records = stages.filter(({ least }) => least !== null);
  if (records.length > 0) {
    const [anew, least] = [
      records.reduce((total, stage) => total + stage.anew, 0),
      records.reduce((total, stage) => total + stage.least!, 0),
    ];
    write(`  critiques and revisions anew: ${whole(anew)}; the fewest that could be: ${whole(least)}\n`);
  }
  if (trainings.length === 0) write("  nothing trains again\n");
  else write(`  trains again: ${trainings.join(", ")}; every figure that rests on it may move\n`);
  const cost = sum((stage) => stage.cost);
  write(
    `  about ${duration(ms)} and ${whole(sum(({ tokens }) => tokens))} tokens${cost > 0 ? `, ${cost.toFixed(2)} to endpoints` : ""}\n`,
  );
}
