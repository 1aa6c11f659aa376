// charter pretrain town: makes the helpful-only model of the make-believe town from nothing. Asked again after an interruption,
// it goes on from the last state.
import { resolve } from "node:path";
import { openHost } from "../models/local.ts";
import { PRETRAINING } from "../town/pretrain.ts";
import { pretrainTo } from "../town/pretrain-to.ts";
import { interruptible } from "./interruption.ts";
import { createRenderer } from "./render.ts";
import { shownPath } from "./shown-path.ts";
import type { Terminal } from "./terminal.ts";

export interface PretrainOptions {
  readonly to: string;
  readonly seed?: string;
  readonly tokens?: number;
  readonly json?: boolean;
}

export async function pretrainTown(options: PretrainOptions, terminal: Terminal): Promise<number> {
  const { workingDirectory, now } = terminal;
  const directory = resolve(workingDirectory, options.to);
  const settings = {
    ...PRETRAINING,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.tokens === undefined ? {} : { tokens: options.tokens }),
  };
  const renderer = createRenderer(
    terminal,
    options.json ? "json" : terminal.isInteractive ? "block" : "lines",
  );
  const { emit } = renderer;
  const stage = "pretraining";
  const host = await openHost({});
  const begun = now();
  let before: number | undefined;
  try {
    emit({ kind: "run-start", name: "pretraining of the town's model", directory });
    for await (const { point, metrics } of pretrainTo(directory, host, settings, interruptible(terminal))) {
      const done = Math.min(point.tokens, settings.tokens);
      if (before === undefined) {
        before = point.step === 1 ? 0 : done;
        const title = "Pretraining on the town's documents";
        emit({ kind: "stage-start", stage, title, total: settings.tokens, unit: "token", reused: before });
      } else emit({ kind: "stage-progress", stage, done, total: settings.tokens, metrics });
    }
    const ms = now() - begun;
    emit({ kind: "stage-end", stage, ms, done: settings.tokens, reused: before ?? 0 });
    emit({ kind: "run-end", name: stage, directory, ms });
  } finally {
    renderer.close();
    await host.close();
  }
  if (!options.json)
    terminal.write(`Next:\n  ${terminal.call} chat ${shownPath(directory, workingDirectory)}\n`);
  return 0;
}
