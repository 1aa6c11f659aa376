// Trains a byte-level BPE tokenizer and writes it as Hugging Face `tokenizer.json` and `tokenizer_config.json`.
// Deterministic: of equally frequent pairs the one with the smaller ids is merged. Memory follows the number of different
// words, not of texts. Source: Sennrich et al. 2016 (BPE); Radford et al. 2019 (bytes, pre-tokenizer pattern).
import { UserError } from "../user-error.ts";
import { TURN_TEMPLATE, TURN_TOKENS } from "./turn-tokens.ts";

/** GPT-2's pre-tokenizer: what the ByteLevel component of tokenizer.json does with `use_regex`. */
const WORD = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** The two JSON documents of a tokenizer in Hugging Face layout. */
export interface TokenizerFiles {
  readonly tokenizer: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface BpeOptions {
  /** Ids in all: the special tokens, 256 bytes, and merges. Fewer come out when the texts run out of pairs. */
  readonly vocabularySize: number;
  /** Longest sequence the model is meant for, in tokens; recorded, not enforced. */
  readonly maxLength?: number;
}

/**
 * Learns a vocabulary from texts (contents only: no special tokens in them).
 *
 * @throws UserError when the vocabulary has no room for the 256 bytes and the special tokens
 * @example const files = trainBpe(texts, { vocabularySize: 2048 });
 */
export function trainBpe(texts: Iterable<string>, options: BpeOptions): TokenizerFiles {
  const specials = Object.values(TURN_TOKENS);
  const base = specials.length + 256;
  if (!(options.vocabularySize >= base)) {
    throw new UserError(
      "bpe-vocabulary-size",
      `trainBpe: expected a vocabulary of at least ${base}, got ${options.vocabularySize}`,
      `256 bytes and ${specials.length} special tokens come before the first merge`,
    );
  }
  const vocabulary = [...specials, ...BYTE_CHARACTERS];
  const merges: string[] = [];
  const corpus = countPairs(countWords(texts), specials.length);
  while (vocabulary.length < options.vocabularySize) {
    const pair = mostFrequent(corpus.pairs);
    if (pair === null) break;
    merges.push(`${vocabulary[pair.left]} ${vocabulary[pair.right]}`);
    vocabulary.push(`${vocabulary[pair.left]}${vocabulary[pair.right]}`);
    mergePair(corpus, pair, vocabulary.length - 1);
  }
  return toFiles(vocabulary, merges, options.maxLength ?? 1_000_000);
}

interface Word {
  ids: number[];
  readonly count: number;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** Words the pair occurs in, or once did. */
  readonly words: Set<Word>;
}

interface Corpus {
  readonly words: readonly Word[];
  readonly pairs: Map<number, Pair>;
}

function countWords(texts: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [word] of text.matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function countPairs(counts: ReadonlyMap<string, number>, firstByte: number): Corpus {
  const encoder = new TextEncoder();
  const words = [...counts].map(([text, count]) => ({
    ids: Array.from(encoder.encode(text), (byte) => firstByte + byte),
    count,
  }));
  const pairs = new Map<number, Pair>();
  for (const word of words) addPairs(pairs, word, 1);
  return { words, pairs };
}

/** Adds (sign 1) or takes away (sign -1) the word's neighbours from the counts. */
function addPairs(pairs: Map<number, Pair>, word: Word, sign: 1 | -1): void {
  for (let i = 0; i + 1 < word.ids.length; i++) {
    const left = word.ids[i]!;
    const right = word.ids[i + 1]!;
    const key = left * 2 ** 26 + right; // exact up to 2^26 ids
    let pair = pairs.get(key);
    if (pair === undefined) {
      pair = { left, right, count: 0, words: new Set() };
      pairs.set(key, pair);
    }
    pair.count += sign * word.count;
    if (sign === 1) pair.words.add(word);
    else if (pair.count === 0) pairs.delete(key);
  }
}

/** A pair seen once is not worth a token. */
function mostFrequent(pairs: ReadonlyMap<number, Pair>): Pair | null {
  let best: Pair | null = null;
  for (const pair of pairs.values()) {
    if (pair.count < 2 || (best !== null && pair.count < best.count)) continue;
    const isTie = best !== null && pair.count === best.count;
    if (isTie && (pair.left - best!.left || pair.right - best!.right) > 0) continue;
    best = pair;
  }
  return best;
}

function mergePair({ pairs }: Corpus, pair: Pair, merged: number): void {
  for (const word of [...pair.words]) {
    const ids: number[] = [];
    for (let i = 0; i < word.ids.length; i++) {
      if (word.ids[i] === pair.left && word.ids[i + 1] === pair.right) {
        ids.push(merged);
        i++;
      } else ids.push(word.ids[i]!);
    }
    if (ids.length === word.ids.length) continue; // the pair has left this word since
    addPairs(pairs, word, -1);
    word.ids = ids;
    addPairs(pairs, word, 1);
  }
}

/**
 * The character that stands for each byte in a byte-level vocabulary: printable bytes stand for themselves, the others
 * are shifted past 255 in order (GPT-2's `bytes_to_unicode`).
 */
const BYTE_CHARACTERS: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    return String.fromCharCode(isPrintable ? byte : next++);
  });
})();

function toFiles(
  vocabulary: readonly string[],
  merges: readonly string[],
  maxLength: number,
): TokenizerFiles {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const { end, pad, ...roles } = TURN_TOKENS;
  return {
    tokenizer: {
      version: "1.0",
      truncation: null,
      padding: null,
      added_tokens: Object.values(TURN_TOKENS).map((content, id) => ({ id, content, ...flags })),
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: "BPE",
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
        merges,
      },
    },
    config: {
      tokenizer_class: "PreTrainedTokenizerFast",
      eos_token: end,
      pad_token: pad,
      additional_special_tokens: Object.values(roles),
      clean_up_tokenization_spaces: false,
      model_max_length: maxLength,
      chat_template: TURN_TEMPLATE,
    },
  };
}
