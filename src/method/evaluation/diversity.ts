// Diversity of a model's answers: distinct-n (Li et al. 2016) and the n-gram that stands in the most answers, which shows the
// boilerplate that over-training is known to bring (CAI paper, section 4.3).

/** Words and marks in lower case. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}']+|[^\s\p{L}\p{N}']/gu) ?? [];
}

function ngramsOf(text: string, n: number): readonly string[] {
  const words = wordsOf(text);
  return words.slice(0, Math.max(0, words.length - n + 1)).map((_, i) => words.slice(i, i + n).join(" "));
}

/** Different n-grams over all n-grams of the texts, in [0, 1]; 0 when there are none. Falls with the number of texts. */
export function distinct(texts: readonly string[], n: number): number {
  const all = texts.flatMap((text) => ngramsOf(text, n));
  return all.length === 0 ? 0 : new Set(all).size / all.length;
}

/** An n-gram and the share of texts that hold it. */
export interface WidespreadPhrase {
  readonly phrase: string;
  readonly share: number;
}

/** The n-gram that stands in the most texts; of equals, the first in the alphabet. Null when no text is long enough. */
export function mostWidespread(texts: readonly string[], n: number): WidespreadPhrase | null {
  const holders = new Map<string, number>();
  for (const text of texts)
    for (const phrase of new Set(ngramsOf(text, n))) holders.set(phrase, (holders.get(phrase) ?? 0) + 1);
  const [most] = [...holders].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return most === undefined ? null : { phrase: most[0], share: most[1] / texts.length };
}

/** Share of texts that hold a phrase: how widespread one model's commonest phrase is in another's answers. */
export function shareHolding(texts: readonly string[], phrase: string): number {
  const n = phrase.split(" ").length;
  return texts.length === 0
    ? 0
    : texts.filter((text) => ngramsOf(text, n).includes(phrase)).length / texts.length;
}
