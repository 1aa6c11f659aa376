// How long each stage of a run has computed, kept in timings.json from process to process. Beside the results, never in them: two
// runs of one recipe end with equal results.json.
import { join } from "node:path";
import { sha256 } from "../ledger/canonical-json.ts";
import type { StageTiming } from "../method/evaluation/results.ts";
import type { PipelineEvent } from "./events.ts";
import type { Recipe } from "./recipe.ts";
import { readDerived, writeWhole } from "./run-directory.ts";

interface KeptTimings {
  /** Of the recipe that was followed. */
  readonly recipe: string;
  readonly stages: readonly StageTiming[];
}

/**
 * Adds what each stage takes to what it took before, after every batch and every turn: a process that is killed loses no more.
 * Under another recipe a stage of the same name is other work, so times begin anew.
 */
export function timingsOf(directory: string, recipe: Recipe, { now }: { readonly now: () => number }) {
  const path = join(directory, "timings.json");
  const own = trainedUnder(recipe);
  const found = readDerived<KeptTimings | readonly StageTiming[]>(path) ?? [];
  // Earlier versions wrote the stages alone.
  const kept: KeptTimings = "stages" in found ? found : { recipe: own, stages: found };
  const stages = new Map((kept.recipe === own ? kept.stages : []).map((one) => [one.stage, one]));
  const names = new Map<string, { readonly title: string; readonly unit: string }>();
  let since = now();
  return {
    list: (): readonly StageTiming[] => [...stages.values()],
    note(event: PipelineEvent): void {
      if (event.kind === "stage-start") {
        names.set(event.stage, event);
        since = now();
      }
      if (event.kind !== "stage-progress" && event.kind !== "stage-end") return;
      if (event.kind === "stage-end" && event.reused === event.done) return;
      const { stage, done } = event;
      const { title, unit } = names.get(stage)!;
      const ms = (stages.get(stage)?.ms ?? 0) + now() - since;
      since = now();
      stages.set(stage, { stage, title, unit, ms, done });
      const text: KeptTimings = { recipe: own, stages: [...stages.values()] };
      writeWhole(path, `${JSON.stringify(text, null, 2)}\n`);
    },
  };
}

/** What a recipe says of the work itself: how a run goes on (its budget, batches, threads) and is evaluated is left out. */
const trainedUnder = ({ name: _, budget: __, evaluation: ___, prompts, compute, ...rest }: Recipe): string =>
  sha256(JSON.stringify({ ...rest, prompts: { ...prompts, evaluation: null }, device: compute.device }));
