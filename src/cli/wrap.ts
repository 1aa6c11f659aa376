// Running text in lines of a width. Knows characters; not what a terminal makes of wide ones.
import { stripVTControlCharacters } from "node:util";
import type { Terminal } from "./terminal.ts";

/**
 * Text as lines of at most `width` characters, broken between words where there are any; beyond `most` lines it ends in "…",
 * and with its closing quotation mark.
 */
export function wrap(text: string, width: number, most = Number.POSITIVE_INFINITY): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((part) => part !== "")) {
    for (const part of word.match(new RegExp(`.{1,${Math.max(1, width)}}`, "gu")) ?? []) {
      if (line !== "" && line.length + 1 + part.length > width) {
        lines.push(line);
        line = "";
      }
      line = line === "" ? part : `${line} ${part}`;
    }
  }
  if (line !== "") lines.push(line);
  if (lines.length <= most) return lines;
  const end = text.endsWith("”") ? "…”" : "…";
  return [...lines.slice(0, most - 1), lines[most - 1]!.slice(0, width - end.length) + end];
}

/** Widest line that is comfortable to read, whatever the terminal allows. */
const READABLE = 96;

/** Prose in lines no longer than the terminal, each after an indent: white space is made one; colours take no room. A word longer than a line keeps one of its own. */
export function wrappedLines(text: string, columns: number, indent: string): readonly string[] {
  const width = Math.max(24, Math.min(columns, READABLE) - indent.length);
  const lines: { text: string; room: number }[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const length = stripVTControlCharacters(word).length;
    const last = lines.at(-1);
    if (last === undefined || last.room < length + 1) {
      lines.push({ text: word, room: width - length });
      continue;
    }
    last.text += ` ${word}`;
    last.room -= length + 1;
  }
  return lines.map((line) => indent + line.text);
}

/** The same as one text. */
export const paragraph = (text: string, { columns }: Pick<Terminal, "columns">, indent: string): string =>
  `${wrappedLines(text, columns(), indent).join("\n")}\n`;
