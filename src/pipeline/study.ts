// A study: a grid of variants over seeds in one directory with one ledger, so that whatever two runs determine alike is computed
// once. Knows the order of the runs and where their files go; each is an ordinary run, and what they share nobody lists.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ledgerPath, openLedger } from "../ledger/ledger.ts";
import type { Results } from "../method/evaluation/results.ts";
import { type StudyResults, summarizeStudy, type Variant } from "../method/evaluation/study.ts";
import { renderStudy } from "../method/evaluation/study-page.ts";
import { checkInputs } from "./check-inputs.ts";
import type { Emit } from "./events.ts";
import { type Forecast, forecastOnce, forecastRun } from "./forecast-run.ts";
import { checkMemory } from "./memory-of-run.ts";
import { hostOn, keptDevice, pickDevice } from "./pick-device.ts";
import { copyRun, isTraining, type PreviewedStage, previewRun } from "./preview.ts";
import { type Clock, type Probe, probedOf } from "./probe.ts";
import type { Study, StudyRun } from "./read-study.ts";
import { resultsIn } from "./results-in.ts";
import { type RunOptions, runCharter } from "./run.ts";
import { outputWriter } from "./run-directory.ts";

/** A run of a study, and what is left to make of it once those before it are made. */
export interface PlannedRun extends StudyRun {
  readonly stages: readonly PreviewedStage[];
  /** Stages that train. */
  readonly trainings: readonly string[];
  readonly forecast: Forecast;
  readonly ms: number;
}

/** A run's folder of results and report, from the study's. */
const folderOf = ({ name }: Variant, seed: string): string => `variants/${name}-seed-${seed}`;

/** Where a run of a study leaves its results and its report. */
export const outputsOf = (directory: string, { variant, seed }: Pick<StudyRun, "variant" | "seed">): string =>
  join(directory, folderOf(variant, seed));

/**
 * Looks at everything that the runs name, and what each will have to make: steps that several share are counted once, for the
 * first, and not at all if they are there already. Computes nothing but a probe.
 *
 * @param keepForecasts whether forecasts are kept in the directory, so that the same study does not measure again
 * @throws UserError when something that a variant names cannot be used
 */
export async function planStudy(
  { design, runs }: Study,
  directory: string,
  clock: Clock,
  keepForecasts: boolean,
): Promise<readonly PlannedRun[]> {
  const prepared = new Map<Variant, Awaited<ReturnType<typeof prepare>>>();
  const probes = new Map<string, Probe>();
  for (const variant of design.variants) {
    const first = runs.find((run) => run.variant === variant)!;
    const probed = probedOf(first.recipe);
    const known = probes.get(probed);
    const own = await prepare(first, directory, clock, keepForecasts, known);
    prepared.set(variant, own);
    probes.set(probed, own.forecast);
  }
  const isBegun = existsSync(ledgerPath(directory));
  // Beside the directory, so that both can hold the same bytes of the disk.
  const copy = isBegun ? `${directory}.planning` : mkdtempSync(join(tmpdir(), "charter-study-"));
  try {
    if (isBegun) {
      rmSync(copy, { recursive: true, force: true });
      copyRun(directory, copy);
    }
    using ledger = openLedger(copy);
    const missing = new Set<string>();
    const planned: PlannedRun[] = [];
    for (const run of runs) {
      const { device, forecast } = prepared.get(run.variant)!;
      const preview = { ledger, directory: copy, device, ...clock };
      const stages = await previewRun(preview, run.recipe, forecast, missing);
      const trained = stages.filter((stage) => isTraining(stage) && stage.anew > 0);
      planned.push({
        ...run,
        stages,
        forecast,
        trainings: trained.map(({ stage }) => stage),
        ms: stages.reduce((sum, { ms }) => sum + ms, 0),
      });
    }
    return planned;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** A variant's device and forecast, once everything that it names has been looked at. Seeds do not move them. */
async function prepare(
  run: StudyRun,
  directory: string,
  clock: Clock,
  keepForecast: boolean,
  known: Probe | undefined,
) {
  const { recipe } = run;
  await checkMemory(recipe);
  const kept = recipe.compute.device === "auto" ? keptDevice(directory) : undefined;
  const { device } = kept ?? (await pickDevice(recipe, clock));
  const host = await hostOn(recipe, device);
  try {
    await checkInputs(recipe, host, clock);
    if (known !== undefined || !keepForecast)
      return { device, forecast: await forecastRun(recipe, host, clock, known) };
    const outputs = outputsOf(directory, run);
    mkdirSync(outputs, { recursive: true });
    return { device, forecast: await forecastOnce(recipe, host, clock, outputs) };
  } finally {
    await host.close();
  }
}

/**
 * Makes the runs one after another, then study.json and study.html. Interrupted, the same call goes on where it stopped.
 * @throws UserError as runs do
 */
export async function runStudy(
  { design }: Study,
  planned: readonly PlannedRun[],
  options: Omit<RunOptions, "outputs" | "forecast">,
): Promise<StudyResults> {
  const { directory, emit, now } = options;
  const begun = now();
  const results = new Map<string, Results[]>(design.variants.map(({ name }) => [name, []]));
  for (const [at, run] of planned.entries()) {
    options.signal.throwIfAborted();
    const { variant, seed, recipe, forecast } = run;
    const msLeft = timeLeft(planned, at, now() - begun);
    emit({ kind: "variant-start", variant: variant.label, seed, at: at + 1, of: planned.length, msLeft });
    const outputs = outputsOf(directory, run);
    await runCharter(recipe, { ...options, outputs, forecast });
    results.get(variant.name)!.push(resultsIn(outputs));
  }
  const summary = summarizeStudy(design, results);
  writeStudy(summary, directory, emit);
  emit({ kind: "run-end", name: design.name, directory, ms: now() - begun });
  return summary;
}

function writeStudy(summary: StudyResults, directory: string, emit: Emit): void {
  const write = outputWriter(directory, emit);
  write("study.json", "every figure of every run, for machines", `${JSON.stringify(summary, null, 2)}\n`);
  const page = renderStudy(summary, (variant, seed) => `${folderOf(variant, seed)}/report.html`);
  write("study.html", "the study, for people", page);
}

/** What was foretold of the runs that are left, stretched as those before them were once there is something to go by. */
function timeLeft(planned: readonly PlannedRun[], at: number, elapsed: number): number {
  const sum = (runs: readonly PlannedRun[]) => runs.reduce((total, { ms }) => total + ms, 0);
  const foretold = sum(planned.slice(0, at));
  return sum(planned.slice(at)) * (foretold > 60_000 ? elapsed / foretold : 1);
}
