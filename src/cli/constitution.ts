// charter constitution check|show <file>: whether a constitution can be used, and what a model will be asked in its name.
import { resolve } from "node:path";
import type { Constitution } from "../method/constitution/constitution.ts";
import { comparisonQuestion, critiqueRequest, revisionRequest } from "../method/constitution/wording.ts";
import { readConstitution } from "../pipeline/read-constitution.ts";
import { counted } from "./amounts.ts";
import type { Terminal } from "./terminal.ts";

interface ConstitutionOptions {
  /** Ids or tags to leave out. */
  readonly without?: readonly string[];
}

/** Throws what is wrong; otherwise says what is there. */
export function checkConstitution(file: string, options: ConstitutionOptions, terminal: Terminal): number {
  const constitution = read(file, options, terminal);
  const { title, version, principles } = constitution;
  const tags = new Map<string, number>();
  for (const principle of principles)
    for (const tag of principle.tags) tags.set(tag, (tags.get(tag) ?? 0) + 1);
  const derived = principles.filter((principle) => critiqueRequest(principle).origin === "derived").length;
  const { write, paint } = terminal;
  write(`${paint("green", "✓")} ${title} ${version}: ${counted(principles.length, "principle")}\n`);
  if (tags.size > 0) write(`  tags: ${[...tags].map(([tag, uses]) => `${tag} (${uses})`).join(", ")}\n`);
  if (derived > 0) write(`  wording derived from the text: ${counted(derived, "principle")}\n`);
  return 0;
}

/** Prints every principle with its reasons, source and wording. */
export function showConstitution(file: string, options: ConstitutionOptions, terminal: Terminal): number {
  const { title, version, principles } = read(file, options, terminal);
  const { write, paint } = terminal;
  write(`${paint("bold", `${title} ${version}`)}\n`);
  for (const principle of principles) {
    const { id, text, reasons, source, weight, tags } = principle;
    const aside = [...(weight === 1 ? [] : [`weight ${weight}`]), ...tags];
    write(
      `\n${paint("cyan", id)}${aside.length > 0 ? paint("dim", `  ${aside.join(", ")}`) : ""}\n  ${text.trim()}\n`,
    );
    if (reasons !== undefined) write(`  ${paint("dim", "why")}  ${reasons.trim()}\n`);
    if (source !== undefined)
      write(`  ${paint("dim", "from")} ${[source.title, source.locator].filter(Boolean).join(", ")}\n`);
    const wordings = [
      ["critique", critiqueRequest(principle)],
      ["revision", revisionRequest(principle)],
      ["comparison", comparisonQuestion(principle)],
    ] as const;
    for (const [use, { text: words, origin }] of wordings)
      write(`  ${paint("dim", `${use}${origin === "derived" ? " (derived)" : ""}:`)} ${words.trim()}\n`);
  }
  return 0;
}

function read(file: string, options: ConstitutionOptions, { workingDirectory }: Terminal): Constitution {
  return readConstitution({ file: resolve(workingDirectory, file), shownAs: file, ...options });
}
