// Where a training stands between two states that the ledger remembers: kept beside the ledger, in paused/, when it is interrupted
// and every ten minutes, so that neither Ctrl-C nor a crash costs more, however slow its turns are. No part of any result: the
// ledger ends as it would without, whether a point was kept or not.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { canonicalJson, type Json } from "../ledger/canonical-json.ts";
import { explainStorageError } from "../ledger/storage-error.ts";
import { writeDurably } from "../lm/write-folder.ts";
import type { Metrics, TrainableModel } from "../models/model.ts";
import type { Run } from "./perform.ts";
import { readDerived } from "./run-directory.ts";
import type { Turn } from "./training.ts";

/** What a crash costs at most, beside the turn under way. Writing weights and moments of some GB takes half a minute. */
export const POINT_EVERY_MS = 600_000;

export interface TrainingPoint {
  /** Key of the state that the training is on its way to, which tells the training and the states before. */
  readonly towards: string;
  readonly turn: number;
  readonly carry: Json;
  /** Metrics and records of the turns since the last state. */
  readonly history: readonly Metrics[];
  readonly records: Turn["records"];
}

/** A point as it is kept: with the file of each model's weights and moments. */
export interface KeptPoint extends TrainingPoint {
  readonly files: Readonly<Record<string, string>>;
}

const folderOf = ({ directory }: Pick<Run, "directory">): string => join(directory, "paused");
const POINT = "point.json";

/** Writes where a training stands, in place of what was kept before. Forced to disk. */
export async function keepPoint(
  run: Run,
  models: Readonly<Record<string, TrainableModel>>,
  point: TrainingPoint,
): Promise<void> {
  const folder = folderOf(run);
  try {
    mkdirSync(folder, { recursive: true });
    const files: Record<string, string> = {};
    for (const [name, model] of Object.entries(models)) {
      // Named for the point, so that a crash before it is written leaves the one before it whole.
      files[name] = `${point.towards.slice(0, 12)}-${point.turn}-${name}.safetensors`;
      await model.saveState(join(folder, files[name]));
    }
    const kept: KeptPoint = { ...point, files };
    const fresh = join(folder, `${POINT}.writing`);
    await writeDurably(fresh, new TextEncoder().encode(canonicalJson(kept as unknown as Json)));
    renameSync(fresh, join(folder, POINT));
    const ours = new Set([POINT, ...Object.values(files)]);
    for (const name of readdirSync(folder)) if (!ours.has(name)) rmSync(join(folder, name));
  } catch (error) {
    throw explainStorageError(error, folder);
  }
}

/** The point on the way to a state, if one was kept; its files as paths. */
export function keptPoint(run: Run, towards: string): KeptPoint | undefined {
  const folder = folderOf(run);
  const point = readDerived<KeptPoint>(join(folder, POINT));
  if (point?.towards !== towards) return undefined;
  const files = Object.entries(point.files).map(([name, file]) => [name, join(folder, file)] as const);
  return files.every(([, path]) => existsSync(path))
    ? { ...point, files: Object.fromEntries(files) }
    : undefined;
}

/** Frees what was kept: a later state has replaced it. */
export const dropPoint = (run: Pick<Run, "directory">): void =>
  rmSync(folderOf(run), { recursive: true, force: true });
