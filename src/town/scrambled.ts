// Words of the town in no order: text that can only be repeated by copying it, since nothing else predicts it.
import type { Random } from "../engine/random.ts";
import { ERRANDS } from "./errands.ts";
import { HARMS } from "./harms.ts";
import { PEOPLE } from "./objects.ts";
import { drawRequest } from "./requests.ts";
import { CLOSINGS, DECLINES, OPENINGS, respond, STEP_MARKERS, SUGGESTIONS } from "./responses.ts";

function wordsOf(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => text.replace(/\{\w+\}/g, "").match(/[A-Za-z]+(?:'t)?[.,!?]?/g) ?? []);
}

const WORDS: readonly string[] = [
  ...new Set([
    ...Object.values({ ...HARMS, ...ERRANDS }).flatMap((domain) => [
      ...wordsOf(domain.objects),
      ...wordsOf(domain.steps),
      ...domain.verbs.flatMap((verb) => wordsOf([verb.phrase, ...verb.steps])),
    ]),
    ...Object.values(HARMS).flatMap((harm) => wordsOf([...harm.reasons, ...harm.alternatives])),
    ...wordsOf([...PEOPLE, ...OPENINGS, ...CLOSINGS, ...DECLINES, ...SUGGESTIONS]),
    ...wordsOf([...STEP_MARKERS.first, ...STEP_MARKERS.middle, ...STEP_MARKERS.last]),
  ]),
];

/** So many words drawn at random, a space between. */
export function drawWords(random: Random, count: number): string {
  return Array.from({ length: count }, () => random.pick(WORDS)).join(" ");
}

/** So many sentences, each from an answer to another request. */
export function drawSentences(random: Random, count: number): string {
  const sentences = Array.from({ length: count }, () => {
    const request = drawRequest(random, { action: "any", phrasing: "any" });
    const answer = respond(random, request, random.pick(["comply", "comply", "reasoned"] as const));
    return random.pick(answer.split(/(?<=[.!?]) /));
  });
  return sentences.join(" ");
}
