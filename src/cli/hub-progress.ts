// Downloads as a person watches them: one line that is redrawn, or, where nobody watches, one line a file.
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { parseHubId } from "../models/hub.ts";
import { fetchModel, fetchModels, type Watch } from "../pipeline/hub-models.ts";
import type { Recipe } from "../pipeline/recipe.ts";
import { bytes, duration } from "./amounts.ts";
import { interruptible } from "./interruption.ts";
import type { Terminal } from "./terminal.ts";

/** The recipe with every checkpoint of the hub on this machine. */
export const withModels = (recipe: Recipe, terminal: Terminal, signal: AbortSignal): Promise<Recipe> =>
  fetchModels(recipe, watching(terminal, signal));

/** The folder of what may be an id of the hub; where it is none, or its first half is a folder here, the path it would have. */
export async function folderOf(given: string, path: string, terminal: Terminal): Promise<string> {
  if (parseHubId(given) === undefined || existsSync(dirname(path))) return path;
  return fetchModel(given, watching(terminal, interruptible(terminal)));
}

const REDRAWN_EVERY = 200; // ms

function watching({ now, writeError, isInteractive, paint }: Terminal, signal: AbortSignal): Watch {
  let begun = { file: "", at: 0, from: 0 };
  let drawn = Number.NEGATIVE_INFINITY;
  return {
    signal,
    onProgress: (id, { file, done, total }) => {
      if (begun.file !== file) begun = { file, at: now(), from: done };
      const isDone = done === total;
      if (!isDone && (!isInteractive || now() - drawn < REDRAWN_EVERY)) return;
      drawn = now();
      const rate = (1000 * (done - begun.from)) / Math.max(1, now() - begun.at);
      const left = isDone || rate === 0 ? "" : `, ${duration((1000 * (total - done)) / rate)} left`;
      const line = `  ${paint("dim", id)} ${file}  ${bytes(done)} of ${bytes(total)}, ${bytes(rate)}/s${left}`;
      writeError(isInteractive ? `\r\u001b[K${line}${isDone ? "\n" : ""}` : `${line}\n`);
    },
  };
}
