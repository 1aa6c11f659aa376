// The sentences of a document in Markdown or plain text, each with the exact span that it stands in. Knows headings, lists and
// paragraphs; not what a sentence asks for.
import type { Nodes, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { beforeTable, footnoteMarks, taskMark } from "./github-markdown.ts";
import { type Numbering, numberings } from "./numbering.ts";
import { withMarkdownLists } from "./plain-lists.ts";

/** A stretch of the document: offsets in UTF-16 units, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A sentence as a person reads it, without Markdown, white space made one. */
export interface Sentence extends Span {
  readonly text: string;
}

/** The list item that a paragraph stands in. */
export interface Item {
  /** Offset at which its list begins: the same for all its items. */
  readonly list: number;
  readonly isOrdered: boolean;
  /** From 0. */
  readonly index: number;
  /** Place in the numbering, from 1. */
  readonly place: number;
  readonly numbering: Numbering;
  /** Lists around this one. */
  readonly depth: number;
  /** Whether the paragraph is the item's first. */
  readonly isFirst: boolean;
}

/** A heading, which is one sentence, or a paragraph. */
export interface Block {
  /** Of a heading: from 1, the highest. */
  readonly heading?: number;
  readonly item?: Item;
  /** Of a heading with a number before its words: its place among those of its section. */
  readonly numbered?: { readonly place: number; readonly numbering: Numbering };
  readonly sentences: readonly Sentence[];
  /** Comments in it, which nobody reads. */
  readonly comments: readonly Span[];
}

/** Code that is only indented is prose in a text file; letters between a first pair of --- are the file's, not the document's. */
const OPTIONS = { extensions: [{ disable: { null: ["codeIndented"] } }] };
const FRONT_MATTER = /^---\r?\n[\s\S]*?\r?\n---(?=\r?\n|$)/;

/** Headings and paragraphs in order. What is in none (code, raw HTML, tables, front matter) is not returned. */
export function blocksOf(document: string): readonly Block[] {
  const text = withMarkdownLists(document.replace(FRONT_MATTER, (front) => front.replace(/[^\n]/g, " ")));
  const source = { text, notes: footnoteMarks(text) };
  const blocks: Block[] = [];
  const counting = numberings();
  const visit = (node: RootContent, item: Item | undefined): void => {
    if (node.type === "heading") {
      const span = trimmed(inner(node), text);
      const said = visible(runsOf(node, source), spanOf(node), text);
      const number = /^(\d{1,9})[.)] /.exec(said);
      const numbered = counting.takeHeading(node.depth, number ? Number(number[1]) : undefined, span.start);
      if (said !== "")
        blocks.push({
          heading: node.depth,
          ...(item && { item }),
          ...(numbered && { numbered: { ...numbered, place: numbered.before + 1 } }),
          sentences: [{ ...span, text: said }],
          comments: commentsIn(node),
        });
    } else if (node.type === "paragraph") {
      const sentences = sentencesOf(node, source, item?.isFirst === true);
      if (sentences.length > 0) blocks.push({ ...(item && { item }), sentences, comments: commentsIn(node) });
    } else if (node.type === "list") {
      const { start: list } = spanOf(node);
      const isOrdered = node.ordered === true;
      const depth = item === undefined ? 0 : item.depth + 1;
      const start = isOrdered ? node.start! : undefined;
      const { before, numbering } = counting.takeList(depth, start, list, node.children.length);
      for (const [index, child] of node.children.entries())
        for (const [n, own] of child.children.entries())
          visit(own, {
            list,
            isOrdered,
            index,
            depth,
            numbering,
            place: before + index + 1,
            isFirst: n === 0,
          });
    } else if (node.type === "blockquote") for (const child of node.children) visit(child, item);
  };
  for (const node of fromMarkdown(text, OPTIONS).children) visit(node, undefined);
  return blocks;
}

/** The document, and what marks a footnote in it. */
interface Source {
  readonly text: string;
  readonly notes: RegExp;
}

/** HTML that is no tag. */
const isComment = (node: Nodes): boolean => node.type === "html" && !/^<\/?[a-z]/i.test(node.value);

const commentsIn = (node: Nodes): readonly Span[] =>
  isComment(node)
    ? [spanOf(node)]
    : "children" in node
      ? node.children.flatMap((child) => commentsIn(child))
      : [];

const spanOf = ({ position }: Nodes): Span => ({
  start: position!.start.offset!,
  end: position!.end.offset!,
});

/** From the first to the last of what a node holds, its own marks left out. */
function inner(node: Extract<Nodes, { children: unknown }>): Span {
  const [first, last] = [node.children[0], node.children.at(-1)] as [Nodes | undefined, Nodes | undefined];
  return first === undefined ? spanOf(node) : { start: spanOf(first).start, end: spanOf(last!).end };
}

function trimmed({ start, end }: Span, text: string): Span {
  const said = text.slice(start, end);
  return {
    start: start + said.length - said.trimStart().length,
    end: end - said.length + said.trimEnd().length,
  };
}

/** What of a paragraph is read: text as it stands, or what is read in its place (code, a line's end), which is never divided. */
interface Run extends Span {
  readonly read?: string;
}

