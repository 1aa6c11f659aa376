// What a principle says, as far as lists of English words can tell: its content words, and which of them it affirms and which it
// denies. Heuristics on text, for review.ts: they read no meaning, and every list is here to be argued with.

/** The stems of a text's words that carry its content, each once. */
export const stemsOf = (text: string): ReadonlySet<string> =>
  new Set(wordsOf(text).flatMap((word) => (isContent(word) ? [stem(word)] : [])));

/** The words of a text that carry its content or deny, as they stand, in small letters. */
export const tellingWords = (text: string): readonly string[] =>
  wordsOf(text).filter((word) => isContent(word) || DENIES.has(word) || word.endsWith("n't"));

/** A stretch of a text that affirms what it names, or denies it. */
export interface Statement {
  readonly isDenied: boolean;
  /** As it stands, from the first of its words. */
  readonly text: string;
  readonly stems: ReadonlySet<string>;
}

/**
 * A text as affirmations and denials. After a word that denies ("does not", "never", "refuses to") everything is denied until
 * the sentence ends or a new verb begins ("it does not help with theft and says why").
 */
export function statementsOf(text: string): readonly Statement[] {
  return text.split(/(?<=[.;:!?])\s+/).flatMap((sentence) => {
    const parts: { isDenied: boolean; words: string[] }[] = [{ isDenied: false, words: [] }];
    for (const word of sentence.split(/\s+/)) {
      const plain = wordsOf(word)[0] ?? "";
      const { isDenied, words } = parts.at(-1)!;
      // "Never says": the first verb after a denial is denied, whatever its form.
      const turns = isDenied
        ? AFFIRMS.has(plain) && stemsOf(words.join(" ")).size > 0
        : DENIES.has(plain) || plain.endsWith("n't");
      if (turns) parts.push({ isDenied: !isDenied, words: [] });
      parts.at(-1)!.words.push(word);
    }
    return parts.flatMap(({ isDenied, words }) => {
      const said = words.join(" ");
      const stems = stemsOf(said);
      return stems.size === 0 ? [] : [{ isDenied, text: said, stems }];
    });
  });
}

/** The share of the words of two texts that both have, each word counted by `weight`; 0 to 1 (weighted Jaccard). */
export function likeness(
  a: ReadonlySet<string>,
  b: ReadonlySet<string>,
  weight: (stem: string) => number = () => 1,
): number {
  const total = (stems: Iterable<string>) => [...stems].reduce((sum, one) => sum + weight(one), 0);
  const union = total(a.union(b));
  return union === 0 ? 0 : total(a.intersection(b)) / union;
}

const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .replaceAll("’", "'")
    .match(/[\p{L}\p{N}'-]+/gu) ?? [];

const isContent = (word: string): boolean =>
  !STOP.has(word) && !DENIES.has(word) && !word.endsWith("n't") && word.length > 1;

/** Endings taken off, crudely: helps, helped and helping become one. At least three letters stay. */
const stem = (word: string): string =>
  word
    .replace(/'s$/, "")
    .replace(/(?<=..)ies$/, "y")
    .replace(/(?<=...)(ing|ed|es|(?<!s)s)$/, "")
    .replace(/(?<=..)(.)\1$/, "$1")
    .replace(/(?<=...)e$/, "");

const list = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter(Boolean));

/** Words that turn what follows into a denial. */
const DENIES =
  list(`not no never nothing nobody none without cannot neither nor refuse refuses refusing refrain refrains
  avoid avoids avoiding decline declines forbid forbids`);

/** Words that end a denial: a verb in the third person, or a turn. */
const AFFIRMS =
  list(`says gives offers explains tells suggests names shows treats protects speaks helps points asks keeps stays
  engages invites answers describes states leaves makes respects sends turns recommends encourages refers passes uses checks
  instead but rather is does has can may should must will`);

/** Words without content of their own, and those that every principle has. */
const STOP =
  list(`a an the and or but if of to in on at by for from with as into about out up over than then so that this these
  those it its they them their theirs he she his her you your we our who whom whose which what where when why how is are was be
  been being has have had do does did can could may might must shall should will would there here such any anyone anything
  everyone everybody someone somebody one ones all each every other others another own same also even still only just very too
  more most much many some again always instead rather
  assistant assistants model ai response responses answer answers please user users person people`);
