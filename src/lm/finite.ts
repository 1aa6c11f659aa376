// Weights that are numbers.

import type { Tensor } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";

/** A training that diverged leaves weights that are no numbers, and every answer of theirs would be noise. */
export function checkFinite(path: string, name: string, { data }: Tensor): void {
  const astray = data.findIndex((weight) => !Number.isFinite(weight));
  if (astray < 0) return;
  throw new UserError(
    "checkpoint-not-finite",
    `${path}: ${name}: expected finite weights, got ${data[astray]} at place ${astray}`,
    "the training that wrote it diverged, or the file is damaged: use an earlier checkpoint or fetch it again",
  );
}
