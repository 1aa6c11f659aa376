// Checkpoints as entries: files in Hugging Face layout kept as blobs, laid out under checkpoints/<stage>/ for people and for
// other tools. A model's answers are remembered under its id, which is the hash of what is in those files.
import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { blobPath, hasBlob, holdsBlob, moveToBlob } from "../ledger/blobs.ts";
import { type Json, stepKey } from "../ledger/ledger.ts";
import { explainStorageError } from "../ledger/storage-error.ts";
import { nameBase, standsOn } from "../lm/adapter-checkpoint.ts";
import { identifyCheckpoint, MODEL_FILES } from "../lm/checkpoint.ts";
import type { Metrics, TrainableModel } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { layOutNote } from "./find-record.ts";
import { type Parent, type Run, recordOne } from "./perform.ts";
import { type Settings, settingsEntry } from "./settings.ts";
import type { Trained } from "./training.ts";

/** A model on disk, and the ledger entry that says how it came to be. */
export interface Checkpoint {
  /** Id of the ledger entry. */
  readonly id: string;
  readonly stage: string;
  readonly directory: string;
  /** Hash of weights, tokenizer and configuration. */
  readonly modelId: string;
}

interface CheckpointBody {
  readonly stage: string;
  readonly modelId: string;
  /** File name to blob. */
  readonly files: Readonly<Record<string, string>>;
  readonly history: readonly Metrics[];
}

/** Records a checkpoint that the run did not make: the policy it starts from. */
export async function importCheckpoint(run: Run, stage: string, directory: string): Promise<Checkpoint> {
  const modelId = await identifyCheckpoint(directory);
  const key = stepKey({ kind: "imported-checkpoint", stage, modelId });
  const { id } = recordOne(run.ledger, key, { kind: "checkpoint", body: { stage, modelId }, parents: [] });
  return { id, stage, directory, modelId };
}

/** Saves a trained model, keeps its files as blobs and writes its entry. */
export async function keepCheckpoint(
  run: Run,
  made: {
    readonly stage: string;
    readonly key: string;
    readonly model: TrainableModel;
    /** Folder of the checkpoint that the training started from. */
    readonly start: string;
    readonly history: readonly Metrics[];
    readonly parents: readonly Parent[];
    readonly settings: Settings;
  },
): Promise<Trained> {
  const { stage, key, model, start, history, parents, settings } = made;
  const { modelId, files } = await keepFiles(run, stage, model);
  const body: CheckpointBody = { stage, modelId, files, history };
  const written = { kind: "checkpoint", body: body as unknown as Json, parents };
  const entry = recordOne(run.ledger, key, written, [settingsEntry(stage, settings)]);
  const checkpoint = await layOut(run, entry.id, body, start);
  // As the ledger returns it, so that a run and its repetition see the same, to the order of keys.
  return { checkpoint, history: (entry.body as unknown as CheckpointBody).history };
}

/** Saves a model and keeps its files as blobs. */
async function keepFiles(
  run: Run,
  stage: string,
  model: TrainableModel,
): Promise<Pick<CheckpointBody, "modelId" | "files">> {
  const fresh = join(run.directory, "checkpoints", `.${stage}.saving`);
  try {
    await rm(fresh, { recursive: true, force: true });
    await model.save(fresh);
    const modelId = await identifyCheckpoint(fresh);
    await nameBase(fresh, null);
    const files: Record<string, string> = {};
    for (const name of (await readdir(fresh)).sort())
      files[name] = moveToBlob(run.directory, join(fresh, name));
    await rm(fresh, { recursive: true, force: true });
    return { modelId, files };
  } catch (error) {
    throw explainStorageError(error, fresh);
  }
}

/** The checkpoint remembered under a key, laid out again where its folder does not hold it. */
export async function recalledCheckpoint(run: Run, key: string, start: string): Promise<Trained | undefined> {
  const entry = run.ledger.recall(key)?.[0];
  if (entry === undefined) return undefined;
  const body = entry.body as unknown as CheckpointBody;
  return { checkpoint: await layOut(run, entry.id, body, start), history: body.history };
}

/**
 * Sees to it that checkpoints/<stage>/ holds the files, by copies: what a person does there never touches the blobs. What else
 * they put there is left alone, unless it would be read as a part of the model. Where adapters' base lies is known to the run,
 * not to the ledger: else every id would depend on the folder that the project is in.
 */
async function layOut(run: Run, id: string, body: CheckpointBody, start: string): Promise<Checkpoint> {
  const { stage, modelId, files } = body;
  const directory = join(run.directory, "checkpoints", stage);
  const laidOut = { id, stage, directory, modelId };
  if (run.missing !== undefined) return laidOut; // nobody opens it in a preview
  const fresh = join(run.directory, "checkpoints", `.${stage}.laying-out`);
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    await takeBack(run, body, directory, fresh);
    const others = Object.entries(files).filter(([name, blob]) => !holdsBlob(join(directory, name), blob));
    for (const [name, blob] of others) await copyFile(blobPath(run.directory, blob), join(fresh, name));
    await nameBase(fresh, await standsOn(start));
    await mkdir(directory, { recursive: true });
    for (const name of await readdir(directory))
      if (MODEL_FILES.has(name) && !(name in files)) await rm(join(directory, name), { recursive: true });
    for (const [name] of others) await rename(join(fresh, name), join(directory, name));
    await writeFile(layOutNote(run.directory, stage), id);
    await rm(fresh, { recursive: true, force: true });
  } catch (error) {
    throw explainStorageError(error, directory);
  }
  return laidOut;
}

/** Blobs that were deleted, as to save room, are taken back from the folder for people where it still holds their bytes. */
async function takeBack(
  run: Run,
  { stage, files }: CheckpointBody,
  directory: string,
  fresh: string,
): Promise<void> {
  const gone = Object.entries(files).filter(([, blob]) => !hasBlob(run.directory, blob));
  for (const [name] of gone)
    if (existsSync(join(directory, name))) await copyFile(join(directory, name), join(fresh, name));
  await nameBase(fresh, null);
  for (const [name, blob] of gone) {
    if (!holdsBlob(join(fresh, name), blob))
      throw new UserError(
        "blob-gone",
        `${blobPath(run.directory, blob)}: expected ${name} of ${stage}, got no such file, and ${join(directory, name)} does not hold its bytes either`,
        "Put either file back from a copy; or make the run anew under another name with --name.",
      );
    moveToBlob(run.directory, join(fresh, name));
  }
}
