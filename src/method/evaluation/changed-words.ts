// How far a revision is from what it revised: the share of words that the two do not have in common (Dice 1945, over words and
// marks, each as often as it stands there). Knows words; not whether a change was for the better.
import { wordsOf } from "./diversity.ts";

/**
 * 1 - 2 |common| / (|before| + |after|): 0 where the same words stand in both, 1 where none does.
 * @example changedWords("Take the phone.", "Ask for the phone.") // 1 - 2 * 3 / 9, of "the", "phone" and "."
 */
export function changedWords(before: string, after: string): number {
  if (before === after) return 0;
  const [old, fresh] = [wordsOf(before), wordsOf(after)];
  const left = new Map<string, number>();
  for (const word of old) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of fresh) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    left.set(word, count - 1);
    common += 1;
  }
  const all = old.length + fresh.length;
  return all === 0 ? 0 : 1 - (2 * common) / all;
}
