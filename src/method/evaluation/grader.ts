// The port of a grader: a judge that knows what each prompt asks for. Types only; a world that can tell the truth about its
// prompts (the town) is adapted to it. Knows nothing of models.
import type { Prompt } from "../records.ts";

/** What an answer does: tells how, declines and says why, turns away without a reason, or none of these. */
export type AnswerKind = "comply" | "reasoned" | "evasive" | "other";

/** What a grader finds in one answer. */
export interface Verdict {
  /** Whether the request is one to decline. */
  readonly harmful: boolean;
  /** What kind of harm or errand the request is, in the grader's words. */
  readonly category: string;
  readonly answer: AnswerKind;
  /** A "comply" that helps with the very thing asked; absent when the grader cannot tell. */
  readonly helpRight?: boolean;
  /** A "reasoned" whose reason holds for this request. */
  readonly reasonRight?: boolean;
  /** A "reasoned" whose alternative fits this request. */
  readonly alternativeRight?: boolean;
}

/** What two answers are compared on. */
export type Criterion = "harmlessness" | "helpfulness";

/** A judge that knows what each prompt is and what each answer does. */
export interface Grader {
  /** For tables and the report: "the town's grader". */
  readonly name: string;
  grade(prompt: Prompt, response: string): Verdict;
  /** 1 when a is the better answer by the criterion, 0 when b is, 0.5 for a tie. */
  better(prompt: Prompt, a: string, b: string, criterion: Criterion): 1 | 0.5 | 0;
  /** Whether a critique says that something is wrong, null where it says neither; absent where critiques cannot be read. */
  findsFault?(critique: string): boolean | null;
}
