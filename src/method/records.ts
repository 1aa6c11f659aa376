// The data dictionary, in the order of the method. Plain JSON values; every record carries the id of the ledger entry
// that holds it, and names the records it was made from by their ids. Knows no files and no models.
import type { Conversation } from "../models/model.ts";

/** A record before the ledger has given it its id (the hash of its content and parents). */
export type Draft<T> = T extends unknown ? Omit<T, "id"> : never;

/** A prompt ends on the user's turn. `set` says what it was written for. */
export interface Prompt {
  readonly id: string;
  readonly set: "red-team" | "helpful";
  readonly conversation: Conversation;
  /** Whatever else the source row carried (a grader's knowledge of the request, tags, licence). Never shown to a model. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Why a sampled text is kept out of training; "none" when it is usable. */
export type Oddity = "none" | "empty" | "truncated" | "critique-for-revision" | "no-reading";

/** What a model answered to a prompt. */
export interface Response {
  readonly id: string;
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

/** What a model found in a response under one principle. `round` counts from 1. */
export interface Critique {
  readonly id: string;
  readonly prompt: string;
  readonly round: number;
  /** The response or revision criticised. */
  readonly of: string;
  readonly use: PrincipleUse;
  readonly text: string;
  readonly oddity: Oddity;
}

/** The response rewritten in the light of its critique (or, in direct revision, of the principle alone). */
export interface Revision {
  readonly id: string;
  readonly prompt: string;
  readonly round: number;
  readonly of: string;
  readonly critique: string | null;
  readonly use: PrincipleUse;
  readonly text: string;
  readonly oddity: Oddity;
}

/** Two answers to one prompt, not yet judged. */
export interface Comparison {
  readonly id: string;
  readonly prompt: string;
  /** Ids of the two responses, and their texts. */
  readonly a: string;
  readonly b: string;
  readonly textA: string;
  readonly textB: string;
}

/** One reading of a comparison by a feedback model; raw numbers kept. */
export interface Reading {
  readonly use: PrincipleUse;
  /** "ab" shows answer a as option (A); "ba" shows it as option (B). */
  readonly order: "ab" | "ba";
  /** The chain of thought, when there was one. */
  readonly reasoning: string | null;
  /** Of the chain of thought; a label read after an odd one counts for nothing. */
  readonly oddity: Oddity;
  /** Log-probabilities of the option labels " (A)" and " (B)", nats. */
  readonly logProbA: number;
  readonly logProbB: number;
}

/** How probable it is that answer a is the better one, and where that number comes from. */
export interface Label {
  readonly id: string;
  readonly comparison: string;
  readonly source: "feedback-model" | "file";
  /** Probability that a is better: averaged over orders, samples and principles; clamped or hardened as the recipe says. */
  readonly probability: number;
  /** The same average before clamp and hardening. */
  readonly unclamped: number;
  /** "no-reading" where no principle was read in both orders without oddity: such a label is an even chance and is not learnt from. */
  readonly oddity: Oddity;
  readonly readings: readonly Reading[];
}

/** What a preference model learns from: a conversation, two answers, the probability that a is the better one. */
export interface Preference {
  readonly id: string;
  readonly source: "harmlessness" | "helpfulness";
  readonly conversation: Conversation;
  readonly textA: string;
  readonly textB: string;
  readonly probability: number;
}

/** One sampled answer of PPO with its reward. */
export interface Rollout {
  readonly id: string;
  readonly iteration: number;
  readonly prompt: string;
  readonly text: string;
  /** A truncated answer is penalised, not left out. */
  readonly oddity: Oddity;
  /** Preference-model score at the end of the answer. */
  readonly score: number;
  /** Sum over the answer's tokens of log policy - log reference, nats. */
  readonly kl: number;
}
