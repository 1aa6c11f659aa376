// charter constitution show <file>: every principle, and what a model is asked in its name; in the terminal or as a page.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Principle, sourceText } from "../method/constitution/constitution.ts";
import { isConstitutionPage, renderConstitution } from "../method/constitution/page.ts";
import { wordingsOf } from "../method/constitution/wording.ts";
import { readConstitution } from "../pipeline/read-constitution.ts";
import { UserError } from "../user-error.ts";
import { counted } from "./amounts.ts";
import type { Terminal } from "./terminal.ts";
import { wrappedLines } from "./wrap.ts";

export interface ShowOptions {
  /** Ids or tags to leave out. */
  readonly without?: readonly string[];
  /** Where the page goes. */
  readonly page?: string;
}

/** Prints every principle with its reasons, source and wording, or writes them as a page. */
export function showConstitution(file: string, { without, page }: ShowOptions, terminal: Terminal): number {
  const { write, paint, columns, workingDirectory } = terminal;
  if (page !== undefined && !/\.html?$/i.test(page))
    throw new UserError(
      "page-name",
      `--page: expected a name that ends in .html, got ${page}`,
      "Name the page so.",
    );
  const constitution = readConstitution({
    file: resolve(workingDirectory, file),
    shownAs: file,
    ...(without && { without }),
  });
  const { title, version, principles, changelog } = constitution;
  if (page !== undefined) {
    writePage(resolve(workingDirectory, page), page, renderConstitution(constitution));
    write(`${paint("green", "✓")} ${title} ${version}: ${page}\n`);
    return 0;
  }
  write(
    `${paint("bold", title)}  ${paint("dim", `version ${version}, ${counted(principles.length, "principle")}`)}\n`,
  );
  if (principles.flatMap(wordingsOf).some(({ origin }) => origin === "derived"))
    write(paint("dim", "In words that are derived, … stands for the text of the principle.\n"));
  for (const [i, principle] of principles.entries()) showPrinciple(principle, i + 1, terminal);
  if (changelog.length > 0) write(`\n${paint("bold", "Changelog")}\n`);
  for (const { version: raised, date, note } of changelog)
    write(`${labelled(`${raised}, ${date}`, note, 18, columns(), paint)}\n`);
  return 0;
}

/** Over an earlier page, and over no other file. */
function writePage(path: string, shownAs: string, html: string): void {
  try {
    if (existsSync(path) && !isConstitutionPage(readFileSync(path, "utf8")))
      throw new Error("one is there that is no page of a constitution");
    writeFileSync(path, html);
  } catch (cause) {
    throw new UserError(
      "page-unwritable",
      `${shownAs}: expected a file that can be written (${(cause as Error).message})`,
      "Name a new file in a folder that is there.",
      { cause },
    );
  }
}

function showPrinciple(principle: Principle, number: number, { write, paint, columns }: Terminal): void {
  const { id, text, reasons, source, weight, tags } = principle;
  const aside = [...(weight === 1 ? [] : [`weight ${weight}`]), ...tags];
  write(
    `\n${paint("dim", String(number).padStart(2))}  ${paint("cyan", id)}  ${paint("dim", aside.join(", "))}`.trimEnd(),
  );
  write(`\n${paint("bold", wrappedLines(text, columns(), "    ").join("\n"))}\n`);
  const rows: readonly (readonly [string, string])[] = [
    ...(reasons === "" ? [] : [["why", reasons] as const]),
    ...(source === undefined ? [] : [["from", sourceText(source)] as const]),
    ...wordingsOf(principle).map(
      ({ use, text: words, origin }) =>
        [use, origin === "given" ? words : `${words.replace(text, () => "…")} (derived)`] as const,
    ),
  ];
  for (const [label, said] of rows) write(`${labelled(label, said, 12, columns(), paint)}\n`);
}

/** A text with a label before it; its further lines hang below the first. */
function labelled(
  label: string,
  text: string,
  width: number,
  columns: number,
  paint: Terminal["paint"],
): string {
  const lines = wrappedLines(text, columns, " ".repeat(4 + width));
  return lines.join("\n").replace(/^ +/, () => `    ${paint("dim", label.padEnd(width))}`);
}
