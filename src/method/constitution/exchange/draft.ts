// What a reader of another format makes of a file: principles that have no id yet, what else the file holds, and what had to be
// left out. Knows no format.

import type { Demonstration } from "../../critique/few-shot.ts";
import type { Skipped } from "../../datasets/dataset.ts";
import type { PreferenceRow } from "../../datasets/preferences.ts";
import type { Constitution, Principle } from "../constitution.ts";
import type { Coverage } from "../prose/coverage.ts";
import { derivedWording, textInside, type WordingUse } from "../wording.ts";

/** A principle before it has an id and a source. */
export interface DraftPrinciple {
  /** What the file calls it. */
  readonly name?: string;
  /** What its id is made of, where that is not the text. */
  readonly gist?: string;
  readonly text: string;
  /** Where it stands in the file. */
  readonly locator: string;
  readonly reasons?: string;
  readonly weight?: number;
  readonly tags?: readonly string[];
  readonly wording?: Principle["wording"];
}

/** What files of some formats hold beside principles, and are written with. */
export interface Beside {
  readonly demonstrations?: readonly Demonstration[];
  readonly comparisons?: readonly PreferenceRow[];
  readonly questions?: readonly Question[];
}

/** A prompt that belongs to a principle, by its id. */
export interface Question {
  readonly prompt: string;
  readonly principle: string;
  /** What the file calls the list that it stands in. */
  readonly list: string;
}

/** A prompt that came with a principle. */
export interface DraftPrompt {
  readonly prompt: string;
  /** Place of the principle in the list, from 0. */
  readonly of: number;
  /** What the file calls the list that it stands in. */
  readonly list: string;
}

/** What one file holds. */
export interface ForeignReading extends Pick<Beside, "demonstrations" | "comparisons"> {
  readonly title?: string;
  readonly version?: string;
  readonly licence?: string;
  readonly changelog?: Constitution["changelog"];
  readonly principles: readonly DraftPrinciple[];
  readonly prompts?: readonly DraftPrompt[];
  /** What was left out, and what was made up, each in a sentence. */
  readonly notes: readonly string[];
  /** Entries that cannot be read, each with its place. */
  readonly malformed?: readonly Skipped[];
  /** Of prose: what became of every character. */
  readonly coverage?: Coverage;
}

/** How instructions are told as a principle where nothing else is known; they stand in it word by word. */
const QUOTED: { readonly [U in WordingUse]-?: (words: string) => string } = {
  revision: (words) => `The assistant answers so that nobody needs to ask of it: "${words}"`,
  comparison: (words) => `The assistant gives the response that is chosen when this is asked: "${words}"`,
  critique: (words) => `The assistant answers so that nothing is found when this is asked: "${words}"`,
};

/**
 * A principle's text and wording from the instructions of another format. Where one of them was derived from a text, as in a
 * file that Charter wrote, that is the text; elsewhere the text quotes an instruction, and `isQuoted` says so.
 */
export function draftOf(
  words: Principle["wording"],
): Pick<DraftPrinciple, "text" | "gist" | "wording"> & { readonly isQuoted: boolean } {
  const given = Object.entries(words) as readonly [WordingUse, string][];
  const text = given.flatMap(([use, said]) => textInside(use, said) ?? [])[0];
  if (text !== undefined) {
    const own = given.filter(([use, said]) => said !== derivedWording(use, text));
    return { text, wording: Object.fromEntries(own), isQuoted: false };
  }
  const use = (["revision", "comparison", "critique"] as const).find((one) => words[one] !== undefined)!;
  const gist = words[use]!;
  return { text: QUOTED[use](gist), gist, wording: words, isQuoted: true };
}

/** "1 text quotes …", where any does. */
export const quotedNote = (quoted: number): readonly string[] =>
  quoted === 0
    ? []
    : [
        `${quoted} ${quoted === 1 ? "text quotes its instruction" : "texts quote their instructions"}, since the file holds no principle in plain words; models are asked in the instructions alone`,
      ];
