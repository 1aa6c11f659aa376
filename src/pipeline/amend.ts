// A run amended: another constitution, or another recipe, on what a run has already made. The new run begins with a copy of the
// old one's ledger, so whatever its steps determine alike is there; what is not is told beforehand, by the pipeline itself in a
// run that computes nothing. There is no second account of what depends on what.
import { existsSync, renameSync, rmSync } from "node:fs";
import { openLedger } from "../ledger/ledger.ts";
import type { ModelHost } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { spendingIn } from "./account.ts";
import { checkInputs } from "./check-inputs.ts";
import { figuresMoved } from "./figures-moved.ts";
import { forecastRun } from "./forecast-run.ts";
import { checkMemory } from "./memory-of-run.ts";
import { hostOn, keepDevice, keptDevice, type PickedDevice, pickDevice } from "./pick-device.ts";
import { copyRun, isTraining, type PreviewedStage, previewRun } from "./preview.ts";
import type { Clock } from "./probe.ts";
import type { Recipe } from "./recipe.ts";
import { writeRecipe } from "./run-directory.ts";
import { adoptRows } from "./same-rows.ts";

/** What an amendment will take. */
export interface AmendmentPreview {
  /** `least` is null, too, where settings changed and not only constitution, prompts and comparisons. */
  readonly stages: readonly PreviewedStage[];
  /** Stages that train, and will again. */
  readonly trainings: readonly string[];
  /** Groups of figures that may come out otherwise. */
  readonly figures: readonly string[];
  readonly ms: number;
  /** Of what is made anew, money to endpoints. */
  readonly cost: number;
  /** What the new run may spend in all, and what of that the ledger that it begins with has spent; null where there is no limit. */
  readonly budget: { readonly most: number; readonly spent: number } | null;
}

/** A copy of a run under a new name, not yet begun. */
export interface Amendment {
  readonly preview: AmendmentPreview;
  /** Makes the copy the new run's folder; the recipe in it goes on from it. */
  keep(): void;
  /** Removes the copy. */
  discard(): void;
}

/** A run as it was, and as it is to be. */
export interface Amended {
  /** Its recipe as it is written: models of the hub by their ids, and files that may be gone. */
  readonly from: { readonly directory: string; readonly recipe: Recipe };
  /** The new folder; its recipe as it is written, and with every model on this machine. */
  readonly to: { readonly directory: string; readonly written: Recipe; readonly recipe: Recipe };
}

/**
 * Copies a run's ledger and blobs beside the new run's folder, and looks what the new recipe finds there. Nothing is computed.
 *
 * @throws UserError when the new folder is taken, or the recipe names what cannot be used; nothing is left behind then
 */
export async function prepareAmendment(
  { from, to }: Amended,
  options: Clock & { readonly projectRoot: string },
): Promise<Amendment> {
  if (existsSync(to.directory))
    throw new UserError(
      "run-there",
      `${to.directory}: expected no such folder, got one`,
      "Choose another name for the new run with --name.",
    );
  const { recipe } = to;
  await checkMemory(recipe);
  const kept = recipe.compute.device === "auto" ? keptDevice(from.directory) : undefined;
  const picked = kept ?? (await pickDevice(recipe, options));
  const host = await hostOn(recipe, picked.device);
  const copy = `${to.directory}.amending`;
  const discard = () => rmSync(copy, { recursive: true, force: true });
  try {
    await checkInputs(recipe, host, options);
    discard();
    copyRun(from.directory, copy);
    writeRecipe(copy, recipe, options.projectRoot);
    if (recipe.compute.device === "auto") keepDevice(copy, picked); // what is counted now is what the run keeps to
    const preview = await previewIn(copy, { from, to }, { host, picked, clock: options });
    return { preview, discard, keep: () => renameSync(copy, to.directory) };
  } catch (error) {
    discard();
    throw error;
  } finally {
    await host.close();
  }
}

async function previewIn(
  copy: string,
  { from, to: { recipe, written } }: Amended,
  on: { readonly host: ModelHost; readonly picked: PickedDevice; readonly clock: Clock },
): Promise<AmendmentPreview> {
  using ledger = openLedger(copy);
  await adoptRows(ledger, from.recipe, recipe);
  const run = { ledger, directory: copy, ...on.clock, device: on.picked.device };
  const found = await previewRun(run, recipe, await forecastRun(recipe, on.host, on.clock), new Set());
  const isSame = keepsSettings(from.recipe, written);
  const stages = found.map((stage) => (isSame ? stage : { ...stage, least: null }));
  const anew = stages.filter((stage) => stage.anew > 0);
  return {
    stages,
    trainings: anew.filter(isTraining).map(({ title }) => title),
    figures: figuresMoved(anew.map(({ stage }) => stage)),
    ms: stages.reduce((sum, { ms }) => sum + ms, 0),
    cost: stages.reduce((sum, { cost }) => sum + cost, 0),
    budget: recipe.budget === null ? null : { most: recipe.budget, spent: spendingIn(ledger).cost },
  };
}

/** Whether two recipes differ in nothing that a record is made with, but for constitution, prompts and comparisons. */
function keepsSettings(a: Recipe, b: Recipe): boolean {
  const rest = ({
    name: _name,
    constitution: _constitution,
    prompts: _prompts,
    budget: _,
    ...others
  }: Recipe) => JSON.stringify(others);
  return rest(a) === rest(b);
}
