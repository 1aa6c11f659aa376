// A document as the parts that a constitution is made of: sentences that ask for something are principles, what explains them is
// their reasons, headings are tags and the title, and the rest is left out where everybody can see it. Keeps every span.
import type { ForeignReading } from "../exchange/draft.ts";
import { slug } from "../principle-ids.ts";
import { coverageOf, type Piece, placeIn, type Role } from "./coverage.ts";
import { announcesExamples, announcesOrder, goesOn, isExplanation, isNormative } from "./normative.ts";
import { type Block, blocksOf, type Item, type Sentence, type Span } from "./sentences.ts";

/** One sentence and what became of it. */
export interface Part extends Sentence, Pick<Piece, "isAssumed"> {
  readonly role: Exclude<Role, "layout">;
  /** Headings above it, the highest first; the title is none of them. */
  readonly section: readonly string[];
  /** Of a principle: what it says, where that is more than the sentence. */
  readonly principle?: string;
  /** Of a principle in a list, or below headings, whose order counts: its place from 1, and how many there are. */
  readonly rank?: { readonly place: number; readonly of: number };
  /** Of a reason: where the principle that it explains begins. */
  readonly explains?: number;
}

/** A document's title and its sentences in order. */
export interface Split {
  readonly title?: string;
  readonly parts: readonly Part[];
  /** What stands in a sentence and is none of its words. */
  readonly comments: readonly Span[];
}

/** What has been read so far. */
interface Reader {
  readonly title: string | undefined;
  readonly parts: Part[];
  /** Headings above, the highest first. */
  section: readonly (Pick<Part, "text" | "rank"> & { readonly depth: number })[];
  /** The principle that an explanation would belong to. */
  current?: { readonly start: number; readonly block: Block } | undefined;
  /** By list and by numbering: the part that stands before it. */
  readonly before: Map<number, Part | undefined>;
}

/** Splits by words and layout alone (normative.ts). */
export function splitProse(document: string): Split {
  const blocks = blocksOf(document);
  const tops = blocks.filter(({ heading }) => heading === 1);
  const title = (tops.length === 1 && blocks[0] === tops[0] && nameOf(tops[0]!)) || undefined;
  const reader: Reader = { title, parts: [], section: [], before: new Map() };
  for (const [i, block] of blocks.entries()) {
    if (block.heading === undefined) readParagraph(reader, block, blocks[i + 1]);
    else readHeading(reader, block, block.heading, i === 0 && title !== undefined);
  }
  const comments = blocks.flatMap((block) => block.comments);
  return settled({ ...(title !== undefined && { title }), parts: reader.parts, comments });
}

/** A heading's words, without the attributes that some dialects put behind them: "Scope {#scope}". */
const nameOf = ({ sentences }: Block): string => sentences[0]!.text.replace(/\s*\{[^}]*\}$/, "");

/** The place of what is counted through, where words above it say that the order counts. */
function rankOf(
  { place, numbering }: Pick<Item, "place" | "numbering">,
  above: readonly (string | undefined)[],
  isNumbered: boolean,
): Part["rank"] {
  const isRanked = above.some((text) => text !== undefined && announcesOrder(text, isNumbered));
  return isRanked ? { place, of: numbering.of } : undefined;
}

/** A heading is a name for what stands below it; one that asks for something is a principle as well. */
function readHeading(reader: Reader, block: Block, depth: number, isTitle: boolean): void {
  const { title, parts, before } = reader;
  const { numbered } = block;
  const [sentence] = block.sentences as [Sentence];
  const text = isTitle || numbered === undefined ? nameOf(block) : nameOf(block).replace(/^\d+[.)] /, "");
  const above = reader.section.filter((one) => one.depth < depth);
  if (numbered?.place === 1) before.set(numbered.numbering.first, parts.at(-1));
  const opening = numbered && before.get(numbered.numbering.first)?.text;
  const rank = numbered && rankOf(numbered, [opening, above.at(-1)?.text ?? title], true);
  const ranked = rank ?? above.at(-1)?.rank;
  const isPrinciple = !isTitle && isNormative(text);
  if (!isTitle) reader.section = [...above, { depth, text, ...(ranked && { rank: ranked }) }];
  reader.current = isPrinciple ? { start: sentence.start, block } : undefined;
  parts.push({
    ...sentence,
    text,
    role: isPrinciple ? "principle" : "heading",
    section: above.map((one) => one.text),
    ...(isPrinciple && ranked && { rank: ranked }),
  });
}

