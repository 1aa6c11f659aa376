// charter constitution diff <before> <after>: what changed, principle by principle. Words are coloured where the terminal has
// colours and marked [-so-]{+so+} where it has none.
import { resolve } from "node:path";
import {
  type ConstitutionChange,
  type ConstitutionDiff,
  diffConstitutions,
  type TextChange,
} from "../method/constitution/diff.ts";
import { readConstitution } from "../pipeline/read-constitution.ts";
import { counted } from "./amounts.ts";
import type { Terminal } from "./terminal.ts";
import { paragraph, wrappedLines } from "./wrap.ts";

/** Prints the differences; 0 whether there are any or not. */
export function diffConstitution(
  before: string,
  after: string,
  options: { readonly json?: boolean },
  terminal: Terminal,
): number {
  const { write, paint, workingDirectory } = terminal;
  const read = (file: string) => readConstitution({ file: resolve(workingDirectory, file), shownAs: file });
  const [old, young] = [read(before), read(after)];
  const diff = diffConstitutions(old, young);
  if (options.json) {
    write(`${JSON.stringify(diff)}\n`);
    return 0;
  }
  const { document, principles } = diff;
  if (document.length + principles.length === 0) {
    write(
      `${paint("green", "✓")} ${before} and ${after} say the same: ${counted(young.principles.length, "principle")}\n`,
    );
    return 0;
  }
  write(`${paint("bold", `${before} → ${after}`)}\n  ${diffSummary(diff)}\n`);
  if (principles.length > 0 && old.version === young.version)
    write(
      `  ${paint("yellow", "!")} both call themselves version ${young.version}; raise it, since every record names it\n`,
    );
  writeDiff(diff, terminal);
  return 0;
}

/** Every change, principle by principle. */
export function writeDiff({ document, principles, asked }: ConstitutionDiff, terminal: Terminal): void {
  const { write, paint } = terminal;
  for (const change of document) write(`\n${paint("dim", change.field)}\n${wordLines(change, terminal)}`);
  for (const [id, changes] of Map.groupBy(principles, (change) => change.id)) {
    write(`\n${paint("cyan", id)}\n`);
    for (const change of changes) write(changeLines(change, terminal));
    const uses = asked.find((one) => one.id === id)?.uses ?? [];
    if (changes.some(({ kind }) => kind === "added" || kind === "removed")) continue;
    const said = uses.length > 0 ? `other words for: ${uses.join(", ")}` : "the same words";
    write(paint("dim", `  a model is asked in ${said}\n`));
  }
}

/** "2 reworded, 1 added". */
export function diffSummary({ principles }: ConstitutionDiff): string {
  const kinds = ["reworded", "added", "removed", "reweighted", "reordered", "changed"] as const;
  const counts = kinds.map((kind) => {
    const ids = new Set(principles.filter((change) => change.kind === kind).map(({ id }) => id));
    return ids.size === 0 ? "" : `${ids.size} ${kind === "changed" ? "with other fields changed" : kind}`;
  });
  return counts.filter(Boolean).join(", ") || "no principle differs";
}

function changeLines(change: ConstitutionChange, terminal: Terminal): string {
  const { paint, columns } = terminal;
  switch (change.kind) {
    case "added":
    case "removed": {
      const [mark, colour] = change.kind === "added" ? (["+", "green"] as const) : (["-", "red"] as const);
      const lines = wrappedLines(change.principle.text, columns(), `  ${mark} `);
      return `  ${change.kind}\n${paint(colour, lines.join("\n"))}\n`;
    }
    case "reworded":
      return `  reworded\n${wordLines(change, terminal)}`;
    case "changed":
      return `  ${change.field}\n${wordLines(change, terminal)}`;
    case "reweighted":
      return `  weight ${change.before} → ${change.after}\n`;
    case "reordered":
      return `  place ${change.before} → ${change.after} ${paint("dim", "(order changes no draw)")}\n`;
    default:
      return change satisfies never;
  }
}

/** Both texts as one, words that went and words that came told apart. */
function wordLines({ words }: TextChange, terminal: Terminal): string {
  const { paint } = terminal;
  const hasColour = paint("red", "x") !== "x";
  const marked = words.map(({ kind, text }) => {
    if (kind === "same") return text;
    const [style, open, close] =
      kind === "removed" ? (["red", "[-", "-]"] as const) : (["green", "{+", "+}"] as const);
    // Word by word, so that a line may end between any two.
    if (hasColour) return text.replace(/\S+/g, (word) => paint(style, word));
    return text.replace(/\S(.*\S)?/s, (said) => `${open}${said}${close}`);
  });
  return paragraph(marked.join(""), terminal, "    ");
}
