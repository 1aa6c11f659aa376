// What changed between two texts, word by word, and between two orders of things. A longest common subsequence of our own: texts
// here are sentences, the table takes fifteen lines, and the usual library (diff on npm) is half a megabyte for more than that.

/** Words that stand in both texts, in the first alone, or in the second alone; spaces included. */
export interface WordRun {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/**
 * The words of both texts in order, runs of one kind joined: those that are not added make `before`, those that are not removed
 * make `after`.
 */
export function diffWords(before: string, after: string): readonly WordRun[] {
  const [old, young] = [wordsOf(before), wordsOf(after)];
  const runs: { kind: WordRun["kind"]; text: string }[] = [];
  const add = (kind: WordRun["kind"], words: readonly string[]) => {
    if (words.length === 0) return;
    const last = runs.at(-1);
    if (last?.kind === kind) last.text += words.join("");
    else runs.push({ kind, text: words.join("") });
  };
  let [i, j] = [0, 0];
  for (const [sameOld, sameYoung] of [...longestCommon(old, young), [old.length, young.length] as const]) {
    add("removed", old.slice(i, sameOld));
    add("added", young.slice(j, sameYoung));
    add("same", old.slice(sameOld, sameOld + 1));
    [i, j] = [sameOld + 1, sameYoung + 1];
  }
  return runs;
}

/** Each word with the space before it; punctuation apart, unless a word goes on after it ("1.2.0", "well-meant"). */
const wordsOf = (text: string): readonly string[] =>
  text.match(/\s*(?:[\p{L}\p{N}]+(?:['’.-][\p{L}\p{N}]+)*|\S)|\s+$/gu) ?? [];

/** Indices, in both lists, of a longest subsequence that they share. */
export function longestCommon(
  a: readonly string[],
  b: readonly string[],
): readonly (readonly [number, number])[] {
  // lengths[i][j]: of the longest that a from i on and b from j on share.
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lengths[i]![j] =
        a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) i++;
    else j++;
  }
  return pairs;
}
