// A document as the parts that a constitution is made of: sentences that ask for something are principles, what explains them is
// their reasons, headings are tags and the title, and the rest is left out where everybody can see it. Keeps every span.
import type { Reading } from "../exchange/draft.ts";
import { slug } from "../principle-ids.ts";
import { coverageOf, type Piece, placeIn, type Role } from "./coverage.ts";
import { announcesExamples, announcesOrder, goesOn, isExplanation, isNormative } from "./normative.ts";
import { type Block, blocksOf, type Sentence } from "./sentences.ts";

/** One sentence and what became of it. */
export interface Part extends Sentence {
  readonly role: Exclude<Role, "layout">;
  /** Headings above it, the highest first; the title is none of them. */
  readonly section: readonly string[];
  /** Of a principle: what it says, where that is more than the sentence. */
  readonly principle?: string;
  /** Of a principle in a list whose order counts: its place from 1, and how many there are. */
  readonly rank?: { readonly place: number; readonly of: number };
  /** Of a reason: where the principle that it explains begins. */
  readonly explains?: number;
}

/** A document's title and its sentences in order. */
export interface Split {
  readonly title?: string;
  readonly parts: readonly Part[];
}

/** What has been read so far. */
interface Reader {
  readonly parts: Part[];
  /** Headings above, the highest first. */
  section: readonly { readonly depth: number; readonly text: string }[];
  /** The principle that an explanation would belong to. */
  current?: { readonly start: number; readonly block: Block } | undefined;
  /** By list: the part that stands before it. */
  readonly before: Map<number, Part | undefined>;
}

/** Splits by words and layout alone (normative.ts). */
export function splitProse(document: string): Split {
  const blocks = blocksOf(document);
  const tops = blocks.filter(({ heading }) => heading === 1);
  const title = tops.length === 1 && blocks[0] === tops[0] ? nameOf(tops[0]!) : undefined;
  const reader: Reader = { parts: [], section: [], before: new Map() };
  for (const [i, block] of blocks.entries()) {
    if (block.heading === undefined) readParagraph(reader, block, blocks[i + 1]);
    else readHeading(reader, block, block.heading, i === 0 && title !== undefined);
  }
  return settled({ ...(title !== undefined && { title }), parts: reader.parts });
}

/** A heading's words, without the attributes that some dialects put behind them: "Scope {#scope}". */
const nameOf = ({ sentences }: Block): string => sentences[0]!.text.replace(/\s*\{[^}]*\}$/, "");

/** A heading is a name for what stands below it; one that asks for something is a principle as well. */
function readHeading(reader: Reader, block: Block, depth: number, isTitle: boolean): void {
  const [sentence] = block.sentences as [Sentence];
  const text = nameOf(block);
  const above = reader.section.filter((one) => one.depth < depth);
  const isPrinciple = !isTitle && isNormative(text);
  if (!isTitle) reader.section = [...above, { depth, text }];
  reader.current = isPrinciple ? { start: sentence.start, block } : undefined;
  reader.parts.push({
    ...sentence,
    text,
    role: isPrinciple ? "principle" : "heading",
    section: above.map((one) => one.text),
  });
}

function readParagraph(reader: Reader, block: Block, next: Block | undefined): void {
  const { parts, before, section } = reader;
  const { item } = block;
  if (item !== undefined && !before.has(item.list)) before.set(item.list, parts.at(-1));
  const opening = item && before.get(item.list);
  const intro = opening?.role === "introduction" ? opening.text : undefined;
  const isExample = opening?.text.endsWith(":") === true && announcesExamples(opening.text);
  const isRanked =
    item?.isOrdered === true &&
    [opening?.text, section.at(-1)?.text].some((text) => text !== undefined && announcesOrder(text));
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
        ...(isRanked && { rank: { place: item.index + 1, of: item.count } }),
      });
    } else if (current !== undefined && (isWithin || isExample || isExplanation(text)))
      parts.push({ ...part, role: "reason", explains: current.start });
    else parts.push({ ...part, role: "left-out" });
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

/** Headings without a principle below them, introductions without a list and reasons without their principle are left out. */
export function settled({ parts, ...split }: Split): Split {
  const principles = parts.filter(({ role }) => role === "principle");
  const starts = new Set(principles.map(({ start }) => start));
  const named = new Set(principles.flatMap(({ section }) => section));
  return {
    ...split,
    parts: parts.map((part, i): Part => {
      const isLost =
        (part.role === "heading" && !named.has(part.text) && part.text !== split.title) ||
        (part.role === "reason" && !starts.has(part.explains!)) ||
        (part.role === "introduction" && parts[i + 1]?.role !== "principle");
      return isLost ? { ...part, role: "left-out" } : part;
    }),
  };
}

/** The parts as a constitution: spans as locators, headings as tags, ranks as weights. */
export function readingOfSplit({ title, parts }: Split, document: string): Reading {
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
            `${ranked} principles of lists whose order counts: the first weighs as many as the list has, the last 1`,
          ],
    coverage: coverageOf(
      document,
      parts.map(({ start, end, role }): Piece => ({ start, end, role })),
    ),
  };
}
