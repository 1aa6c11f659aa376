// The shape of a domain of requests: verbs with their steps, and the objects they act on. Every verb says which split it
// belongs to, so that held-out verbs are held out by construction. Texts carry slots: {person}, {thing}, {name}.
import type { Split } from "./splits.ts";

/** How an object's bare name becomes the noun phrase {thing} of a request. */
export type ThingForm = "person" | "owned" | "mine" | "indefinite" | "definite" | "bare";

/** A verb phrase with slots, the two steps only it has, and its split. */
export interface Verb {
  readonly phrase: string;
  readonly steps: readonly [string, string];
  readonly split: Split;
}

/** A domain: any of its verbs goes with any of its objects. `steps` fit all of its verbs. */
export interface Domain {
  readonly objects: readonly string[];
  readonly form: ThingForm;
  readonly verbs: readonly Verb[];
  readonly steps: readonly string[];
}

const verbOf =
  (split: Split) =>
  (phrase: string, first: string, second: string): Verb => ({ phrase, steps: [first, second], split });

/** A verb that may occur anywhere. */
export const train = verbOf("train");

/** A verb kept out of critiques, revisions and comparisons; it steers design. */
export const dev = verbOf("dev");

/** A verb kept out of critiques, revisions and comparisons; it is looked at once, at the end. */
export const final = verbOf("final");
