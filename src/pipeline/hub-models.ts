// Checkpoints that a recipe names by their id on the Hugging Face hub, fetched before a run into folders. The folder's path holds
// the commit, so a recipe that is written down is pinned to it.
import { fetchCheckpoint, hubOf, parseHubId } from "../models/hub.ts";
import type { DownloadProgress } from "../models/hub-download.ts";
import type { Recipe } from "./recipe.ts";

/** What a download tells whoever watches. */
export interface Watch {
  readonly onProgress: (id: string, progress: DownloadProgress) => void;
  readonly signal: AbortSignal;
}

/** How a recipe that has been read names a checkpoint of the hub. */
const MARK = "huggingface-hub:";

/** The mark of an id, for `fetchModels` to find. */
export const markedHubId = (id: string): string => MARK + id;

/**
 * The recipe with a folder in place of every id of the hub.
 * @throws UserError when one cannot be had
 */
export async function fetchModels(recipe: Recipe, watch: Watch): Promise<Recipe> {
  const ids = new Set(JSON.stringify(recipe).match(/(?<=")huggingface-hub:[^"]+(?=")/g));
  if (ids.size === 0) return recipe;
  const folders = new Map<string, string>();
  for (const id of ids) folders.set(id, await fetchModel(id.slice(MARK.length), watch));
  const copies = new Map<object, object>(); // what was one object stays one
  const placed = (value: unknown): unknown => {
    if (typeof value === "string") return folders.get(value) ?? value;
    if (typeof value !== "object" || value === null) return value;
    const copy = copies.get(value) ?? (Array.isArray(value) ? [] : {});
    if (copies.has(value)) return copy;
    copies.set(value, copy);
    for (const [key, member] of Object.entries(value)) Object.assign(copy, { [key]: placed(member) });
    return copy;
  };
  return placed(recipe) as Recipe;
}

/** The folder of a checkpoint by its id. */
export const fetchModel = (id: string, { onProgress, signal }: Watch): Promise<string> =>
  fetchCheckpoint(parseHubId(id)!, hubOf(process.env), {
    onProgress: (progress) => onProgress(id, progress),
    signal,
  });