function runsOf(node: Nodes, source: Source): readonly Run[] {
  const span = spanOf(node);
  if (node.type === "text") {
    let { start } = span;
    const runs = Array.from(
      source.text.slice(start, span.end).matchAll(source.notes),
      ({ 0: mark, index }) => {
        const run = { start, end: span.start + index };
        start = run.end + mark.length;
        return run;
      },
    );
    return [...runs, { start, end: span.end }];
  }
  if (node.type === "inlineCode") return [{ ...span, read: node.value }];
  if (node.type === "image" || node.type === "imageReference") return [{ ...span, read: node.alt ?? "" }];
  if (isComment(node)) return [{ ...span, read: "" }];
  if (node.type === "break") return [{ ...span, read: " " }];
  if (node.type === "linkReference" && node.identifier.startsWith("^")) return []; // a footnote that is one word
  return "children" in node ? node.children.flatMap((child) => runsOf(child, source)) : [];
}

/** The readable text of a span. */
function visible(runs: readonly Run[], { start, end }: Span, text: string): string {
  const said = runs.map((run) => {
    if (run.read !== undefined) return run.start >= start && run.start < end ? run.read : "";
    return unescaped(text.slice(Math.max(start, run.start), Math.max(start, Math.min(end, run.end))));
  });
  return said.join("").replace(CONTINUED, " ").replace(/\s+/g, " ").trim();
}

/** A line's end with what marks the next line as belonging to the same quotation or item. */
const CONTINUED = /\r?\n[ \t>]*/g;

/** Backslashes and entities as they are read. */
function unescaped(piece: string): string {
  if (!/[\\&]/.test(piece)) return piece;
  const [paragraph] = fromMarkdown(`x${piece}x`, OPTIONS).children;
  const [only] = paragraph?.type === "paragraph" && paragraph.children.length === 1 ? paragraph.children : [];
  return only?.type === "text" ? only.value.slice(1, -1) : piece;
}

const segmenter = new Intl.Segmenter("en", { granularity: "sentence" });

/** Stops that end no sentence, at the end of a stretch. */
const ABBREVIATED =
  /(?:^|[\s(])(?:e\.g|i\.e|cf|vs|viz|Mr|Mrs|Ms|Dr|Prof|St|Nos?|Arts?|[Ss]ecs?|Figs?|[Cc]h|[Cc]hap|[Pp]ara|pp?|[Vv]ol|approx|ca|incl|esp|\p{Lu})\.\s*$/u;

/** As a sentence goes on behind what it quotes: 'It must say "No!" and leave.' */
const BEGINS_SMALL = /^\u00ad*\p{Ll}/u;

/** What stands in brackets belongs to one sentence. */
const BRACKETED = /\([^()]*\)|\[[^[\]]*\]/g;

/** Invisible to the segmenter, so that a mark never ends a sentence or keeps one from ending. */
const SOFT = "\u00ad";

function sentencesOf(node: Nodes, source: Source, opensItem: boolean): readonly Sentence[] {
  const { text } = source;
  const span = spanOf(node);
  const said = text.slice(span.start, span.end);
  const from = span.start + (opensItem ? taskMark(said).length : 0);
  const to = Math.max(from, span.start + beforeTable(said).length);
  const runs = runsOf(node, source).flatMap((run) =>
    run.end <= from || run.start >= to
      ? []
      : { ...run, start: Math.max(from, run.start), end: Math.min(to, run.end) },
  );
  const mask = maskOf(runs, { start: from, end: to }, text);
  const brackets = Array.from(mask.matchAll(BRACKETED), ({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
  }));
  let bracket = 0; // those before it end before the segment begins
  const spans: { start: number; end: number }[] = [];
  for (const { index, segment } of segmenter.segment(mask)) {
    // Marks that open the next sentence stand behind the space before it.
    const opening = /(?<=\s)\u00ad+$/.exec(segment)?.[0].length ?? 0;
    const last = spans.at(-1);
    const before = mask.slice(last?.start ?? 0, index).replaceAll(SOFT, "");
    const end = index + segment.length - opening;
    while (bracket < brackets.length && brackets[bracket]!.end <= index) bracket += 1;
    const isBracketed = (brackets[bracket]?.start ?? index) < index;
    const isWithin = isBracketed || ABBREVIATED.test(before) || BEGINS_SMALL.test(segment);
    if (last !== undefined && isWithin) last.end = end;
    else spans.push({ start: last?.end ?? 0, end });
  }
  const last = spans.at(-1);
  if (last !== undefined) last.end = mask.length;
  let next = 0; // runs before it end before the sentence
  return spans.flatMap(({ start, end }) => {
    const span = trimmed({ start: from + start, end: from + end }, text);
    while (next < runs.length && runs[next]!.end <= span.start) next += 1;
    const own = runs.slice(next, firstFrom(runs, next, span.end));
    const said = visible(own, span, text);
    return said === "" ? [] : [{ ...span, text: said }];
  });
}

/** Of runs in order, the first from `next` on that begins at `end` or behind it. */
function firstFrom(runs: readonly Run[], next: number, end: number): number {
  let at = next;
  while (at < runs.length && runs[at]!.start < end) at += 1;
  return at;
}

/** What the segmenter sees of what is read in another's place; of other words, letters. */
const SEEN: Readonly<Record<string, string>> = { " ": " ", "": SOFT };

/** The paragraph, character for character, as the segmenter is to see it: between two lines there is a space. */
function maskOf(runs: readonly Run[], { start, end }: Span, text: string): string {
  const flat = text.slice(start, end).replace(CONTINUED, (mark) => " ".repeat(mark.length));
  const marks = (from: number, to: number) => flat.slice(from, to).replace(/\S/g, SOFT);
  let mask = "";
  for (const run of runs) {
    mask += marks(mask.length, run.start - start);
    const said = flat.slice(run.start - start, run.end - start);
    mask += run.read === undefined ? said : said.replace(/./gs, SEEN[run.read] ?? "x");
  }
  return mask + marks(mask.length, end - start);
}
