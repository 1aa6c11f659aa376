// Lists as plain text has them: items behind "•", "–", "(1)", "(a)", "a." or "2.1", which Markdown does not know as such. Knows lines,
// no words.

/** What marks an item, by kind: items of one list have marks of one kind. "1." and "1)" are Markdown's own. */
const KINDS = [
  "[•◦▪‣●○–]",
  "\\((?:\\d{1,3}|[A-Za-z]|[ivx]{2,4})\\)",
  "[a-z]\\.",
  "\\d{1,3}(?:\\.\\d{1,3})+[.)]?",
];

/** Any of them. */
export const PLAIN_MARK = KINDS.join("|");

const MARKED = new RegExp(`^([ \\t>]*)(?:${KINDS.map((kind) => `(${kind})`).join("|")})(?=[ \\t]+\\S)`);
const FENCE = /^[ \t>]*(?:`{3,}[^`]*$|~~~)/;

/**
 * The text with such marks as Markdown's "-", each as long as it was, where an item of the kind stands before or behind, or a line
 * that ends in a colon above. Elsewhere, and in code, a mark is part of what is said.
 */
export function withMarkdownLists(text: string): string {
  const lines = text.split("\n");
  const items = new Set<number>();
  let last = new Map<number, number>(); // by kind: the line of the item before, behind which no other paragraph stands
  let isCode = false;
  let above = ""; // the line before that is not empty
  for (const [line, said] of lines.entries()) {
    if (FENCE.test(said)) isCode = !isCode;
    const kind = isCode ? -1 : (MARKED.exec(said)?.slice(2) ?? []).findIndex((mark) => mark !== undefined);
    const before = last.get(kind);
    if (kind < 0) {
      const isParagraph = /^\S/.test(said) && (lines[line - 1] ?? "").trim() === "";
      if (isCode || isParagraph) last = new Map();
    } else {
      if (before !== undefined) items.add(before);
      if (before !== undefined || above.endsWith(":")) items.add(line);
      last.set(kind, line);
    }
    above = said.trim() || above;
  }
  const asMarkdown = (said: string) =>
    said.replace(MARKED, (mark, indent: string) => indent + "-".padEnd(mark.length - indent.length));
  return lines.map((said, line) => (items.has(line) ? asMarkdown(said) : said)).join("\n");
}
