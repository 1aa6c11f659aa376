// A run's forecast: counted from its recipe, priced by a probe, and kept in the run directory so that the report can set it
// beside what the run really took. Made once a recipe; never part of a result.
import { join } from "node:path";
import { sha256 } from "../ledger/canonical-json.ts";
import type { ModelHost } from "../models/model.ts";
import { forecastStages, type Sizes, type StageForecast } from "./forecast.ts";
import { type Clock, type Probe, probe, sizesOf } from "./probe.ts";
import type { Recipe } from "./recipe.ts";
import { readDerived, writeWhole } from "./run-directory.ts";

/** What a run will ask of the models, stage by stage, and how long it will take. */
export interface Forecast extends Probe {
  readonly sizes: Sizes;
  readonly stages: readonly StageForecast[];
  /** All stages together. */
  readonly ms: number;
}

/**
 * Counts, measures, and multiplies the two. Takes some seconds.
 *
 * @param known what was measured for a recipe that is alike in all that a probe looks at
 */
export async function forecastRun(
  recipe: Recipe,
  host: ModelHost,
  clock: Clock,
  known?: Probe,
): Promise<Forecast> {
  const sizes = await sizesOf(recipe);
  const { lengths, costs } = known ?? (await probe(recipe, host, clock));
  const stages = forecastStages(recipe, sizes, lengths, costs);
  return { lengths, costs, sizes, stages, ms: stages.reduce((total, stage) => total + stage.ms, 0) };
}

/** The forecast kept for this recipe, or a new one, kept from now on. */
export async function forecastOnce(
  recipe: Recipe,
  host: ModelHost,
  clock: Clock,
  directory: string,
): Promise<Forecast> {
  const path = join(directory, "forecast.json");
  const of = sha256(JSON.stringify(recipe));
  const kept = readDerived<Forecast & { readonly recipe: string }>(path);
  if (kept?.recipe === of) return kept;
  const forecast = await forecastRun(recipe, host, clock);
  writeWhole(path, `${JSON.stringify({ recipe: of, ...forecast }, null, 2)}\n`);
  return forecast;
}