function readParagraph(reader: Reader, block: Block, next: Block | undefined): void {
  const { title, parts, before, section } = reader;
  const { item } = block;
  if (item !== undefined && !before.has(item.list)) before.set(item.list, parts.at(-1));
  const openings =
    item === undefined ? [] : [item.list, item.numbering.first].map((list) => before.get(list));
  const intro = openings.find((one) => one?.role === "introduction")?.text;
  const isExample = openings.some((one) => one?.text.endsWith(":") && announcesExamples(one.text));
  const above = [...openings.map((one) => one?.text), section.at(-1)?.text ?? title];
  const rank = (item && rankOf(item, above, item.isOrdered)) ?? section.at(-1)?.rank;
  const opensList = next?.item !== undefined && next.item.list !== item?.list;
  const sentences = joined(block);
  for (const [n, sentence] of sentences.entries()) {
    const { text } = sentence;
    const { current } = reader;
    const isWithin = current !== undefined && isSameItem(current.block, block);
    const opensItem = n === 0 && item?.isFirst === true;
    const isItem = opensItem && (intro !== undefined || isListed(block, isWithin));
    const last = parts.at(-1);
    if (n > 0 && last?.role === "principle" && goesOn(last.text, text)) {
      const { principle = last.text } = last;
      const more = { text: `${last.text} ${text}`, principle: `${principle} ${text}` };
      parts[parts.length - 1] = { ...last, ...more, end: sentence.end };
      continue;
    }
    const asks = isNormative(text);
    const part = { ...sentence, section: section.map((one) => one.text) };
    if (asks && opensList && n === sentences.length - 1 && text.endsWith(":"))
      parts.push({ ...part, role: "introduction" });
    else if ((asks || (isItem && !isExample)) && !isExplanation(text)) {
      reader.current = { start: sentence.start, block };
      parts.push({
        ...part,
        role: "principle",
        ...(opensItem && intro !== undefined && { principle: `${intro} ${text}` }),
        ...(rank && { rank }),
      });
    } else if (current !== undefined && (isWithin || isExample || isExplanation(text))) {
      const isAssumed = !isExample && !isExplanation(text);
      parts.push({ ...part, role: "reason", explains: current.start, ...(isAssumed && { isAssumed }) });
    } else parts.push({ ...part, role: "left-out" });
  }
}

/** A label of one or two words that opens an item belongs to what it labels. */
function joined({ item, sentences }: Block): readonly Sentence[] {
  const [first, second, ...rest] = sentences;
  const isLabel = (text: string) => text.split(" ").length <= 2 && !isNormative(text);
  if (item === undefined || second === undefined || !isLabel(first!.text)) return sentences;
  return [{ start: first!.start, end: second.end, text: `${first!.text} ${second.text}` }, ...rest];
}

/** Whether a paragraph continues, or stands below, what the principle stands in. */
const isSameItem = (principle: Block, block: Block): boolean =>
  principle === block ||
  (principle.item !== undefined &&
    block.item !== undefined &&
    ((block.item.list === principle.item.list && block.item.index === principle.item.index) ||
      block.item.depth > principle.item.depth));

/** An item of several words that stands below no other principle. */
const isListed = ({ sentences }: Block, isWithin: boolean): boolean =>
  !isWithin && sentences[0]!.text.split(" ").length > 2;

/** Headings without a principle below them or without letters that a tag can have, introductions without a list and reasons without their principle are left out. */
export function settled({ parts, ...split }: Split): Split {
  const principles = parts.filter(({ role }) => role === "principle");
  const starts = new Set(principles.map(({ start }) => start));
  const named = new Set(principles.flatMap(({ section }) => section));
  return {
    ...split,
    parts: parts.map((part, i): Part => {
      const isLost =
        (part.role === "heading" &&
          part.text !== split.title &&
          (!named.has(part.text) || slug(part.text) === undefined)) ||
        (part.role === "reason" && !starts.has(part.explains!)) ||
        (part.role === "introduction" && parts[i + 1]?.role !== "principle");
      return isLost ? { ...part, role: "left-out" } : part;
    }),
  };
}

/** The parts as a constitution: spans as locators, headings as tags, ranks as weights. */
export function readingOfSplit({ title, parts, comments }: Split, document: string): ForeignReading {
  const place = placeIn(document);
  const reasons = Map.groupBy(
    parts.filter(({ role }) => role === "reason"),
    ({ explains }) => explains,
  );
  const principles = parts.filter(({ role }) => role === "principle");
  const ranked = principles.filter(({ rank }) => rank !== undefined).length;
  return {
    ...(title !== undefined && { title }),
    principles: principles.map(({ text, principle = text, start, end, section, rank }) => ({
      text: principle,
      locator: place({ start, end }),
      reasons: (reasons.get(start) ?? []).map((reason) => reason.text).join(" "),
      weight: rank === undefined ? 1 : rank.of - rank.place + 1,
      tags: [
        ...section.flatMap((heading) => slug(heading) ?? []),
        ...(rank === undefined ? [] : [`priority-${rank.place}`]),
      ],
    })),
    notes:
      ranked === 0
        ? []
        : [
            `${ranked} principles of lists or sections whose order counts: the first weighs as many as there are, the last 1`,
          ],
    coverage: coverageOf(document, parts, comments),
  };
}
