// Text cut into rows as its bytes come: JSONL by lines, a JSON list by its items, a JSON document in one piece. Keeps no more than
// a row in memory. Parses nothing.
import type { SourceRow } from "../method/datasets/dataset.ts";
import { UserError } from "../user-error.ts";

/** Takes a piece of the text, and null at its end; gives the rows that have come to an end. */
type Splitter = (chunk: Buffer | null) => Generator<SourceRow>;

const [NEWLINE, QUOTE, BACKSLASH, COMMA, COLON] = [0x0a, 0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** White space, and the bytes of a byte-order mark. */
const isBlank = (byte: number): boolean =>
  byte === 0x20 || (byte >= 0x09 && byte <= 0x0d) || byte === 0xef || byte === 0xbb || byte === 0xbf;

/**
 * The rows of a text, each with the line it begins on.
 * @param file what errors call it
 * @throws UserError when a list does not end, or something follows it
 */
export async function* splitRows(file: string, chunks: AsyncIterable<Buffer>): AsyncGenerator<SourceRow> {
  let head: Buffer = Buffer.alloc(0);
  let split: Splitter | undefined;
  for await (const chunk of chunks) {
    head = split === undefined ? Buffer.concat([head, chunk]) : chunk;
    const first = split === undefined ? head.find((byte) => !isBlank(byte)) : undefined;
    if (first !== undefined) split = first === OPEN_LIST ? items(file) : lines();
    if (split !== undefined) yield* split(head);
  }
  if (split !== undefined) yield* split(null);
}

/** Lines; one document where the first of them opens an object and goes on in the next. */
function lines(): Splitter {
  let rest: Buffer[] = [];
  let line = 0;
  let isDocument: boolean | undefined;
  return function* (chunk) {
    let start = 0;
    for (let end = 0; chunk !== null && isDocument !== true; start = end + 1) {
      end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      const source = joined(rest, chunk.subarray(start, end));
      isDocument ??= source.every(isBlank) ? undefined : isOpening(source);
      rest = isDocument ? [source, Buffer.of(NEWLINE)] : [];
      if (!isDocument) yield { line: ++line, source };
    }
    if (chunk !== null) rest.push(chunk.subarray(start));
    else yield { line: line + 1, source: Buffer.concat(rest) };
  };
}

/** No row ends with these, and one that was cut short seldom does. */
const GOES_ON = [OPEN_OBJECT, OPEN_LIST, COMMA, COLON];

const isOpening = (line: Buffer): boolean =>
  line.find((byte) => !isBlank(byte)) === OPEN_OBJECT &&
  GOES_ON.includes(line.findLast((byte) => !isBlank(byte))!);

/** The items of a list. */
function items(file: string): Splitter {
  let rest: Buffer[] = [];
  let line = 1;
  let depth = 0;
  let isOpen = false;
  /** In a string, and how many bytes of the next chunk to pass over in it; null outside. */
  let escaped: number | null = null;
  /** Where the item began: its line, or null between items. */
  let begun: number | null = null;
  return function* (chunk) {
    if (chunk === null) {
      if (depth > 0) throw unfinished(file, begun ?? line);
      return;
    }
    let start = 0;
    for (let i = 0; i < chunk.length; i++) {
      if (escaped !== null) {
        const from = i + escaped;
        i = endOfString(chunk, from);
        escaped = i < chunk.length ? null : backslashes(chunk, from, i) % 2;
        continue;
      }
      const byte = chunk[i]!;
      if (byte === NEWLINE) line++;
      if (isBlank(byte)) continue;
      if (depth === 0 && isOpen) throw afterList(file, line);
      const isEnd = depth === 1 && (byte === COMMA || byte === CLOSE_LIST);
      if (isEnd && begun !== null) {
        yield { line: begun, source: joined(rest, chunk.subarray(start, i)) };
        [rest, begun] = [[], null];
      }
      if (depth >= 1 && !isEnd && begun === null) [begun, start] = [line, i];
      if (byte === QUOTE) escaped = 0;
      else if (byte === OPEN_LIST || byte === OPEN_OBJECT) [depth, isOpen] = [depth + 1, true];
      else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
    }
    if (begun !== null) rest.push(chunk.subarray(start));
  };
}

/** Where the string ends of which `from` is a byte; the chunk's length where it goes on. Steps over all that is no quote. */
function endOfString(chunk: Buffer, from: number): number {
  let quote = chunk.indexOf(QUOTE, from);
  while (quote >= 0 && backslashes(chunk, from, quote) % 2 === 1) quote = chunk.indexOf(QUOTE, quote + 1);
  return quote < 0 ? chunk.length : quote;
}

/** How many stand before `end`, one after another. */
function backslashes(chunk: Buffer, from: number, end: number): number {
  let count = 0;
  while (end - count > from && chunk[end - count - 1] === BACKSLASH) count++;
  return count;
}

/** Copies only where a row goes over a border of chunks. */
const joined = (rest: readonly Buffer[], last: Buffer): Buffer =>
  rest.length === 0 ? last : Buffer.concat([...rest, last]);

const unfinished = (file: string, line: number): UserError =>
  new UserError(
    "dataset-json",
    `${file}: expected a whole JSON list, got one that does not end; what stands last begins on line ${line}`,
    "fetch it again, or look for a bracket or quotation mark that is not closed there",
  );

const afterList = (file: string, line: number): UserError =>
  new UserError(
    "dataset-json",
    `${file}:${line}: expected nothing after the end of the list, got more`,
    "write one list, or one JSON object a line without a list around them",
  );
