// Running text in lines of a width. Knows characters; not what a terminal makes of wide ones.

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
