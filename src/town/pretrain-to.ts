// `charter pretrain town`: from nothing to a checkpoint folder. Keeps its state beside the folder, so that the same command
// goes on after an interruption and ends with the same bytes.
import { readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { seed } from "../engine/random.ts";
import { readCheckpoint, tokenizerBytes, writeCheckpoint } from "../lm/checkpoint.ts";
import { parseConfig } from "../lm/config-json.ts";
import { initialize } from "../lm/initialize.ts";
import { checkNothingThere, jsonBytes, writeDurably } from "../lm/write-folder.ts";
import type { Metrics, ModelHost } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import {
  PRETRAINING_START,
  type PretrainingOptions,
  type PretrainingPoint,
  pretrain,
  TOWN_CONFIG,
  trainTownTokenizer,
} from "./pretrain.ts";

/** Steps between two states on disk: what an interruption costs at most. */
const STATE_EVERY = 250;

/**
 * Pretrains into a folder; yields after each optimiser step.
 *
 * @param directory where the checkpoint goes, in Hugging Face layout with float16 weights
 */
export async function* pretrainTo(
  directory: string,
  host: ModelHost,
  options: PretrainingOptions,
  signal: AbortSignal,
): AsyncGenerator<{ readonly point: PretrainingPoint; readonly metrics: Metrics }> {
  checkNothingThere(directory, directory);
  const workshop = `${directory}.pretraining`;
  const start = join(workshop, "start");
  const pointFile = join(workshop, "point.json");
  const from = await readPoint(pointFile, options);
  if (from.step === 0) await writeStart(start, options);
  const { tokenizer, tokenizerFiles } = await readCheckpoint(start);
  const model = await host.open(start);
  if (from.step > 0) await model.loadState(join(workshop, `state-${from.step}.safetensors`));
  const keep = async (point: PretrainingPoint) => {
    // The point names its state, so a crash between the two writes leaves the older pair whole.
    await model.saveState(join(workshop, `state-${point.step}.safetensors`));
    const older = await readPoint(pointFile, options);
    await writeDurably(`${pointFile}.writing`, jsonBytes({ options, point }));
    await rename(`${pointFile}.writing`, pointFile);
    if (older.step !== point.step)
      await rm(join(workshop, `state-${older.step}.safetensors`), { force: true });
  };
  for await (const done of pretrain(model, tokenizer, options, from)) {
    yield done;
    if (done.point.step % STATE_EVERY === 0 || signal.aborted) await keep(done.point);
    signal.throwIfAborted();
  }
  const trained = join(workshop, "trained");
  await model.save(trained);
  await model.close();
  const { tensors } = await readCheckpoint(trained);
  await writeCheckpoint(directory, { config: TOWN_CONFIG, tensors, tokenizerFiles, dtype: "F16" });
  await rm(pointFile); // first, so that whatever else a kill leaves is begun anew
  await rm(workshop, { recursive: true, force: true });
}

/**
 * Where an interrupted pretraining stands; the start where there is none, or where a loss of power has emptied the file of an
 * earlier version. Refuses to go on under other settings.
 */
export async function readPoint(file: string, options: PretrainingOptions): Promise<PretrainingPoint> {
  const text = await readFile(file, "utf8").catch(() => "");
  if (text === "") return PRETRAINING_START;
  const kept: { readonly options?: PretrainingOptions; readonly point: PretrainingPoint } = JSON.parse(text);
  const settings = (of: PretrainingOptions | undefined) => JSON.stringify(of ?? "unknown settings");
  if (settings(kept.options) === settings(options)) return kept.point;
  throw new UserError(
    "other-pretraining",
    `${file}: expected a pretraining with ${settings(options)}, got one with ${settings(kept.options)}`,
    `Use the settings it was begun with, or remove ${dirname(file)} to begin anew.`,
  );
}

/** The tokenizer and the seeded weights that training starts from. */
async function writeStart(directory: string, options: PretrainingOptions): Promise<void> {
  const from = seed(options.seed);
  await rm(directory, { recursive: true, force: true });
  const tensors = initialize(parseConfig(TOWN_CONFIG), "vocabulary", from.child("weights"));
  await writeCheckpoint(directory, {
    config: TOWN_CONFIG,
    tensors,
    tokenizerFiles: tokenizerBytes(trainTownTokenizer(from)),
  });
}
