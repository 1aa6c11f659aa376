// The figures of a run that has come to its end.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseResults, type Results } from "../method/evaluation/results.ts";
import { UserError } from "../user-error.ts";

/** @throws UserError where the run has not come to its end, or its results are of another version */
export function resultsIn(directory: string): Results {
  const path = join(directory, "results.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(
      "run-unfinished",
      `${directory}: expected a run that has come to its end, got one without results.json`,
      "Finish it first, with the command that began it.",
      { cause },
    );
  }
  return parseResults(text, path);
}
