// charter import <file>: a data file of any known shape as JSONL in our own, with what was left out and what had no place.
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { describeCounts } from "../method/datasets/dataset.ts";
import type { Purpose } from "../method/datasets/shapes.ts";
import { convertDataset, malformedPathOf } from "../pipeline/convert-dataset.ts";
import { UserError } from "../user-error.ts";
import { counted, whole } from "./amounts.ts";
import { interruptible } from "./interruption.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";
import { paragraph } from "./wrap.ts";

interface ImportOptions {
  readonly to: string;
  readonly as?: Purpose;
  readonly annotator?: string;
  readonly json?: boolean;
}

export async function importDataset(
  file: string,
  options: ImportOptions,
  terminal: Terminal,
): Promise<number> {
  const { write, writeError, isInteractive, paint, workingDirectory } = terminal;
  const [from, to] = [file, options.to].map((path) => resolve(workingDirectory, path)) as [string, string];
  checkTarget(from, to, options.to);
  const { as: purpose, annotator } = options;
  const redraw = (text: string) => isInteractive && writeError(`\r\u001b[K${text}`);
  const onProgress = (read: number) => redraw(`  ${paint("dim", `${whole(read)} rows`)}`);
  const done = await unlessStopped(terminal, (signal) =>
    convertDataset(from, to, { purpose, annotator, onProgress, signal }),
  );
  redraw("");
  if (done === null) {
    writeError("Stopped: nothing was written. The same command begins anew.\n");
    return 130;
  }
  const { counts, first, left, rows } = done;
  if (options.json) {
    const maps = { counts: Object.fromEntries(counts), left: Object.fromEntries(left) };
    write(`${JSON.stringify({ file, to: options.to, ...done, ...maps })}\n`);
    return 0;
  }
  const note = (text: string) =>
    write(`${paint("yellow", "!")} ${paragraph(text, terminal, "  ").trimStart()}`);
  const what = counted(rows, done.purpose.slice(0, -1));
  write(`${paint("green", "✓")} ${options.to}  ${what} of ${basename(file)}\n`);
  if (left.size > 0) {
    const parts = [...left].map(([part, times]) => `${part} (${counted(times, "row")})`);
    note(`not kept, for want of a place: ${parts.join("; ")}`);
  }
  if (first !== undefined) {
    const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
    const kept = shownPath(done.malformedFile!, workingDirectory);
    note(
      `${counted(total, "row")} left out (${describeCounts(counts)}), kept in ${kept}; the first is line ${first.line}: ${first.detail}`,
    );
  }
  return 0;
}

/** Null where Ctrl-C stopped it, so that half a file is taken away before the process ends. */
async function unlessStopped<T>(
  terminal: Terminal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | null> {
  const signal = interruptible(terminal, "Stopping. What was written so far is taken away.");
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

/** That nothing would be written over: neither the file read nor any that is there, malformed rows of an earlier import included. */
function checkTarget(from: string, to: string, shown: string): void {
  if (from === to || from === malformedPathOf(to))
    throw new UserError(
      "import-target",
      `--to: expected a name that does not write over the file read, got ${shown}`,
      "Name a new one.",
    );
  for (const [path, as] of [
    [to, shown],
    [malformedPathOf(to), malformedPathOf(shown)],
  ] as const)
    if (existsSync(path))
      throw new UserError(
        "file-exists",
        `${as}: expected no such file yet, got one that is there`,
        "Name another, or put that one away.",
      );
  if (!to.endsWith(".jsonl"))
    throw new UserError(
      "import-target",
      `--to: expected a name that ends in .jsonl, got ${shown}`,
      "What is written is JSONL, as it is: name it so, and compress it afterwards.",
    );
}
