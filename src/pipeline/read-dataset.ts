// Data sets from files, in memory, as a run needs them. A file none of whose rows can be used is the user's mistake and says why.
// What files are is known to dataset-file.ts, what rows look like to method/datasets.
import {
  countReasons,
  type Dataset,
  describeCounts,
  type RowReader,
  readRow,
  type Skipped,
} from "../method/datasets/dataset.ts";
import { DEMONSTRATIONS, type DemonstrationRow } from "../method/datasets/demonstrations.ts";
import { type PreferenceRow, preferences } from "../method/datasets/preferences.ts";
import { PROMPTS, type PromptRow } from "../method/datasets/prompts.ts";
import type { SkipReason } from "../method/datasets/row.ts";
import type { Purpose } from "../method/datasets/shapes.ts";
import { UserError } from "../user-error.ts";
import { rowsOf } from "./dataset-file.ts";

export type { Dataset } from "../method/datasets/dataset.ts";

/** How many usable rows are read, from the first on; rows after them are not looked at. */
type Count = number | "all";

/** Prompts of a file. @throws UserError when the file cannot be read or has no usable row */
export const readPrompts = (file: string, count: Count = "all"): Promise<Dataset<PromptRow>> =>
  readWith(file, PROMPTS, "prompts", count);

/** Labelled comparisons of a file. @throws UserError as `readPrompts` */
export const readPreferences = (file: string, count: Count = "all"): Promise<Dataset<PreferenceRow>> =>
  readWith(file, preferences(), "preferences", count);

/**
 * Labelled comparisons to be shown to a feedback model.
 * @throws UserError as `readPrompts`, and for one whose better answer is not told, or that lacks the reasons asked for
 */
export const readShownComparisons =
  (withReasons: boolean) =>
  async (file: string, count: Count = "all"): Promise<Dataset<PreferenceRow>> => {
    const read = await readPreferences(file, count);
    for (const [i, { probability, metadata }] of read.rows.entries()) {
      const { reasoning, chosen_option: option } = metadata;
      const refuse = (expected: string, got: string, hint: string): never => {
        throw new UserError(
          "demonstration-unfit",
          `${file}: expected ${expected}, got ${got} in comparison ${i + 1}`,
          hint,
        );
      };
      if (probability <= 0.5)
        refuse(
          "a better answer in every comparison that is shown",
          `chosen_prob ${probability}`,
          "Leave ties out, and exchange the answers where the rejected one is the better.",
        );
      if (!withReasons) continue;
      if (typeof reasoning !== "string")
        refuse(
          "a reasoning in every comparison that is shown, since the feedback model is to reason first",
          "none",
          'Write "reasoning": "…" in each row, or set feedback.mode to direct.',
        );
      if (/\([AB]\)/.test(String(reasoning)) && option !== "A" && option !== "B")
        refuse(
          "the option that was chosen, since the reasoning names options",
          "none",
          'Write "chosen_option": "A" or "B" in each such row.',
        );
    }
    return read;
  };

/** Demonstrations of a file. @throws UserError as `readPrompts` */
export const readDemonstrations = (file: string, count: Count = "all"): Promise<Dataset<DemonstrationRow>> =>
  readWith(file, DEMONSTRATIONS, "demonstrations", count);

/** A row to write where a file has none. */
const EXAMPLES: Readonly<Record<Purpose, string>> = {
  prompts: '{"prompt": [{"role": "user", "content": "…"}]}',
  preferences: '{"prompt": "…", "chosen": "…", "rejected": "…"}',
  demonstrations: '{"prompt": "…", "response": "…", "critique": "…", "revision": "…"}',
};

async function readWith<T>(
  file: string,
  reader: RowReader<T>,
  purpose: Purpose,
  count: Count,
): Promise<Dataset<T>> {
  const rows: T[] = [];
  const skipped: Skipped[] = [];
  for await (const source of rowsOf(file)) {
    for (const outcome of readRow(source, reader)) {
      if ("skipped" in outcome) skipped.push(outcome.skipped);
      else if (rows.length !== count) rows.push(outcome.row);
    }
    if (rows.length === count) break;
  }
  if (rows.length === 0)
    throw nothingUsable(file, purpose, { counts: countReasons(skipped), first: skipped[0] });
  return { rows, skipped };
}

export function nothingUsable(file: string, purpose: Purpose, { counts, first }: Malformed): UserError {
  const rows = counts.values().reduce((sum, count) => sum + count, 0);
  const got =
    first === undefined
      ? "an empty file"
      : `none in ${rows} (${describeCounts(counts)}; line ${first.line}: ${first.detail})`;
  return new UserError(
    "dataset-empty",
    `${file}: expected at least one usable row, got ${got}`,
    `write one JSON object a line, such as ${EXAMPLES[purpose]}`,
  );
}

/** Rows that cannot be used: how many for each reason, and the first of them. */
export interface Malformed {
  readonly counts: ReadonlyMap<SkipReason, number>;
  readonly first: Skipped | undefined;
}
