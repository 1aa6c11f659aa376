// A run amended: another constitution, or another recipe, on what a run has already made. The new run begins with a copy of the
// old one's ledger, so whatever its steps determine alike is there; what is not is told beforehand, by the pipeline itself in a
// run that computes nothing. There is no second account of what depends on what.
import { existsSync, renameSync, rmSync } from "node:fs";
import { openLedger } from "../ledger/ledger.ts";
import type { Constitution } from "../method/constitution/constitution.ts";
import { drawPrinciple } from "../method/constitution/draw.ts";
import { critiqueRequest, revisionRequest } from "../method/constitution/wording.ts";
import type { Prompt } from "../method/records.ts";
import { UserError } from "../user-error.ts";
import { constitutionIn } from "./constitution-in.ts";
import { forecastRun } from "./forecast-run.ts";
import { importPrompts } from "./imports.ts";
import { hostOn, keepDevice, keptDevice, pickDevice } from "./pick-device.ts";
import { copyRun, isTraining, type PreviewedStage, previewRun } from "./preview.ts";
import type { Clock } from "./probe.ts";
import { constitutionOf } from "./read-constitution.ts";
import type { Recipe } from "./recipe.ts";

/** What of one stage is there, and what has to be made. */
export interface AmendedStage extends PreviewedStage {
  /** The fewest that could be: records that drew what changed, and those made from them. Null where not only the constitution changed. */
  readonly least: number | null;
}

/** What an amendment will take. */
export interface AmendmentPreview {
  readonly stages: readonly AmendedStage[];
  /** Stages that train, and will again. */
  readonly trainings: readonly string[];
  readonly ms: number;
}

/** A copy of a run under a new name, not yet begun. */
export interface Amendment {
  readonly preview: AmendmentPreview;
  /** Makes the copy the new run's folder; the recipe run there goes on from it. */
  keep(): void;
  /** Removes the copy. */
  discard(): void;
}

/**
 * Copies a run's ledger and blobs beside the new run's folder, and looks what the new recipe finds there. Nothing is computed.
 *
 * @param from the run, with its own recipe
 * @param to the new run's folder, and the recipe that it will follow
 * @throws UserError when the new folder is taken, or the recipe names what cannot be used
 */
export async function prepareAmendment(
  from: { readonly directory: string; readonly recipe: Recipe },
  to: { readonly directory: string; readonly recipe: Recipe },
  clock: Clock,
): Promise<Amendment> {
  if (existsSync(to.directory))
    throw new UserError(
      "run-there",
      `${to.directory}: expected no such folder, got one`,
      "Choose another name for the new run with --name.",
    );
  const copy = `${to.directory}.amending`;
  const discard = () => rmSync(copy, { recursive: true, force: true });
  discard();
  try {
    copyRun(from.directory, copy);
    const before = constitutionIn(from.directory);
    const preview = await previewIn(copy, before, from, to.recipe, clock);
    return { preview, discard, keep: () => renameSync(copy, to.directory) };
  } catch (error) {
    discard();
    throw error;
  }
}

async function previewIn(
  copy: string,
  before: Constitution,
  from: { readonly directory: string; readonly recipe: Recipe },
  recipe: Recipe,
  clock: Clock,
): Promise<AmendmentPreview> {
  const kept = recipe.compute.device === "auto" ? keptDevice(from.directory) : undefined;
  const picked = kept ?? (await pickDevice(recipe, clock));
  if (recipe.compute.device === "auto") keepDevice(copy, picked); // what is counted now is what the run keeps to
  const { device } = picked;
  const host = await hostOn(recipe, device);
  const ledger = openLedger(copy);
  try {
    const run = { ledger, directory: copy, ...clock, device };
    const redTeam = await importPrompts({ ...run, emit: () => {} }, "red-team", recipe.prompts.redTeam);
    const stages = await previewRun(run, recipe, await forecastRun(recipe, host, clock), new Set());
    const after = constitutionOf(recipe);
    const least = isOnlyReworded(from.recipe, recipe) ? leastAnew(before, after, recipe, redTeam) : null;
    return {
      stages: stages.map((stage) => ({ ...stage, least: least?.get(stage.stage) ?? null })),
      trainings: stages.filter((stage) => isTraining(stage) && stage.anew > 0).map(({ title }) => title),
      ms: stages.reduce((sum, { ms }) => sum + ms, 0),
    };
  } finally {
    ledger.close();
    await host.close();
  }
}

/** Whether two recipes differ in their name and their constitution alone. */
function isOnlyReworded(a: Recipe, b: Recipe): boolean {
  const rest = ({ name: _name, constitution: _constitution, ...others }: Recipe) => JSON.stringify(others);
  return rest(a) === rest(b);
}

/**
 * The fewest critiques and revisions that a change of the constitution leaves to be made, by stage: those whose draw fell on a
 * principle that changed, or falls on another one now, and all that comes after them in their chain. From the draws alone.
 */
export function leastAnew(
  before: Constitution,
  after: Constitution,
  { supervised, seed }: Pick<Recipe, "supervised" | "seed">,
  prompts: readonly Pick<Prompt, "id">[],
): ReadonlyMap<string, number> {
  const least = new Map<string, number>();
  const count = (stage: string, isAnew: boolean) => {
    if (isAnew) least.set(stage, (least.get(stage) ?? 0) + 1);
    else if (!least.has(stage)) least.set(stage, 0);
  };
  for (const { id } of prompts) {
    let isAnew = false;
    for (let round = 1; round <= supervised.rounds; round++) {
      const key = `${seed}/supervised/principle/${id}/${round}`;
      const [old, now] = [drawPrinciple(before, key), drawPrinciple(after, key)];
      if (supervised.critique) {
        isAnew ||= old.id !== now.id || critiqueRequest(old).text !== critiqueRequest(now).text;
        count(`critique-${round}`, isAnew);
      }
      isAnew ||= old.id !== now.id || revisionRequest(old).text !== revisionRequest(now).text;
      count(`revision-${round}`, isAnew);
    }
  }
  return least;
}
