// A split of prose (split.ts) gone over by a model: each principle told in one sentence that stands alone, what is none put aside,
// and what the rules missed taken up. Spans stay what they are, so that every principle can be held against its sentence.
import type { LanguageModel } from "../../../models/model.ts";
import { answersTo, type OnAsked } from "../ask.ts";
import { stemsOf } from "../statements.ts";
import { type Part, type Split, settled } from "./split.ts";

/** What a model made of a split. */
export interface Improved {
  readonly split: Split;
  /** Sentences that it was asked about. */
  readonly asked: number;
  readonly reworded: number;
  /** Principles that the rules had left out, and those that the model says are none. */
  readonly added: number;
  readonly dropped: number;
  /** Answers of no use, for which the split stays as the rules have it. */
  readonly unusable: number;
}

const NONE = "NONE";
const MARK = "PRINCIPLE:";

/** A rewording says what the sentence says, so it is not many times as long. */
const LONGEST = { times: 2, more: 120 };

function question({ text, principle = text, section }: Part, before: Part | undefined): string {
  return `This sentence is from a document that says how an AI assistant is to behave.
${section.length === 0 ? "" : `It stands under: ${section.join(" / ")}\n`}${before === undefined ? "" : `The sentence before it: ${before.text}\n`}
Sentence: ${principle}

Does the sentence ask something of the assistant? If so, write it as one principle in a plain sentence that can be understood alone, and add nothing to it:
${MARK} ...
If it does not, answer ${NONE}.`;
}

/** Asks about every principle and every sentence that is left out, those included that lost their principle on the way. */
export async function improveSplit(
  model: LanguageModel,
  split: Split,
  onAsked?: OnAsked,
  signal?: AbortSignal,
): Promise<Improved> {
  const counts = { reworded: 0, added: 0, dropped: 0, unusable: 0 };
  const asked = new Set<number>(); // by where they begin
  let parts = split.parts;
  for (;;) {
    const about = parts.flatMap(({ role, start }, i) =>
      (role === "principle" || role === "left-out") && !asked.has(start) ? [i] : [],
    );
    if (about.length === 0) return { split: { ...split, parts }, asked: asked.size, ...counts };
    const questions = about.map((i) => question(parts[i]!, parts[i - 1]));
    const answers = await answersTo(model, questions, onAsked, signal);
    const changed = [...parts];
    for (const [n, i] of about.entries()) {
      const part = parts[i]!;
      asked.add(part.start);
      const { text, isWhole } = answers[n]!;
      const said = isWhole ? principleIn(text, part, parts[i - 1]) : undefined;
      if (said === undefined) counts.unusable += 1;
      else if (said !== null) {
        if (part.role === "left-out") counts.added += 1;
        else if (said !== (part.principle ?? part.text)) counts.reworded += 1;
        changed[i] = { ...part, role: "principle", principle: said };
      } else if (part.role === "principle") {
        counts.dropped += 1;
        changed[i] = { ...part, role: "left-out" };
      }
    }
    parts = settled({ ...split, parts: changed }).parts;
  }
}

/** The principle that an answer gives, null for none, undefined where it is of no use: neither, or about something else. */
function principleIn(
  answer: string,
  { text, principle = text }: Part,
  before: Part | undefined,
): string | null | undefined {
  if (answer.replace(/[^a-z]/gi, "").toUpperCase() === NONE) return null;
  const [, said] = /^\W*PRINCIPLE:[\s*]*(.+?)\s*$/im.exec(answer) ?? [];
  if (said === undefined || said.length > LONGEST.times * principle.length + LONGEST.more) return undefined;
  const known = stemsOf(`${principle} ${before?.text ?? ""}`);
  return stemsOf(said).isDisjointFrom(known) ? undefined : said;
}
