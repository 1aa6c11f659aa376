// A run from its directory to its report: takes the lock, starts the models, follows the pipeline, writes what people read.
// Times are kept apart from results, so that two runs of one recipe end with equal results.json.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { renderReport } from "../method/evaluation/report.ts";
import type { StageTiming } from "../method/evaluation/results.ts";
import { openAccount, type Spending, spendingIn } from "./account.ts";
import { checkInputs } from "./check-inputs.ts";
import type { Emit, PipelineEvent } from "./events.ts";
import { type Forecast, forecastOnce } from "./forecast-run.ts";
import { checkMemory } from "./memory-of-run.ts";
import { hostOn, keepDevice, keptDevice, pickDevice } from "./pick-device.ts";
import { constitutionalAi } from "./pipeline.ts";
import type { Recipe } from "./recipe.ts";
import { resultTable } from "./result-table.ts";
import { openRunDirectory, readDerived, writeRecipe, writeWhole } from "./run-directory.ts";

/** Where a run lives, who watches it, and its clock. */
export interface RunOptions {
  readonly directory: string;
  /** Where results.json, report.html and the recipe go where several runs share a directory. Default: into the directory. */
  readonly outputs?: string;
  /** One that is known already. */
  readonly forecast?: Forecast;
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
  await checkMemory(recipe);
  const isPicked = recipe.compute.device === "auto";
  const picked = (isPicked ? keptDevice(directory) : undefined) ?? (await pickDevice(recipe, options));
  const { device } = picked;
  const host = await hostOn(recipe, device);
  try {
    await checkInputs(recipe, host, { now, signal });
    using opened = openRunDirectory(directory);
    mkdirSync(outputs, { recursive: true });
    const timings = timingsOf(outputs);
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
    const { ledger } = opened;
    const account = openAccount(recipe.budget, spendingIn(ledger).cost);
    const run = { ledger, directory, emit, signal, now, device, account };
    const { results, transcripts } = await constitutionalAi(run, recipe, host);
    emit(resultTable(results));
    const write = (name: string, what: string, text: string) => {
      writeWhole(join(outputs, name), text);
      emit({ kind: "file-written", path: join(outputs, name), what });
    };
    write("results.json", "every figure, for machines", `${JSON.stringify(results, null, 2)}\n`);
    write(
      "report.html",
      "the report, for people",
      renderReport(
        results,
        transcripts,
        withForecast(timings.list(), forecast),
        ...(outputs === directory ? [] : [null]),
      ),
    );
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

/** Adds up how long each stage took and keeps it in timings.json, outside the ledger. */
function timingsOf(directory: string) {
  const path = join(directory, "timings.json");
  const kept = readDerived<readonly StageTiming[]>(path) ?? [];
  const stages = new Map(kept.map((one) => [one.stage, one]));
  const names = new Map<string, { readonly title: string; readonly unit: string }>();
  return {
    list: () => [...stages.values()],
    note(event: PipelineEvent): void {
      if (event.kind === "stage-start") names.set(event.stage, event);
      if (event.kind !== "stage-end" || event.reused === event.done) return;
      const { title, unit } = names.get(event.stage)!;
      const ms = (stages.get(event.stage)?.ms ?? 0) + event.ms;
      stages.set(event.stage, { stage: event.stage, title, unit, ms, done: event.done });
      writeWhole(path, `${JSON.stringify([...stages.values()], null, 2)}\n`);
    },
  };
}
