// The formats that constitutions come in and go out in, as a table: how a file of each is known, how it is read, and how it is
// written. A new format is a row.
import type { Constitution } from "../constitution.ts";
import { readingOfSplit, splitProse } from "../prose/split.ts";
import {
  isConstitutionalEvals,
  readConstitutionalEvals,
  writeConstitutionalEvals,
} from "./constitutional-evals.ts";
import type { Content } from "./content.ts";
import type { Beside, ForeignReading } from "./draft.ts";
import {
  readPaperComparisonFewShot,
  readPaperFewShot,
  writePaperComparisonFewShot,
  writePaperFewShot,
} from "./few-shot.ts";
import type { FormatName } from "./format-names.ts";
import {
  readHuggingFace,
  readPaperComparisons,
  readPaperInstructions,
  writeHuggingFace,
  writePaperComparisons,
  writePaperInstructions,
} from "./instructions.ts";
import { writeMarkdown } from "./markdown.ts";
import { isPolis, readPolis } from "./polis.ts";
import { readTraits, writeTraits } from "./traits.ts";

/** What a reader may be told. */
export interface ReadOptions {
  /** Least consensus of every group, from 0 to 1 (polis). */
  readonly consensus?: number;
}

interface Format {
  /** In words, for messages. */
  readonly what: string;
  readonly isIt: (content: Content) => boolean;
  readonly read: (content: Content, options: ReadOptions) => ForeignReading;
  readonly write?: (constitution: Constitution, beside: Beside) => string;
  /** What it holds in place of principles. */
  readonly needs?: keyof Beside;
}

/** The rows are tried in order; Markdown or plain text is what nothing else is. */
export const FORMATS: { readonly [F in FormatName]: Format } = {
  "hugging-face": {
    what: "critic and revision pairs, as on Hugging Face",
    isIt: ({ json }) => has(json, "constitutions"),
    read: readHuggingFace,
    write: writeHuggingFace,
  },
  "paper-few-shot": {
    what: "the paper's demonstrations of critique and revision",
    isIt: ({ json }) => isList(json, (row) => typeof row === "string" && row.includes("CritiqueRequest:")),
    read: readPaperFewShot,
    write: writePaperFewShot,
    needs: "demonstrations",
  },
  "paper-comparisons": {
    what: "the paper's comparison instructions",
    isIt: ({ json }) => isList(json, (row) => typeof row === "string"),
    read: readPaperComparisons,
    write: writePaperComparisons,
  },
  "paper-comparison-few-shot": {
    what: "the paper's comparisons shown as examples",
    isIt: ({ json }) => isList(json, (row) => has(row, "prompt") && !has(row, "edit_request")),
    read: readPaperComparisonFewShot,
    write: writePaperComparisonFewShot,
    needs: "comparisons",
  },
  "constitutional-evals": {
    what: "Constitutional-Evals, schema 1.1",
    isIt: isConstitutionalEvals,
    read: readConstitutionalEvals,
    write: writeConstitutionalEvals,
  },
  paper: {
    what: "the paper's critique and revision instructions",
    isIt: ({ json }) =>
      isList(typeof json === "object" && json !== null && Object.values(json), (row) =>
        has(row, "edit_request"),
      ),
    read: readPaperInstructions,
    write: writePaperInstructions,
  },
  traits: {
    what: "traits with questions, as of Open Character Training",
    isIt: ({ json }) => isList([json].flat(), (row) => has(row, "trait")),
    read: readTraits,
    write: writeTraits,
  },
  polis: {
    what: "a table of Pol.is comments",
    isIt: isPolis,
    read: (content, { consensus }) => readPolis(content, consensus),
  },
  markdown: {
    what: "Markdown or plain text",
    isIt: ({ json }) => json === undefined,
    read: ({ text }) => readingOfSplit(splitProse(text), text),
    write: writeMarkdown,
  },
};

/** The format that a file is in, by what it holds; undefined for JSON of some other kind. */
export const formatOf = (content: Content): FormatName | undefined =>
  (Object.keys(FORMATS) as FormatName[]).find((name) => FORMATS[name].isIt(content));

const has = (value: unknown, key: string): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key);

/** A list most of whose rows are so: one row with a mistake in it makes no other format of the file. */
const isList = (value: unknown, isRow: (row: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length > 0 && 2 * value.filter(isRow).length >= value.length;
