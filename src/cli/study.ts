// charter study <file>: a grid of variants of a recipe over seeds, in one folder with one ledger, and a page with error bars. Says
// first what it takes; asked again, it goes on where it stopped.
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { FIGURES, shownFigure } from "../method/evaluation/figures.ts";
import type { StudyResults } from "../method/evaluation/study.ts";
import { shownChange } from "../method/evaluation/study-page.ts";
import type { Emit } from "../pipeline/events.ts";
import { readStudy, type Study } from "../pipeline/read-study.ts";
import type { PlannedRun } from "../pipeline/study.ts";
import { counted, duration, whole } from "./amounts.ts";
import { findRecipe, findStudy } from "./find-recipe.ts";
import { withModels } from "./hub-progress.ts";
import { interruptible } from "./interruption.ts";
import { createRenderer } from "./render.ts";
import { shownPath } from "./shown-path.ts";
import { writeTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface StudyCommand {
  readonly runs: string;
  readonly seeds?: readonly string[];
  readonly recipe?: string;
  readonly name?: string;
  readonly set: readonly string[];
  readonly plan?: boolean;
  readonly json?: boolean;
}

export async function study(given: string, options: StudyCommand, terminal: Terminal): Promise<number> {
  const { workingDirectory, projectRoot, now, write, paint } = terminal;
  const { seeds, recipe, name, set, json = false } = options;
  const file = findStudy(given, terminal);
  const read = readStudy(file, {
    shownAs: shownPath(file, workingDirectory),
    projectRoot,
    workingDirectory,
    findRecipe: (called) => besideOr(file, called, terminal),
    seeds,
    recipe,
    name,
    set,
  });
  const directory = resolve(workingDirectory, options.runs, read.design.name);
  // Loaded only once the study is known to be good: a mistake in it is told at once.
  const { planStudy, runStudy } = await import("../pipeline/study.ts");
  const signal = interruptible(terminal);
  const complete = await withAllModels(read, terminal, signal);
  if (!json)
    write(
      `${paint("bold", read.design.title)}${paint("dim", `  ${counted(read.runs.length, "run")}; looking at what they share`)}\n`,
    );
  const planned = await planStudy(complete, directory, { now, signal }, options.plan !== true);
  if (options.plan) {
    if (json) write(`${JSON.stringify(planAsJson(read, planned))}\n`);
    else writePlan(planned, terminal);
    return 0;
  }
  if (!json)
    write(`${paint("dim", `  in ${shownPath(directory, workingDirectory)}, about ${inAll(planned)}`)}\n`);
  const renderer = createRenderer(terminal, json ? "json" : terminal.isInteractive ? "block" : "lines");
  try {
    const emit = json ? renderer.emit : whatIsNew(renderer.emit, read.design.name);
    const summary = await runStudy(complete, planned, { directory, projectRoot, emit, signal, now });
    if (!json) writeSummary(summary, terminal);
  } finally {
    renderer.close();
  }
  return 0;
}

/** The recipe that a study names: a file beside it, or what the other commands would take. */
function besideOr(file: string, called: string, terminal: Terminal): string {
  const beside = resolve(dirname(file), called);
  return /\.ya?ml$/.test(beside) && existsSync(beside) ? beside : findRecipe(called, terminal);
}

async function withAllModels(read: Study, terminal: Terminal, signal: AbortSignal): Promise<Study> {
  const runs: Study["runs"][number][] = [];
  for (const run of read.runs) runs.push({ ...run, recipe: await withModels(run.recipe, terminal, signal) });
  return { ...read, runs };
}

const sum = (planned: readonly PlannedRun[], of: (stage: PlannedRun["stages"][number]) => number): number =>
  planned.reduce((total, { stages }) => total + stages.reduce((own, stage) => own + of(stage), 0), 0);

/** "34 min 10 s and 1,200,000 tokens, what runs share counted once". */
function inAll(planned: readonly PlannedRun[]): string {
  const cost = sum(planned, (stage) => stage.cost);
  const money = cost > 0 ? `, ${cost.toFixed(2)} to endpoints` : "";
  return `${duration(sum(planned, ({ ms }) => ms))} and ${whole(sum(planned, ({ tokens }) => tokens))} tokens${money}, what runs share counted once`;
}

const planAsJson = ({ design: { name, title } }: Study, planned: readonly PlannedRun[]) => ({
  name,
  title,
  ms: sum(planned, ({ ms }) => ms),
  tokens: sum(planned, ({ tokens }) => tokens),
  runs: planned.map(({ variant, seed, ms, stages }) => ({
    variant: variant.name,
    seed,
    ms,
    // The fewest that could be is told of where only words differ.
    stages: stages.map(({ least: _, ...stage }) => stage),
  })),
});

function writePlan(planned: readonly PlannedRun[], terminal: Terminal): void {
  const rows = planned.map((run) => [
    run.variant.label,
    run.seed,
    whole(sum([run], ({ total, anew }) => total - anew)),
    whole(sum([run], ({ anew }) => anew)),
    run.trainings.join(", ") || "nothing",
    duration(run.ms),
  ]);
  writeTable(["variant", "seed", "there", "anew", "trains", "time"], rows, terminal);
  terminal.write(`  about ${inAll(planned)}; nothing has been run\n`);
}

/** Of a run's events those that tell of something computed: what is shared would be told again by every run. */
function whatIsNew(emit: Emit, study: string): Emit {
  return (event) => {
    switch (event.kind) {
      case "run-start":
      case "run-forecast":
      case "result":
        return;
      case "stage-start":
        return event.reused < event.total ? emit(event) : undefined;
      case "stage-end":
        return event.reused < event.done ? emit(event) : undefined;
      case "file-written":
        return /study\.\w+$/.test(event.path) ? emit(event) : undefined;
      case "run-end":
        return event.name === study ? emit(event) : undefined;
      default:
        return emit(event);
    }
  };
}

/** With the minus that tables know numbers by. */
const typed = (text: string): string => text.replaceAll("−", "-");

function writeSummary({ figures, variants, shapes, seeds }: StudyResults, terminal: Terminal): void {
  const { write, paint } = terminal;
  for (const { title, unit, variants: rows } of figures) {
    const show = (value: number) => typed(shownFigure(value, unit));
    const cells = rows.map(({ spread, values }, i) => [
      variants[i]!.label,
      spread === null ? "–" : `${show(spread.value)} (${show(spread.low)} to ${show(spread.high)})`,
      ...values.map((value) => (value === null ? "–" : show(value))),
    ]);
    const columns = ["", "mean", ...seeds.map((seed) => `seed ${seed}`)];
    write(`\n${paint("bold", title)}\n`);
    writeTable(columns, cells, terminal);
  }
  if (shapes.length > 0) write(`\n${paint("bold", "What the paper found, and what is seen here")}\n`);
  for (const { paper, figure, change, outcome } of shapes) {
    const { title, unit } = FIGURES[figure];
    const moved = typed(shownChange(change, unit));
    write(`  ${paint(outcome === "seen" ? "green" : "yellow", outcome)}: ${paper}\n`);
    write(paint("dim", `    ${title}: ${moved}\n`));
  }
}
