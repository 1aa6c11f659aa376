// Pairs of answers to be compared (CAI paper, section 4.1: "a pair of responses to each prompt" from SL-CAI).
import type { Comparison, Draft, Response } from "../records.ts";

/**
 * Pairs the two answers to one prompt. Null when there is nothing to compare: an odd answer, or twice the same text.
 */
export function pairResponses(first: Response, second: Response): Draft<Comparison> | null {
  if (first.prompt !== second.prompt)
    throw new Error(`internal: pairResponses: expected one prompt, got ${first.prompt} and ${second.prompt}`);
  if (first.oddity !== "none" || second.oddity !== "none" || first.text === second.text) return null;
  return { prompt: first.prompt, a: first.id, b: second.id, textA: first.text, textB: second.text };
}
