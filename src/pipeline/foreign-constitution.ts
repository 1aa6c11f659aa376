// Constitutions of other formats from files and to files. The formats are method/constitution/exchange; no file that is there is
// written over, since people go on to edit what was written.
import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, parse } from "node:path";
import type { OnAsked } from "../method/constitution/ask.ts";
import type { Constitution } from "../method/constitution/constitution.ts";
import { type Content, contentOf } from "../method/constitution/exchange/content.ts";
import type { Beside, ForeignReading } from "../method/constitution/exchange/draft.ts";
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
import { type Dataset, describeSkipped, type Skipped } from "../method/datasets/dataset.ts";
import type { LanguageModel } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { malformedPathOf } from "./convert-dataset.ts";
import { readDemonstrations, readPreferences, readPrompts } from "./read-dataset.ts";
import { readUtf8 } from "./read-utf8.ts";

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

/** @throws UserError when a file cannot be read, is not what it should be, or has no entry that can be read */
export async function importForeign(
  files: readonly [NamedFile, ...NamedFile[]],
  { title, model, onAsked, signal, ...options }: ImportOptions,
): Promise<Imported & { readonly improved?: Improved }> {
  const [first, ...rest] = files.map(contentIn) as [Content, ...Content[]];
  const read = readForeign([first, ...rest], options);
  const names = files.map(({ shownAs }) => shownAs);
  checkUsable(read.reading, names.join(" and "));
  const asConstitution = (reading: ForeignReading): Imported => {
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

/** Places that are told where no entry can be read. */
const TOLD = 10;

function checkUsable(
  { principles, demonstrations = [], comparisons = [], malformed = [] }: ForeignReading,
  name: string,
): void {
  if (malformed.length === 0 || principles.length + demonstrations.length + comparisons.length > 0) return;
  const more = malformed.length > TOLD ? [`and ${malformed.length - TOLD} more`] : [];
  throw new UserError(
    "import-value",
    [...malformed.slice(0, TOLD).map(({ detail }) => detail), ...more]
      .map((detail) => `${name}: ${detail}`)
      .join("\n"),
    "No entry can be read as it is: put the file right, or say what it is with --from.",
  );
}

/** Files of what stands beside a constitution in some formats. */
export interface BesideFiles {
  readonly demonstrations?: NamedFile;
  readonly comparisons?: NamedFile;
  readonly prompts?: NamedFile;
}

/** A row of one of them that cannot be used. */
export interface MalformedRow extends Skipped {
  readonly file: string;
}

/** @throws UserError for a format that is only read, or a file that cannot be */
export async function exportForeign(
  constitution: Constitution,
  format: FormatName,
  { demonstrations, comparisons, prompts }: BesideFiles,
): Promise<Exported & { readonly malformed: readonly MalformedRow[] }> {
  const malformed: MalformedRow[] = [];
  const unused: string[] = [];
  const rowsOf = async <T>(
    file: NamedFile,
    read: (path: string) => Promise<Dataset<T>>,
  ): Promise<readonly T[]> => {
    const { rows, skipped } = await read(file.path);
    const [first] = skipped;
    if (first !== undefined)
      unused.push(
        `${skipped.length} of ${file.shownAs} that cannot be used (${describeSkipped(skipped)}; line ${first.line}: ${first.detail})`,
      );
    malformed.push(...skipped.map((one) => ({ file: file.shownAs, ...one })));
    return rows;
  };
  const rows = prompts === undefined ? [] : await rowsOf(prompts, readPrompts);
  const questions = rows.flatMap(({ conversation, metadata: { principle, list = "questions" } }) =>
    conversation.length === 1 && typeof principle === "string"
      ? [{ prompt: conversation[0]!.content, principle, list: String(list) }]
      : [],
  );
  const beside: Beside = {
    ...(demonstrations !== undefined && { demonstrations: await rowsOf(demonstrations, readDemonstrations) }),
    ...(comparisons !== undefined && { comparisons: await rowsOf(comparisons, readPreferences) }),
    questions,
  };
  const { text, lost } = exportConstitution(constitution, format, beside);
  const odd = rows.length - questions.length;
  if (odd > 0) unused.push(`${odd} prompts of several turns or of no principle`);
  return { text, lost: [...lost, ...unused], malformed };
}

/**
 * That every file can be written and none would be replaced, malformed entries of an earlier import included: asked before the
 * first is written, or a model is asked.
 * @throws UserError
 */
export function checkTargets(files: readonly NamedFile[]): void {
  const all = [...files, ...files.slice(0, 1).map(malformedBeside)];
  for (const [i, { path, shownAs }] of all.entries()) {
    if (all.findIndex((other) => other.path === path) < i)
      throw new UserError(
        "file-twice",
        `${shownAs}: expected a file of its own for each option, got it for two`,
        "Name another for one of them.",
      );
    if (existsSync(path)) throw cannotWrite(shownAs, true);
    if (!existsSync(dirname(path))) throw cannotWrite(shownAs, false, "its folder is not there");
  }
}

/** @throws UserError when it cannot be written, or something is there */
export function writeText({ path, shownAs }: NamedFile, text: string): void {
  try {
    writeFileSync(path, text, { flag: "wx" });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw cannotWrite(shownAs, code === "EEXIST", message, cause);
  }
}

const cannotWrite = (shownAs: string, isThere: boolean, why?: string, cause?: unknown): UserError =>
  new UserError(
    isThere ? "file-exists" : "file-unwritable",
    `${shownAs}: expected ${isThere ? "no such file yet, got one that is there" : `a file that can be written (${why})`}`,
    isThere ? "Name another, or put that one away." : "Name a file in a folder that is there.",
    { cause },
  );

/** Where entries that cannot be read go: beside what is written first. */
const malformedBeside = ({ path, shownAs }: NamedFile): NamedFile => ({
  path: malformedPathOf(path),
  shownAs: malformedPathOf(shownAs),
});

/** Keeps what could not be read, with its place and what is wrong. @returns the file, as it is shown */
export function keepMalformed(written: NamedFile, malformed: readonly Skipped[]): string {
  const file = malformedBeside(written);
  writeText(file, malformed.map((one) => `${JSON.stringify(one)}\n`).join(""));
  return file.shownAs;
}

/** Files of word processors, which hold more than text. */
const NO_TEXT = /\.(?:pdf|rtf|docx?|odt|pages)$/i;

function contentIn({ path, shownAs }: NamedFile): Content {
  const kind = NO_TEXT.exec(shownAs)?.[0];
  if (kind !== undefined)
    throw new UserError(
      "import-unreadable",
      `${shownAs}: expected JSON, JSON Lines, CSV, Markdown or plain text, got a ${kind} file`,
      "Save it as Markdown or plain text in the program that wrote it, and import that.",
    );
  const text = readUtf8(
    path,
    shownAs,
    (cause) =>
      new UserError(
        "import-unreadable",
        `${shownAs}: expected text in UTF-8, but it cannot be read (${cause.message})`,
        "Name a file of JSON, JSON Lines, CSV, Markdown or plain text.",
        { cause },
      ),
  );
  if (text.trim() !== "") return contentOf(text, shownAs);
  throw new UserError(
    "import-empty",
    `${shownAs}: expected a constitution, got an empty file`,
    "Name another.",
  );
}
