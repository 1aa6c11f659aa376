import fc from "fast-check";
import { expect, test } from "vitest";
import { diffWords, longestCommon } from "./word-diff.ts";

/** As `git diff --word-diff` writes it. */
const marked = (before: string, after: string): string =>
  diffWords(before, after)
    .map(({ kind, text }) => ({ same: text, removed: `[-${text}-]`, added: `{+${text}+}` })[kind])
    .join("");

test.each([
  ["Say why.", "Say why.", "Say why."],
  ["Say why.", "Say plainly why.", "Say{+ plainly+} why."],
  ["Be kind, always.", "Be kind.", "Be kind[-, always-]."],
  ["It never lies.", "It never cheats.", "It never[- lies-]{+ cheats+}."],
  ["", "Because.", "{+Because.+}"],
  ["version 1.0.0", "version 1.2.0", "version[- 1.0.0-]{+ 1.2.0+}"],
])("from %j to %j is %s", (before, after, expected) => {
  expect(marked(before, after)).toBe(expected);
});

const texts = fc
  .array(fc.constantFrom("a", "b", "c", " ", ".", "\n", "é", "don't"))
  .map((parts) => parts.join(""));

test("without what was added it is the first text, without what was removed the second", () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const runs = diffWords(before, after);
      const less = (kind: string) => runs.filter((run) => run.kind !== kind).map(({ text }) => text);
      expect(less("added").join("")).toBe(before);
      expect(less("removed").join("")).toBe(after);
    }),
  );
});

/** The longest common subsequence by trying every subsequence of the shorter list. */
function longestByTrial(a: readonly string[], b: readonly string[]): number {
  let longest = 0;
  for (let choice = 0; choice < 2 ** a.length; choice++) {
    const kept = a.filter((_, i) => choice & (2 ** i));
    let at = 0;
    for (const item of b) if (item === kept[at]) at++;
    if (at === kept.length) longest = Math.max(longest, kept.length);
  }
  return longest;
}

test("a longest common subsequence is common, in order and as long as any", () => {
  const lists = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 8 });
  fc.assert(
    fc.property(lists, lists, (a, b) => {
      const pairs = longestCommon(a, b);
      expect(pairs.map(([i]) => a[i])).toEqual(pairs.map(([, j]) => b[j]));
      for (const [k, [i, j]] of pairs.slice(1).entries())
        expect(i > pairs[k]![0] && j > pairs[k]![1]).toBe(true);
      expect(pairs.length).toBe(longestByTrial(a, b));
    }),
  );
});
