// What became of every character of a document that was split into principles. Knows spans and roles, not how they were found.
import { PLAIN_MARK } from "./plain-lists.ts";
import type { Span } from "./sentences.ts";

/** What a sentence became. */
export type Role =
  | "principle"
  /** Explains the principle before it. */
  | "reason"
  /** The constitution's title, or a tag of what stands under it. */
  | "heading"
  /** Begins the principles of the list after it. */
  | "introduction"
  | "left-out"
  /** White space and marks: "#", "-", "1.", "```". */
  | "layout";

/** Consecutive stretches that make up the whole document. */
export interface Piece extends Span {
  readonly role: Role;
  /** Of a reason: that only its place makes it one, and no word such as "because". */
  readonly isAssumed?: true;
}

export interface Coverage {
  readonly pieces: readonly Piece[];
  /** Characters of the document, layout left out, and those of them that were not left out. */
  readonly characters: number;
  readonly covered: number;
  /** What was left out. */
  readonly leftOut: readonly Passage[];
  /** Reasons by their place alone, some of which may be principles that no word shows. */
  readonly assumed: readonly Passage[];
}

/** A stretch as it stands, with its place. */
export interface Passage {
  readonly place: string;
  readonly text: string;
}

/**
 * The document as pieces: those given, which stand in order, and what is between them.
 * @param comments what stands in a piece and is none of its words
 */
export function coverageOf(
  document: string,
  given: readonly Piece[],
  comments: readonly Span[] = [],
): Coverage {
  const pieces: Piece[] = [];
  let end = 0;
  for (const piece of given) {
    pieces.push(...between(document, { start: end, end: piece.start }), piece);
    end = piece.end;
  }
  pieces.push(...between(document, { start: end, end: document.length }));
  const size = (of: readonly Span[]) => of.reduce((sum, { start, end }) => sum + end - start, 0);
  const characters = size(pieces.filter(({ role }) => role !== "layout"));
  const place = placeIn(document);
  const passages = (of: readonly Span[]): readonly Passage[] =>
    of.map((span) => ({ place: place(span), text: document.slice(span.start, span.end) }));
  const isWithin = (comment: Span) =>
    given.some(({ start, end, role }) => role !== "left-out" && start <= comment.start && comment.end <= end);
  const leftOut: readonly Span[] = [
    ...pieces.filter(({ role }) => role === "left-out"),
    ...comments.filter(isWithin),
  ].sort((a, b) => a.start - b.start);
  return {
    pieces,
    characters,
    covered: characters - size(leftOut),
    leftOut: passages(leftOut),
    assumed: passages(pieces.filter(({ role, isAssumed }) => role === "reason" && isAssumed)),
  };
}

/** Layout, but for what has words or figures in it, such as code. */
function between(document: string, { start, end }: Span): readonly Piece[] {
  const text = document.slice(start, end);
  // The last line may only mark what comes next: "- ", "2. ", "> ".
  const line = text.lastIndexOf("\n") + 1;
  const kept = (MARKS.test(text.slice(line)) ? text.slice(0, line) : text).trimEnd();
  const from = start + kept.length - kept.trimStart().length;
  const to = start + kept.length;
  const pieces: readonly Piece[] = /[\p{L}\p{N}]/u.test(kept)
    ? [
        { start, end: from, role: "layout" },
        { start: from, end: to, role: "left-out" },
        { start: to, end, role: "layout" },
      ]
    : [{ start, end, role: "layout" }];
  return pieces.filter((piece) => piece.end > piece.start);
}

const MARKS = new RegExp(`^[\\s>*+#-]*(?:\\d+[.)]|${PLAIN_MARK})?\\s*(?:\\[[ xX]\\]\\s)?[\\s>*_[(]*$`);

/** "12:1–12:80": lines and columns from 1, the last one included; columns in UTF-16 units. */
export function placeIn(document: string): (span: Span) => string {
  const starts = [0, ...Array.from(document.matchAll(/\n/g), ({ index }) => index + 1)];
  const at = (offset: number): string => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return `${low + 1}:${offset - starts[low]! + 1}`;
  };
  return ({ start, end }) => `${at(start)}–${at(Math.max(start, end - 1))}`;
}
