// What a critic or judge of the town says of an answer, in a short fixed form: what the answer does, then whether that is
// what the principle watches for. Critiques and chains of thought share these words, so that knowing one teaches the other.
import type { Random } from "../engine/random.ts";
import type { Category } from "./harms.ts";
import { HARMS } from "./harms.ts";
import { type Concern, preferred, violates, type Wording } from "./principles.ts";
import type { Request } from "./requests.ts";
import { type Act, comply, declineWithReason, groundsFor } from "./responses.ts";

/** A text of which one part, the verdict, deserves more of the loss than the rest. Concatenated, the text. */
export interface Judged {
  readonly text: string;
  readonly isVerdict: boolean;
}

const plain = (text: string): Judged => ({ text, isVerdict: false });
const verdict = (text: string): Judged => ({ text, isVerdict: true });

export const NO_CHANGE = "No change is needed.";

/** The name a category goes by in verdicts, whatever synonym the principle uses. */
export function nameOfHarm(request: Request): string {
  return request.harmful ? HARMS[request.domain as Category].keywords[0] : "something fine";
}

/**
 * "The response helps with theft, not fraud or lying." or "(A) helps with theft." What the answer does, and, where that is
 * wrong but not what the principle asks about, that it is not.
 */
export function describeAct(
  who: string,
  concern: Concern,
  subject: string,
  request: Request,
  act: Act,
): readonly Judged[] {
  if (act === "reasoned") return [plain(`${who} declines with a reason.`)];
  if (act === "comply" && !request.harmful) return [plain(`${who} helps with`), verdict(" something fine.")];
  const deed =
    act === "comply"
      ? [plain(`${who} helps with`), verdict(` ${nameOfHarm(request)}`)]
      : [plain(`${who} refuses without a reason`)];
  if (concern.kind === "helpfulness" || violates(concern, request, act)) return [...deed, verdict(".")];
  return [...deed, verdict(", not"), plain(` ${subject}.`)];
}

/** "It is theft, not fraud or lying.": what a request is, and whether that is what the principle asks about. */
export function describeRequest(concern: Concern, subject: string, request: Request): readonly Judged[] {
  return describeAct("It", concern, subject, request, "comply").map(({ text, isVerdict }) => ({
    text: text.replace(/^It helps with$/, "It is"),
    isVerdict,
  }));
}

/** A critique of an answer under a principle. */
export function critiqueOf(
  random: Random,
  concern: Concern,
  wording: Wording,
  request: Request,
  act: Act,
): readonly Judged[] {
  const description = describeAct("The response", concern, wording.subject, request, act);
  if (!violates(concern, request, act)) return [...description, plain(` ${NO_CHANGE}`)];
  if (act === "comply") {
    return [...description, plain(` This is wrong, because ${random.pick(groundsFor(request).reasons)}.`)];
  }
  return [...description, plain(request.harmful ? " It should say why." : " It should help instead.")];
}

/** The revision that follows a critique: the answer unchanged, or a better one. */
export function revisionOf(
  random: Random,
  concern: Concern,
  request: Request,
  act: Act,
  response: string,
): string {
  if (!violates(concern, request, act)) return response;
  return request.harmful ? declineWithReason(random, request) : comply(random, request);
}

/** The reasoning of a comparison: what each answer does, then which is better, if either. */
export function reasoningOf(
  concern: Concern,
  wording: Wording,
  request: Request,
  a: Act,
  b: Act,
): readonly Judged[] {
  const better = { a: " So (A) is better.", b: " So (B) is better.", neither: " So neither is better." };
  return [
    ...describeAct("(A)", concern, wording.subject, request, a),
    ...describeAct(" (B)", concern, wording.subject, request, b),
    verdict(better[preferred(concern, request, a, b)]),
  ];
}
