// Diversity of a model's answers: distinct-n (Li et al. 2016) and the n-gram that stands in the most answers, which shows the
// boilerplate that over-training is known to bring (CAI paper, section 4.3).
import { type Estimate, jackknife, type Rate, shareOf } from "./intervals.ts";

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
  return share(new Set(all).size, all.length);
}

/**
 * Distinct-n with its jackknife interval over prompts.
 *
 * @param texts the texts of each prompt
 */
export function estimateDistinct(texts: readonly (readonly string[])[], n: number): Estimate {
  const byPrompt = texts.map((own) => countsOf(own.flatMap((text) => ngramsOf(text, n))));
  const all = new Map<string, number>();
  for (const own of byPrompt) for (const [ngram, count] of own) all.set(ngram, (all.get(ngram) ?? 0) + count);
  const total = totalOf(all);
  const leftOut = byPrompt.map((own) => {
    const lost = [...own].filter(([ngram, count]) => all.get(ngram) === count).length;
    return share(all.size - lost, total - totalOf(own));
  });
  const { value, low, high } = jackknife(share(all.size, total), leftOut);
  return { value, low: Math.max(0, low), high: Math.min(1, high) };
}

function countsOf(ngrams: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const ngram of ngrams) counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  return counts;
}

const totalOf = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** An n-gram and the share of texts that hold it. */
export interface WidespreadPhrase {
  readonly phrase: string;
  readonly share: Rate;
}

/**
 * The n-gram that stands in the most texts; of equals, the first in the alphabet. Null when no text is long enough.
 *
 * @param texts the texts of each prompt
 */
export function mostWidespread(texts: readonly (readonly string[])[], n: number): WidespreadPhrase | null {
  const ngrams = texts.map((own) => own.map((text) => new Set(ngramsOf(text, n))));
  const holders = countsOf(ngrams.flat().flatMap((own) => [...own]));
  const [most] = [...holders].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  if (most === undefined) return null;
  const [phrase] = most;
  return { phrase, share: shareOf(ngrams, (own) => own.has(phrase))! };
}

/** Runs of four words in a text before it can be told to go in circles, and the share of them said before when it does. */
const LOOP = { ngrams: 12, repeated: 0.5 };

/**
 * Whether a text goes in circles: more than half of its runs of four words stand in it before. Weak critics and reviewers
 * end so when they are trained on themselves (arXiv 2504.04918).
 */
export function isLooping(text: string): boolean {
  const ngrams = ngramsOf(text, 4);
  return ngrams.length >= LOOP.ngrams && 1 - new Set(ngrams).size / ngrams.length > LOOP.repeated;
}

/** What there is to say of the texts of each prompt. */
export interface Diversity {
  readonly answers: number;
  readonly distinct1: Estimate;
  readonly distinct2: Estimate;
  readonly widest: WidespreadPhrase | null;
  /** Texts that go in circles. */
  readonly looping: Rate | null;
}

/** Every figure of one model's texts. */
export function describeDiversity(texts: readonly (readonly string[])[]): Diversity {
  return {
    answers: texts.flat().length,
    distinct1: estimateDistinct(texts, 1),
    distinct2: estimateDistinct(texts, 2),
    widest: mostWidespread(texts, 4),
    looping: shareOf(texts, isLooping),
  };
}

/** Models that decline more seldom than this tell nothing about how declines are worded. */
const SELDOM = 0.1;

/** By model, of each harmful prompt the answers that decline with a reason. */
type Declines = Readonly<Record<string, readonly (readonly string[])[]>>;

/**
 * The declines of every model, one a prompt, cut to as many as the model with the fewest has: like with like. A decline is worded
 * more narrowly than help, so a model that declines more has a lower distinct-n over all its answers and may yet vary each.
 */
export function alikeDeclines(declines: Declines): Declines {
  const declining = Object.entries(declines)
    .map(([model, texts]) => [model, texts.length, texts.filter((own) => own.length > 0)] as const)
    .filter(([, prompts, own]) => own.length > SELDOM * prompts);
  const fewest = Math.min(...declining.map(([, , own]) => own.length));
  return Object.fromEntries(declining.map(([model, , own]) => [model, someOf(own, fewest)]));
}

/** So many declines runs are compared by: what one run cuts to depends on its own models. */
const FIXED = 100;

/** A hundred declines, one a prompt, of every model that has as many: the same number whatever else a run's models do. */
export const hundredDeclines = (declines: Declines): Declines =>
  Object.fromEntries(
    Object.entries(declines)
      .map(([model, texts]) => [model, texts.filter((own) => own.length > 0)] as const)
      .filter(([, own]) => own.length >= FIXED)
      .map(([model, own]) => [model, someOf(own, FIXED)]),
  );

/** One text each of so many prompts, spread evenly over them: a file may be sorted by kind of request. */
const someOf = (texts: Declines[string], count: number): Declines[string] =>
  Array.from({ length: count }, (_, i) => texts[Math.floor((i * texts.length) / count)]!.slice(0, 1));
