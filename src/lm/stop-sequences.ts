// Stop sequences: they are texts, and models draw tokens. Whether the newest token completes one is asked after every token,
// so only tokens that hold the last character of a stop sequence are looked into, and only the end of the text is decoded.
import type { Tokenizer } from "./tokenizer.ts";

export interface StopSequences {
  /** Whether a stop sequence ends within the last of the tokens; asked for each new token in turn. */
  isStopped(tokens: readonly number[]): boolean;
  /** The text before the first occurrence of any stop sequence. */
  cut(text: string): string;
}

/**
 * The stop sequences of a call.
 *
 * @param stop empty ones are left out
 * @example createStopSequences(tokenizer, ["\n\n"]).cut("yes\n\nno") // "yes"
 */
export function createStopSequences(tokenizer: Tokenizer, stop: readonly string[]): StopSequences {
  const sequences = stop.filter((sequence) => sequence !== "");
  const lastCharacters = new Set(sequences.map((sequence) => [...sequence].at(-1)!));
  // A token stands for at least one byte, so a sequence of n bytes lies within its last n tokens.
  const reach = Math.max(0, ...sequences.map((sequence) => Buffer.byteLength(sequence)));
  const concerned = new Map<number, boolean>();

  function concerns(token: number): boolean {
    let known = concerned.get(token);
    if (known === undefined) {
      // Elsewhere than in byte-level vocabularies a token alone may read differently than within a text.
      const isByteLevel = tokenizer.byteLength(token) !== null;
      const text = tokenizer.decode([token]);
      known =
        !isByteLevel ||
        text.includes("\uFFFD") ||
        [...text].some((character) => lastCharacters.has(character));
      concerned.set(token, known);
    }
    return known;
  }

  return {
    isStopped(tokens) {
      const last = tokens.at(-1);
      if (last === undefined || reach === 0 || !concerns(last)) return false;
      const ending = tokenizer.decode(tokens.slice(-reach));
      return sequences.some((sequence) => ending.includes(sequence));
    },
    cut: (text) => textBefore(text, sequences),
  };
}

/** The text before the first occurrence of any of the sequences; all of it where there is none. */
export function textBefore(text: string, sequences: readonly string[]): string {
  const starts = sequences.map((sequence) => text.indexOf(sequence)).filter((start) => start !== -1);
  return starts.length === 0 ? text : text.slice(0, Math.min(...starts));
}
