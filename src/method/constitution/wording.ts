// The words put to a model for one principle: a critique request and a revision request (CAI paper, section 3.1 and appendix
// C.1), and the question of a comparison (section 4.1, C.2). Given in the constitution, or derived from the principle's text.
import type { Principle } from "./constitution.ts";

/** What a model is asked, and whether the constitution gave the words or they were derived. */
export interface Wording {
  readonly text: string;
  readonly origin: "given" | "derived";
}

const wordingOf = (given: string | undefined, derived: string): Wording =>
  given === undefined ? { text: derived, origin: "derived" } : { text: given, origin: "given" };

/** Asks where the last response goes against the principle, or that it does not: a critic that must find fault finds it everywhere. */
export function critiqueRequest({ text, wording }: Principle): Wording {
  return wordingOf(
    wording.critique,
    `Point out specific ways in which the assistant's last response goes against this principle, or say that it does not: "${text}"`,
  );
}

/** Asks for the response again, in keeping with the principle. */
export function revisionRequest({ text, wording }: Principle): Wording {
  return wordingOf(
    wording.revision,
    `Please rewrite the assistant's response so that it keeps to this principle: "${text}"`,
  );
}

/** Asks which of two responses is better by the principle; the options follow it. */
export function comparisonQuestion({ text, wording }: Principle): Wording {
  return wordingOf(wording.comparison, `Which of these responses keeps better to this principle: "${text}"?`);
}

/** For what a model is asked something in a principle's name. */
export type Asked = keyof Principle["wording"];

/** Everything that is asked in a principle's name, in the order of the method. */
export const wordingsOf = (principle: Principle): readonly (Wording & { readonly use: Asked })[] => [
  { use: "critique", ...critiqueRequest(principle) },
  { use: "revision", ...revisionRequest(principle) },
  { use: "comparison", ...comparisonQuestion(principle) },
];
