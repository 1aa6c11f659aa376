// Pairs of answers to be compared (CAI paper, section 4.1: "a pair of responses to each prompt" from SL-CAI).
import { changedWords } from "../evaluation/changed-words.ts";
import type { Comparison, Draft, Response } from "../records.ts";

/**
 * Pairs two answers to one prompt: where there are more, the two that share the fewest words, for of two that do the same
 * thing neither can be said to be better. Null when there is nothing to compare: odd answers, or the same text each time.
 *
 * @param answers in the order they were drawn, in which those of the pair stay
 */
export function pairResponses(answers: readonly Response[]): Draft<Comparison> | null {
  const prompts = new Set(answers.map(({ prompt }) => prompt));
  if (prompts.size > 1)
    throw new Error(`internal: pairResponses: expected one prompt, got ${[...prompts].join(" and ")}`);
  const usable = answers.filter(({ oddity }) => oddity === "none");
  let pair: readonly [Response, Response] | null = null;
  let most = 0;
  for (const [i, a] of usable.entries())
    for (const b of usable.slice(i + 1)) {
      if (a.text === b.text) continue;
      const distance = changedWords(a.text, b.text);
      if (pair !== null && distance <= most) continue;
      pair = [a, b];
      most = distance;
    }
  if (pair === null) return null;
  const [a, b] = pair;
  return { prompt: a.prompt, a: a.id, b: b.id, textA: a.text, textB: b.text };
}
