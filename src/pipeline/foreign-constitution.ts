// Constitutions of other formats from files and to files. The formats are method/constitution/exchange; nothing that is there is
// overwritten by an import, since people go on to edit what it wrote.
import { readFileSync, writeFileSync } from "node:fs";
import { basename, parse } from "node:path";
import type { OnAsked } from "../method/constitution/ask.ts";
import type { Constitution } from "../method/constitution/constitution.ts";
import { type Content, contentOf } from "../method/constitution/exchange/content.ts";
import type { Beside, Reading } from "../method/constitution/exchange/draft.ts";
import {
  type Exported,
  exportConstitution,
  type Imported,
  named,
  readForeign,
} from "../method/constitution/exchange/exchange.ts";
import type { FormatName } from "../method/constitution/exchange/format-names.ts";
import { type Improved, improveSplit } from "../method/constitution/prose/improve.ts";
import { readingOfSplit, splitProse } from "../method/constitution/prose/split.ts";
import type { LanguageModel } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { readDemonstrations, readPreferences, readPrompts } from "./read-dataset.ts";

/** A file, and its name as the user wrote it. */
export interface NamedFile {
  readonly path: string;
  readonly shownAs: string;
}

export interface ImportOptions {
  readonly from?: FormatName;
  readonly title?: string;
  readonly consensus?: number;
  /** Goes over the split of prose. */
  readonly model?: LanguageModel;
  readonly onAsked?: OnAsked;
  readonly signal?: AbortSignal;
}

/** @throws UserError when a file cannot be read, or is not what it should be */
export async function importForeign(
  files: readonly [NamedFile, ...NamedFile[]],
  { title, model, onAsked, signal, ...options }: ImportOptions,
): Promise<Imported & { readonly improved?: Improved }> {
  const [first, ...rest] = files.map(contentIn) as [Content, ...Content[]];
  const read = readForeign([first, ...rest], options);
  const names = files.map(({ shownAs }) => shownAs);
  const asConstitution = (reading: Reading): Imported => {
    const own = title === undefined ? reading : { ...reading, title };
    const source = names.map((name) => basename(name)).join(" and ");
    return named({ format: read.format, reading: own }, source, parse(names[0]!).name);
  };
  if (model === undefined) return asConstitution(read.reading);
  if (read.format !== "markdown")
    throw new UserError(
      "import-model",
      `${names.join(" and ")}: expected Markdown or plain text for --model, got ${read.format}, whose principles are told apart already`,
      "Leave --model out, and ask it afterwards: charter constitution check <file> --model ...",
    );
  const improved = await improveSplit(model, splitProse(first.text), onAsked, signal);
  return { ...asConstitution(readingOfSplit(improved.split, first.text)), improved };
}

/** Files of what stands beside a constitution in some formats. */
export interface BesideFiles {
  readonly demonstrations?: string;
  readonly comparisons?: string;
  readonly prompts?: string;
}

/** @throws UserError for a format that is only read, or a file that cannot be */
export async function exportForeign(
  constitution: Constitution,
  format: FormatName,
  files: BesideFiles,
): Promise<Exported> {
  const { demonstrations, comparisons, prompts } = files;
  const rows = prompts === undefined ? [] : (await readPrompts(prompts)).rows;
  const questions = rows.flatMap(({ conversation, metadata: { principle, list = "questions" } }) =>
    conversation.length === 1 && typeof principle === "string"
      ? [{ prompt: conversation[0]!.content, principle, list: String(list) }]
      : [],
  );
  const beside: Beside = {
    ...(demonstrations !== undefined && { demonstrations: (await readDemonstrations(demonstrations)).rows }),
    ...(comparisons !== undefined && { comparisons: (await readPreferences(comparisons)).rows }),
    questions,
  };
  const { text, lost } = exportConstitution(constitution, format, beside);
  const odd = rows.length - questions.length;
  return { text, lost: odd === 0 ? lost : [...lost, `${odd} prompts of several turns or of no principle`] };
}

/** @throws UserError when it cannot be written, or `isNew` and something is there */
export function writeText({ path, shownAs }: NamedFile, text: string, isNew = false): void {
  try {
    writeFileSync(path, text, { flag: isNew ? "wx" : "w" });
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === "EEXIST";
    throw new UserError(
      isThere ? "file-exists" : "file-unwritable",
      `${shownAs}: expected ${isThere ? "no such file yet, got one that is there" : `a file that can be written (${(cause as Error).message})`}`,
      isThere ? "Name another, or put that one away." : "Name a file in a folder that is there.",
      { cause },
    );
  }
}

function contentIn({ path, shownAs }: NamedFile): Content {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
    if (text.trim() !== "") return contentOf(text, shownAs);
  } catch (cause) {
    throw new UserError(
      "import-unreadable",
      `${shownAs}: expected text in UTF-8, but it cannot be read (${(cause as Error).message})`,
      "Name a file of JSON, JSON Lines, CSV, Markdown or plain text.",
      { cause },
    );
  }
  throw new UserError(
    "import-empty",
    `${shownAs}: expected a constitution, got an empty file`,
    "Name another.",
  );
}
