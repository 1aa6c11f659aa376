// A run from its directory to its report: takes the lock, starts the models, follows the pipeline, writes what people read.
// Times are kept apart from results, so that two runs of one recipe end with equal results.json.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import type { Device } from "../engine/device.ts";
import { ledgerPath, openLedger } from "../ledger/ledger.ts";
import { type ReportCommands, renderReport } from "../method/evaluation/report.ts";
import type { StageTiming } from "../method/evaluation/results.ts";
import { openAccount, type Spending, spendingIn } from "./account.ts";
import { checkFiles, checkInputs } from "./check-inputs.ts";
import type { Emit } from "./events.ts";
import { type Forecast, forecastOnce } from "./forecast-run.ts";
import { importConstitution } from "./imports.ts";
import { checkMemory } from "./memory-of-run.ts";
import { hostOn, keepDevice, keptDevice, pickDevice } from "./pick-device.ts";
import { constitutionalAi } from "./pipeline.ts";
import { copyRun, previewRun } from "./preview.ts";
import type { Recipe } from "./recipe.ts";
import { resultTable } from "./result-table.ts";
import { hasResultsOf, noteResultsOf, openRunDirectory, outputWriter, writeRecipe } from "./run-directory.ts";
import { timingsOf } from "./timings.ts";
import { releaseGivenUp } from "./training-state.ts";

/** Where a run lives, who watches it, and its clock. */
export interface RunOptions {
  readonly directory: string;
  /** Where results.json, report.html and the recipe go where several runs share a directory. Default: into the directory. */
  readonly outputs?: string;
  /** One that is known already. */
  readonly forecast?: Forecast;
  /** How commands on this run are typed; where nobody says, the report names none. */
  readonly commands?: ReportCommands;
  /** An evaluation of what is trained already: where something would have to be trained, nothing is done. */
  readonly mayTrain?: false;
  readonly projectRoot: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Milliseconds since some fixed moment. */
  readonly now: () => number;
}

/**
 * Runs a recipe, or goes on with it, and writes results.json and report.html into its directory.
 * @throws UserError when something that the recipe names cannot be used (nothing is written then), or the directory is taken
 * or cannot be written
 */
export async function runCharter(recipe: Recipe, options: RunOptions): Promise<void> {
  const { directory, outputs = directory, signal, now } = options;
  const begun = now();
  const isBegun = existsSync(ledgerPath(directory));
  // A run that is there is taken at once, before checks that take time; of a new one nothing is left where they fail.
  using early = isBegun ? openRunDirectory(directory) : null;
  await checkMemory(recipe);
  const isPicked = recipe.compute.device === "auto";
  const picked = (isPicked ? keptDevice(directory) : undefined) ?? (await pickDevice(recipe, options));
  const { device } = picked;
  if (options.mayTrain === false) await checkTrained(recipe, device, options);
  const host = await hostOn(recipe, device);
  try {
    // Where all is made nobody is asked anything: its report can be written again while a server is down.
    if (hasResultsOf(outputs, recipe, options.projectRoot)) await checkFiles(recipe);
    else await checkInputs(recipe, host, { now, signal });
    using fresh = isBegun ? null : openRunDirectory(directory);
    const { ledger } = (early ?? fresh)!;
    mkdirSync(outputs, { recursive: true });
    const timings = timingsOf(outputs, recipe, options);
    const emit: Emit = (event) => {
      timings.note(event);
      options.emit(event);
    };
    emit({ kind: "run-start", name: recipe.name, directory });
    if (isPicked) {
      keepDevice(directory, picked);
      emit({ kind: "note", level: "info", text: `device ${device} (${picked.why})` });
    }
    writeRecipe(outputs, recipe, options.projectRoot);
    const forecast = options.forecast ?? (await forecastOnce(recipe, host, { now, signal }, outputs));
    emit({ kind: "run-forecast", ms: forecast.ms });
    if (forecast.stages.some(({ isBatched }) => isBatched))
      emit({
        kind: "note",
        level: "info",
        text: "and what the provider takes for its batches, up to 24 h each",
      });
    const account = openAccount(recipe.budget, spendingIn(ledger).cost);
    const run = { ledger, directory, emit, signal, now, device, account };
    const { entries: principles } = await importConstitution(run, recipe);
    const { results, transcripts } = await constitutionalAi(run, recipe, host);
    emit(resultTable(results));
    const write = outputWriter(outputs, emit);
    write("results.json", "every figure, for machines", `${JSON.stringify(results, null, 2)}\n`);
    noteResultsOf(outputs, [...principles.values()]);
    write(
      "report.html",
      "the report, for people",
      renderReport(results, transcripts, withForecast(timings.list(), forecast), options.commands ?? null),
    );
    // In a directory that several runs share, what one has left may be another's that goes on; so may what comes after an early end.
    if (outputs === directory && recipe.upTo === "rl") releaseGivenUp({ ledger, directory });
    noteSpending(spendingIn(ledger), recipe, emit);
    emit({ kind: "run-end", name: recipe.name, directory, ms: now() - begun });
  } finally {
    await host.close();
  }
}

function noteSpending({ requests, read, sampled, cost }: Spending, { budget }: Recipe, emit: Emit): void {
  if (requests === 0) return;
  const money = cost === 0 ? "" : `; ${cost.toFixed(4)}${budget === null ? "" : ` of a budget of ${budget}`}`;
  const text = `endpoints answered ${requests} requests: ${read} tokens read, ${sampled} sampled${money}`;
  emit({ kind: "note", level: "info", text });
}

const withForecast = (timings: readonly StageTiming[], { stages }: Forecast): readonly StageTiming[] => {
  const foretold = new Map(stages.filter(({ isBatched }) => !isBatched).map(({ stage, ms }) => [stage, ms]));
  return timings.map((timing) => {
    const forecastMs = foretold.get(timing.stage);
    return forecastMs === undefined ? timing : { ...timing, forecastMs };
  });
};

/**
 * Follows the recipe in a copy of the run, where nothing is computed: whether it would train is known before anybody is asked
 * anything and before anything is written.
 * @throws UserError when it would
 */
async function checkTrained(
  recipe: Recipe,
  device: Device,
  { directory, now, signal }: RunOptions,
): Promise<void> {
  const copy = `${directory}.planning`;
  const discard = () => rmSync(copy, { recursive: true, force: true });
  discard();
  try {
    copyRun(directory, copy);
    using ledger = openLedger(copy);
    const run = { ledger, directory: copy, now, signal, device, mayTrain: false } as const;
    await previewRun(run, recipe, { stages: [] }, new Set());
  } finally {
    discard();
  }
}
