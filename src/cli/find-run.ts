// Which run a command means: the one that is named, by its folder or its name, or else the one worked on last.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { ledgerPath } from "../ledger/ledger.ts";
import { nearestName } from "../nearest-name.ts";
import { isStudy } from "../pipeline/is-study.ts";
import { UserError } from "../user-error.ts";
import { shownPath } from "./shown-path.ts";

/**
 * How a folder ends that has a ledger and is no run: an amendment or a study is only looked at in it (pipeline/amend.ts, study.ts),
 * or it has what models said of constitutions (given-model.ts).
 */
const NO_RUN = /\.(amending|planning|answers)$/;

/** The same of a folder with results of its own: that of a study has those of many runs. */
export function findSingleRun(...of: Parameters<typeof findRun>): string {
  const directory = findRun(...of);
  if (!isStudy(directory)) return directory;
  throw new UserError(
    "is-study",
    `${directory}: expected a run, got a study`,
    `Make one of its runs by itself: charter run ${join(shownPath(directory, of[2]), "variants", "<variant>", "recipe.yaml")}`,
  );
}

/** Absolute path of a run's folder. */
export function findRun(given: string | undefined, runs: string, workingDirectory: string): string {
  const root = resolve(workingDirectory, runs);
  const names = statSync(root, { throwIfNoEntry: false })?.isDirectory()
    ? readdirSync(root).filter((name) => !NO_RUN.test(name) && existsSync(ledgerPath(join(root, name))))
    : [];
  if (given === undefined) {
    const changed = (name: string) => lastWritten(ledgerPath(join(root, name)));
    const latest = names.toSorted((a, b) => changed(b) - changed(a))[0];
    if (latest === undefined)
      throw new UserError(
        "no-run",
        `${runs}: expected a run, found none`,
        "Start one with `charter run`, or name its folder.",
      );
    return join(root, latest);
  }
  const found = [resolve(workingDirectory, given), join(root, given)].find((path) =>
    existsSync(ledgerPath(path)),
  );
  if (found !== undefined) return found;
  const near = nearestName(given, names);
  throw new UserError(
    "no-run",
    `expected the folder or name of a run, got "${given}"`,
    near !== undefined
      ? `Did you mean "${near}"?`
      : names.length > 0
        ? `Runs in ${runs}: ${names.join(", ")}.`
        : "Start one with `charter run`.",
  );
}

/**
 * When a ledger was last written to: a run at work writes to the log beside it, and into the file itself only now and then. A log
 * that is empty was left by one who only read.
 */
function lastWritten(ledger: string): number {
  const log = statSync(`${ledger}-wal`, { throwIfNoEntry: false });
  const times = [statSync(ledger), ...(log !== undefined && log.size > 0 ? [log] : [])];
  return Math.max(...times.map(({ mtimeMs }) => mtimeMs));
}
