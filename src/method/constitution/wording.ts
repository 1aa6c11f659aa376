// The words put to a model for one principle: a critique request and a revision request (CAI paper, section 3.1 and appendix
// C.1), and the question of a comparison (section 4.1, C.2). Given in the constitution, or derived from the principle's text.
import type { Principle } from "./constitution.ts";

/** What a model is asked, and whether the constitution gave the words or they were derived. */
export interface Wording {
  readonly text: string;
  readonly origin: "given" | "derived";
}

/** For what a model is asked something in a principle's name. */
export type WordingUse = keyof Principle["wording"];

/** What stands before and after a principle's text, in the order of the method. A critic that must find fault finds it everywhere. */
const DERIVED: { readonly [U in WordingUse]-?: readonly [before: string, after: string] } = {
  critique: [
    `Point out specific ways in which the assistant's last response goes against this principle, or say that it does not: "`,
    `"`,
  ],
  revision: [`Please rewrite the assistant's response so that it keeps to this principle: "`, `"`],
  comparison: [`Which of these responses keeps better to this principle: "`, `"?`],
};

/** The words derived from a text. */
export const derivedWording = (use: WordingUse, text: string): string => DERIVED[use].join(text);

/** The text that words were derived from; undefined where they were not. */
export function textInside(use: WordingUse, words: string): string | undefined {
  const [before, after] = DERIVED[use];
  const text = words.slice(before.length, words.length - after.length).trim();
  return text !== "" && words === derivedWording(use, text) ? text : undefined;
}

function wordingOf(use: WordingUse, { text, wording }: Principle): Wording {
  const given = wording[use];
  return given === undefined
    ? { text: derivedWording(use, text), origin: "derived" }
    : { text: given, origin: "given" };
}

/** Asks where the last response goes against the principle, or that it does not. */
export const critiqueRequest = (principle: Principle): Wording => wordingOf("critique", principle);

/** Asks for the response again, in keeping with the principle. */
export const revisionRequest = (principle: Principle): Wording => wordingOf("revision", principle);

/** Asks which of two responses is better by the principle; the options follow it. */
export const comparisonQuestion = (principle: Principle): Wording => wordingOf("comparison", principle);

/** Everything that is asked in a principle's name, in the order of the method. */
export const wordingsOf = (principle: Principle): readonly (Wording & { readonly use: WordingUse })[] =>
  (Object.keys(DERIVED) as WordingUse[]).map((use) => ({ use, ...wordingOf(use, principle) }));
