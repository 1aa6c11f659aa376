// --model: opens the model that it names, tells how many questions are answered, and closes it again.
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { OnAsked } from "../method/constitution/ask.ts";
import type { LanguageModel } from "../models/model.ts";
import { openSource, parseModel } from "../pipeline/given-model.ts";
import { shownSource } from "../pipeline/named-model.ts";
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

/** What `use` makes of the model; undefined where none was named. */
export async function withGivenModel<T>(
  given: string | undefined,
  terminal: Terminal,
  use: (asked: Asked) => Promise<T>,
): Promise<{ readonly name: string; readonly result: T } | undefined> {
  if (given === undefined) return undefined;
  const named = parseModel(given, "--model");
  const source = typeof named === "string" ? await placeOf(named, terminal) : named;
  const signal = interruptible(terminal);
  const model = await openSource(source, terminal.now);
  try {
    const { isInteractive, writeError } = terminal;
    const onAsked: OnAsked = (done, total) => {
      if (isInteractive)
        writeError(
          `\r\u001b[K${done < total ? `  ${whole(done)} of ${counted(total, "question")} answered` : ""}`,
        );
    };
    const name = typeof named === "string" ? named : shownSource(named);
    return { name, result: await use({ model, onAsked, signal }) };
  } finally {
    await model.close();
  }
}

async function placeOf(given: string, terminal: Terminal): Promise<string> {
  const path = resolve(terminal.workingDirectory, given);
  return existsSync(path) ? path : folderOf(given, path, terminal);
}
