// A constitution as Markdown for people: one numbered item a principle, its reasons below it, and the rest in small print, as HTML,
// which a reader of prose passes over. Read back (prose/), a text or reason of one sentence comes back as it was.
import { escapeHtml } from "../../evaluation/plot.ts";
import { type Constitution, type Principle, sourceText } from "../constitution.ts";

export function writeMarkdown({ title, version, principles, changelog }: Constitution): string {
  const log = changelog.map((entry) => `- ${escaped(`${entry.version} (${entry.date}): ${entry.note}`)}`);
  return [
    `# ${escaped(title)}`,
    `Version ${escaped(version)}`,
    ...principles.map(item),
    ...(log.length > 0 ? ["## Changelog", log.join("\n")] : []),
  ]
    .join("\n\n")
    .concat("\n");
}

function item({ id, text, reasons, source, weight, tags, wording }: Principle, i: number): string {
  const asides = [
    [
      id,
      ...(weight === 1 ? [] : [`weight ${weight}`]),
      ...tags,
      ...(source === undefined ? [] : [sourceText(source)]),
    ],
    ...Object.entries(wording).map(([use, words]) => [`${use}: ${words}`]),
  ].map((aside) => `<p><sub>${escapeHtml(aside.join(" · ").replace(/\s+/g, " "))}</sub></p>`);
  const mark = `${i + 1}. `;
  const paragraphs = [escaped(text), ...(reasons === "" ? [] : [escaped(reasons)]), asides.join(" ")];
  return mark + paragraphs.join(`\n\n${" ".repeat(mark.length)}`);
}

/** One line on which no character means anything to Markdown. */
const escaped = (text: string): string =>
  text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]<>~]|&(?=#?\w)|^[#+=-]|(?<=^\d+)[.)]/g, "\\$&");
