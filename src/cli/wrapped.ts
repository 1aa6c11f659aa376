// Prose in lines no longer than the terminal, each after an indent.
import { stripVTControlCharacters } from "node:util";

/** Widest line that is comfortable to read, whatever the terminal allows. */
const READABLE = 96;

/** The lines of a text, white space made one; colours take no room. A word longer than a line keeps one of its own. */
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
