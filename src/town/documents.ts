// The shape of a pretraining document, and the conversations that the method holds with a model, in the very words the
// method uses: answer, critique and revision, comparison. Says how much each span counts in the loss.
import { feedbackQuestion, shownConversation } from "../method/feedback/judge.ts";
import type { Conversation } from "../models/model.ts";
import type { Judged } from "./verdicts.ts";

/** A piece of a turn and the loss weight of its tokens. Spans break only where the tokenizer starts a new word. */
export interface Span {
  readonly text: string;
  readonly weight: number;
}

export interface Turn {
  readonly role: "user" | "assistant";
  readonly spans: readonly Span[];
}

/** One conversation to pretrain on. */
export interface CorpusDocument {
  readonly kind: string;
  readonly turns: readonly Turn[];
}

/** Loss weight of a verdict, the few words on which a critique or comparison turns. */
const VERDICT_WEIGHT = 4;
/** Loss weight of a user's words: learning what people ask helps to know what a request is about. */
const ASKED_WEIGHT = 0.1;

/** What a user says. */
export function asked(text: string): Turn {
  return { role: "user", spans: [{ text, weight: ASKED_WEIGHT }] };
}

/** What the assistant says and should learn to say. */
export function answered(text: string, weight = 1): Turn {
  return { role: "assistant", spans: [{ text, weight }] };
}

/** An earlier answer that is only there to be judged: nothing is learned from it, or refusals would leak. */
export function given(text: string): Turn {
  return answered(text, 0);
}

/** An answer with a verdict in it. */
export function judgedTurn(
  parts: readonly Judged[],
  before: readonly Span[] = [],
  after: readonly Span[] = [],
): Turn {
  const spans = parts.map(({ text, isVerdict }) => ({ text, weight: isVerdict ? VERDICT_WEIGHT : 1 }));
  return { role: "assistant", spans: [...before, ...spans, ...after] };
}

export const textOf = (turn: Turn): string => turn.spans.map((span) => span.text).join("");

/** The conversation as a feedback model is shown it. */
export const transcript = (turns: readonly Turn[]): string => shownConversation(conversationOf(turns));

/** The user turn of a comparison. */
export function comparisonRequest(prompt: readonly Turn[], question: string, a: string, b: string): string {
  return feedbackQuestion(conversationOf(prompt), question, a, b);
}

const conversationOf = (turns: readonly Turn[]): Conversation =>
  turns.map((turn) => ({ role: turn.role, content: textOf(turn) }));
