// The sentences of a document in Markdown or plain text, each with the exact span that it stands in. Knows headings, lists and
// paragraphs; not what a sentence asks for.
import type { Nodes, RootContent } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";

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
  /** Items of the list. */
  readonly count: number;
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
  readonly sentences: readonly Sentence[];
}

/** Code that is only indented is prose in a text file; letters between a first pair of --- are the file's, not the document's. */
const OPTIONS = { extensions: [{ disable: { null: ["codeIndented"] } }] };
const FRONT_MATTER = /^---\r?\n[\s\S]*?\r?\n---(?=\r?\n|$)/;

/** Headings and paragraphs in order. What is in none (code, raw HTML, front matter) is not returned. */
export function blocksOf(document: string): readonly Block[] {
  const text = document.replace(FRONT_MATTER, (front) => front.replace(/[^\n]/g, " "));
  const blocks: Block[] = [];
  const visit = (node: RootContent, item: Item | undefined): void => {
    if (node.type === "heading") {
      const span = spanOf(node);
      const said = visible(runsOf(node), span, text);
      if (said !== "")
        blocks.push({
          heading: node.depth,
          ...(item && { item }),
          sentences: [{ ...trimmed(inner(node), text), text: said }],
        });
    } else if (node.type === "paragraph") {
      const sentences = sentencesOf(node, text);
      if (sentences.length > 0) blocks.push({ ...(item && { item }), sentences });
    } else if (node.type === "list") {
      const { start: list } = spanOf(node);
      for (const [index, child] of node.children.entries())
        for (const [n, own] of child.children.entries())
          visit(own, {
            isFirst: n === 0,
            list,
            index,
            isOrdered: node.ordered === true,
            count: node.children.length,
            depth: item === undefined ? 0 : item.depth + 1,
          });
    } else if (node.type === "blockquote") for (const child of node.children) visit(child, item);
  };
  for (const node of fromMarkdown(text, OPTIONS).children) visit(node, undefined);
  return blocks;
}

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

function runsOf(node: Nodes): readonly Run[] {
  if (node.type === "text") return [spanOf(node)];
  if (node.type === "inlineCode") return [{ ...spanOf(node), read: node.value }];
  if (node.type === "break") return [{ ...spanOf(node), read: " " }];
  return "children" in node ? node.children.flatMap((child) => runsOf(child)) : [];
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
const ABBREVIATED = /(?:^|[\s(])(?:e\.g|i\.e|cf|vs|Mr|Mrs|Ms|Dr|Prof|St|No|Art|Sec|Fig|\p{Lu})\.\s*$/u;

/** Invisible to the segmenter, so that a mark never ends a sentence or keeps one from ending. */
const SOFT = "\u00ad";

function sentencesOf(node: Nodes, text: string): readonly Sentence[] {
  const { start: from, end: to } = spanOf(node);
  const runs = runsOf(node);
  const mask = maskOf(runs, { start: from, end: to }, text);
  const spans: { start: number; end: number }[] = [];
  for (const { index, segment } of segmenter.segment(mask)) {
    // Marks that open the next sentence stand behind the space before it.
    const opening = /(?<=\s)\u00ad+$/.exec(segment)?.[0].length ?? 0;
    const last = spans.at(-1);
    const before = mask.slice(last?.start ?? 0, index).replaceAll(SOFT, "");
    const end = index + segment.length - opening;
    if (last !== undefined && ABBREVIATED.test(before)) last.end = end;
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

/** The paragraph, character for character, as the segmenter is to see it: between two lines there is a space. */
function maskOf(runs: readonly Run[], { start, end }: Span, text: string): string {
  const flat = text.slice(start, end).replace(CONTINUED, (mark) => " ".repeat(mark.length));
  const marks = (from: number, to: number) => flat.slice(from, to).replace(/\S/g, SOFT);
  let mask = "";
  for (const run of runs) {
    mask += marks(mask.length, run.start - start);
    const said = flat.slice(run.start - start, run.end - start);
    mask += run.read === undefined ? said : said.replace(/./gs, run.read === " " ? " " : "x");
  }
  return mask + marks(mask.length, end - start);
}
