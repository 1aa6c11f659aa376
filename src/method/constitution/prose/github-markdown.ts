// What Markdown of GitHub's kind has beyond CommonMark, found in text that was read as CommonMark: marks of footnotes and tasks are
// no words, and tables no sentences.

/** The marks of footnotes, "[^1]" and "[^1]:". Only what is the label of one is a mark: "[^a-z]" may be words. */
export function footnoteMarks(document: string): RegExp {
  const labels = Array.from(document.matchAll(/^[ \t>]*\[\^([^\]\s]+)\]:/gm), ([, label]) => label!);
  if (labels.length === 0) return /(?!)/g;
  const mark = `\\[\\^(?:${[...new Set(labels)].map((label) => RegExp.escape(label)).join("|")})\\]`;
  return new RegExp(`(?<=^[ \\t>]*)${mark}:|(?<!\\\\)${mark}`, "gm");
}

/** What opens the item of a list of tasks: "[ ] ". */
export const taskMark = (item: string): string => /^\[[ xX]\]\s+/.exec(item)?.[0] ?? "";

/** The line below the names of a table's columns: "|---|:-:|". */
const RULE = /^(?=.*\|)[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\s*$/;

/** A paragraph up to the table in it. */
export function beforeTable(paragraph: string): string {
  const lines = paragraph.split("\n");
  const rule = lines.findIndex((line, i) => i > 0 && RULE.test(line) && lines[i - 1]!.includes("|"));
  if (rule < 0) return paragraph;
  const before = lines.slice(0, rule - 1);
  return before.map((line) => `${line}\n`).join("");
}
