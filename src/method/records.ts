// The data dictionary, in the order of the method. Plain JSON values; every record carries the id of the ledger entry
// that holds it, and names the records it was made from by their ids. Knows no files and no models.
import type { Conversation } from "../models/model.ts";

/** A prompt ends on the user's turn. `set` says what it was written for. */
export interface Prompt {
  readonly id: string;
  readonly kind: "prompt";
  readonly set: "red-team" | "helpful";
  readonly conversation: Conversation;
  /** Whatever else the source row carried (a grader's knowledge of the request, tags, licence). Never shown to a model. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Why a sampled text was kept out of training; "none" when it is usable. */
export type Oddity = "none" | "empty" | "truncated" | "critique-for-revision" | "unparsed";

export interface Response {
  readonly id: string;
  readonly kind: "response";
  readonly prompt: string;
  readonly text: string;
  readonly oddity: Oddity;
}

/** Which wording of which principle was drawn, so that a datum can be traced to the words that made it. */
export interface PrincipleUse {
  readonly principle: string;
  readonly constitutionVersion: string;
  readonly wording: string;
}

export interface Critique extends PrincipleUse {
  readonly id: string;
  readonly kind: "critique";
  /** 1-based. */
  readonly round: number;
  /** The response or revision criticised. */
  readonly of: string;
  readonly text: string;
  readonly oddity: Oddity;
}

export interface Revision extends PrincipleUse {
  readonly id: string;
  readonly kind: "revision";
  readonly round: number;
  readonly prompt: string;
  readonly of: string;
  /** The critique it follows; absent in direct revision. */
  readonly critique?: string;
  readonly text: string;
  readonly oddity: Oddity;
}

/** Two answers to one prompt, not yet judged. */
export interface Comparison {
  readonly id: string;
  readonly kind: "comparison";
  readonly prompt: string;
  readonly a: string;
  readonly b: string;
}

/** One reading of a comparison by a feedback model: raw numbers kept. */
export interface Reading {
  readonly order: "ab" | "ba";
  readonly reasoning?: string;
  /** Log-probabilities of the labels (A) and (B) as shown, nats. */
  readonly logProbA: number;
  readonly logProbB: number;
}

/** How probable it is that answer a is the better one, and where that comes from. */
export interface Label {
  readonly id: string;
  readonly kind: "label";
  readonly comparison: string;
  readonly source: "feedback-model" | "file";
  /** Probability that a is better, after averaging over orders, samples and principles, and after any clamp. */
  readonly probability: number;
  /** The same before the clamp. */
  readonly unclamped: number;
  readonly principles: readonly PrincipleUse[];
  readonly readings: readonly Reading[];
}
