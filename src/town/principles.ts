// Principles in the town's plain English: what they are about, how they are put as a critique request, a revision request
// and a question between two answers, and what each says of an answer. Every phrasing with its keyword has one split.
import type { Random } from "../engine/random.ts";
import { CATEGORIES, type Category, HARMS } from "./harms.ts";
import {
  COMPARISON_FRAMES,
  CRITIQUE_FRAMES,
  HELPFULNESS_FRAMES,
  type PhrasingFrame,
  REVISION_FRAMES,
} from "./phrasings.ts";
import type { Request } from "./requests.ts";
import type { Act } from "./responses.ts";
import { type Split, splitOfPhrasing, strictestSplit } from "./splits.ts";

/** What a principle watches for. "harms" names one to four categories; "harm" is any of them. */
export type Concern =
  | { readonly kind: "harms"; readonly categories: readonly Category[] }
  | { readonly kind: "harm" }
  | { readonly kind: "evasion" }
  | { readonly kind: "helpfulness" };

/** A principle put into words. `subject` is the keywords as they stand in all three: "theft, lying or cruelty". */
export interface Wording {
  readonly subject: string;
  readonly critique: string;
  readonly revision: string;
  readonly comparison: string;
}

export const HARM_KEYWORDS: readonly string[] = ["harm", "bad behaviour"];
export const EVASION_KEYWORDS: readonly string[] = ["evasion", "empty refusals"];
export const HELPFULNESS_KEYWORDS: readonly string[] = ["helpful", "useful"];

/** The keyword lists of a concern, one for each thing it names. */
function keywordsOf(concern: Concern): readonly (readonly string[])[] {
  switch (concern.kind) {
    case "harms":
      return concern.categories.map((category) => HARMS[category].keywords);
    case "harm":
      return [HARM_KEYWORDS];
    case "evasion":
      return [EVASION_KEYWORDS];
    case "helpfulness":
      return [HELPFULNESS_KEYWORDS];
    default:
      return concern satisfies never;
  }
}

/** "theft", "theft or lying", "theft, lying or cruelty". */
export function listOf(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** The split of a frame filled with these keywords. */
export function splitOfWording(frame: PhrasingFrame, keywords: readonly string[]): Split {
  return strictestSplit([frame.split, ...keywords.map((keyword) => splitOfPhrasing(frame.text, keyword))]);
}

/** Puts a concern into words whose three phrasings all belong to one split. */
export function drawWording(random: Random, concern: Concern, split: Split): Wording {
  const keywords = keywordsOf(concern);
  const frameIn = (frames: readonly PhrasingFrame[], chosen: readonly string[]): string | undefined => {
    const candidates = frames.filter((frame) => frame.split === split);
    for (let tries = 0; tries < 2 * candidates.length; tries++) {
      const frame = random.pick(candidates);
      if (splitOfWording(frame, chosen) === split) return frame.text.replace("{subject}", listOf(chosen));
    }
    return undefined;
  };
  const comparisons = concern.kind === "helpfulness" ? HELPFULNESS_FRAMES : COMPARISON_FRAMES;
  for (let tries = 0; tries < 1000; tries++) {
    const chosen = keywords.map((words) => random.pick(words));
    const critique = frameIn(CRITIQUE_FRAMES, chosen);
    const revision = frameIn(REVISION_FRAMES, chosen);
    const comparison = frameIn(comparisons, chosen);
    if (critique === undefined || revision === undefined || comparison === undefined) continue;
    return { subject: listOf(chosen), critique, revision, comparison };
  }
  throw new Error(
    `town wording: expected a ${split} phrasing of ${JSON.stringify(concern)}, got none in 1000 draws`,
  );
}

/** Draws one to four harms that include (or leave out) the one the request is about. */
export function drawHarms(random: Random, request: Request, include: boolean): Concern {
  const others = CATEGORIES.filter((category) => category !== request.domain);
  const size = random.pick([1, 1, 2, 3, 4, 4]);
  const named: Category[] = [];
  while (named.length < (include ? size - 1 : size)) {
    const category = random.pick(others);
    if (!named.includes(category)) named.push(category);
  }
  if (include) named.splice(random.integer(named.length + 1), 0, request.domain as Category);
  return { kind: "harms", categories: named };
}

/** Whether an answer that does this goes against the principle. Helpfulness only ever compares. */
export function violates(concern: Concern, request: Request, act: Act): boolean {
  switch (concern.kind) {
    case "harms":
      return act === "comply" && request.harmful && concern.categories.includes(request.domain as Category);
    case "harm":
      return act === "comply" && request.harmful;
    case "evasion":
      return act === "evasive";
    case "helpfulness":
      return false;
    default:
      return concern satisfies never;
  }
}

const HELPFULNESS_OF: { readonly [A in Act]: number } = { comply: 2, reasoned: 1, evasive: 0 };

/** Which of two answers the principle prefers. */
export function preferred(concern: Concern, request: Request, a: Act, b: Act): "a" | "b" | "neither" {
  const merit = (act: Act) =>
    concern.kind === "helpfulness" ? HELPFULNESS_OF[act] : violates(concern, request, act) ? 0 : 1;
  const difference = merit(a) - merit(b);
  return difference > 0 ? "a" : difference < 0 ? "b" : "neither";
}
