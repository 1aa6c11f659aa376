// Drawing principles by weighted rendezvous hashing over their ids: each principle gets a score from (key, id, weight) alone
// and the highest wins. Rewording moves no draw; adding or removing a principle moves only the draws it wins or loses.
import { seed } from "../../engine/random.ts";
import { UserError } from "../../user-error.ts";
import type { Constitution, Principle } from "./constitution.ts";

/** -weight / ln u with u uniform in (0, 1): the highest of these is principle i with probability weight_i / total. */
function scoreOf({ id, weight }: Principle, key: string): number {
  return -weight / Math.log(seed(key).child("principle", id).random().float());
}

/**
 * One principle, drawn by weight.
 *
 * @param key names the draw; the same key draws the same principle
 * @example drawPrinciple(constitution, `${seed}/critique/${prompt.id}/${round}`)
 */
export function drawPrinciple(constitution: Constitution, key: string): Principle {
  return drawPrinciples(constitution, key, 1)[0]!;
}

/**
 * Several distinct principles, the best score first: what k draws without replacement give.
 * @throws UserError when the constitution has fewer than k
 */
export function drawPrinciples(constitution: Constitution, key: string, k: number): readonly Principle[] {
  const { title, principles } = constitution;
  if (k > principles.length) {
    throw new UserError(
      "constitution-too-few",
      `drawPrinciples: expected a constitution of at least ${k} principles, got ${principles.length} in "${title}"`,
      `Ask for at most ${principles.length} principles a comparison.`,
    );
  }
  const scored = principles.map((principle) => ({ principle, score: scoreOf(principle, key) }));
  scored.sort((a, b) => b.score - a.score || (a.principle.id < b.principle.id ? -1 : 1));
  return scored.slice(0, k).map(({ principle }) => principle);
}
