// Models named on the command line. --model: opens the one that it names, tells how many questions are answered, keeps the answers
// for the next time, and closes it again.
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { OnAsked } from "../method/constitution/ask.ts";
import type { LanguageModel } from "../models/model.ts";
import { openSource, parseModel } from "../pipeline/given-model.ts";
import { type OpenModel, shownSource } from "../pipeline/named-model.ts";
import { remembering } from "../pipeline/remembered-model.ts";
import { openRunDirectory } from "../pipeline/run-directory.ts";
import { counted, whole } from "./amounts.ts";
import { folderOf } from "./hub-progress.ts";
import { interruptible } from "./interruption.ts";
import type { Terminal } from "./terminal.ts";

/** A model that is asked something, and how a person calls it. */
export interface Asked {
  readonly model: LanguageModel;
  readonly onAsked: OnAsked;
  readonly signal: AbortSignal;
}

/** Where answers are kept, beside the runs: a ledger, and no run (find-run.ts). */
const KEPT_IN = "constitution.answers";

/** What `use` makes of the model; undefined where none was named. */
export async function withGivenModel<T>(
  given: string | undefined,
  terminal: Terminal,
  use: (asked: Asked) => Promise<T>,
): Promise<{ readonly name: string; readonly result: T } | undefined> {
  if (given === undefined) return undefined;
  const signal = interruptible(terminal);
  const { isInteractive, writeError, workingDirectory, now } = terminal;
  const { name, model } = await openGiven(given, "--model", terminal);
  try {
    using kept = openRunDirectory(join(workingDirectory, "runs", KEPT_IN));
    const onAsked: OnAsked = (done, total) => {
      if (isInteractive)
        writeError(
          `\r\u001b[K${done < total ? `  ${whole(done)} of ${counted(total, "question")} answered` : ""}`,
        );
    };
    const { path: directory, ledger } = kept;
    const asked = remembering(model, { ledger, directory, emit: () => {}, signal, now, device: "cpu" });
    return { name, result: await use({ model: asked, onAsked, signal }) };
  } finally {
    await model.close();
  }
}

/**
 * The model that an argument names: a folder, an id of the hub, or an endpoint in YAML.
 * @throws UserError when it cannot be opened, or is a preference model
 */
export async function openGiven(
  given: string,
  option: string,
  terminal: Terminal,
): Promise<{ readonly name: string; readonly model: OpenModel }> {
  const named = parseModel(given, option);
  if (typeof named !== "string")
    return { name: shownSource(named), model: await openSource(named, terminal.now) };
  const path = resolve(terminal.workingDirectory, named);
  const folder = existsSync(path) ? path : await folderOf(named, path, terminal);
  return { name: named, model: await openSource(folder, terminal.now) };
}
