// charter constitution import <file...>: a constitution of another format, or a document in prose, as one of ours. Whatever was
// left out or made up is told; of prose, every sentence that is in no principle is shown with its place.
import { resolve } from "node:path";
import type { Imported } from "../method/constitution/exchange/exchange.ts";
import type { FormatName } from "../method/constitution/exchange/format-names.ts";
import { FORMATS } from "../method/constitution/exchange/formats.ts";
import { formatConstitution } from "../method/constitution/format-constitution.ts";
import type { Coverage } from "../method/constitution/prose/coverage.ts";
import type { Improved } from "../method/constitution/prose/improve.ts";
import { describeSkipped, type Skipped } from "../method/datasets/dataset.ts";
import { preferenceRecord } from "../method/datasets/write-preferences.ts";
import { demonstrationRecord } from "../method/datasets/write-rows.ts";
import {
  checkTargets,
  importForeign,
  keepMalformed,
  type NamedFile,
  writeText,
} from "../pipeline/foreign-constitution.ts";
import { UserError } from "../user-error.ts";
import { counted, whole } from "./amounts.ts";
import { withGivenModel } from "./given-model.ts";
import type { Terminal } from "./terminal.ts";
import { paragraph } from "./wrap.ts";

export interface ImportOptions {
  /** Where the constitution goes; to the standard output where it is not told. */
  readonly to?: string;
  readonly from?: FormatName;
  readonly title?: string;
  readonly consensus?: number;
  readonly model?: string;
  /** Where what stands beside the principles goes. */
  readonly demonstrations?: string;
  readonly comparisons?: string;
  readonly prompts?: string;
  readonly json?: boolean;
}

/** Imports; the report goes to the standard error where the constitution takes the standard output. */
export async function importInto(
  given: readonly string[],
  options: ImportOptions,
  terminal: Terminal,
): Promise<number> {
  const { write, writeError, workingDirectory } = terminal;
  const { to, from, title, consensus, model, json = false } = options;
  const at = (shownAs: string): NamedFile => ({ path: resolve(workingDirectory, shownAs), shownAs });
  const files = given.map(at) as [NamedFile, ...NamedFile[]];
  const targets = [to, options.demonstrations, options.comparisons, options.prompts]
    .filter((target) => target !== undefined)
    .map(at);
  checkTargets(targets);
  const settings = {
    ...(from !== undefined && { from }),
    ...(title !== undefined && { title }),
    ...(consensus !== undefined && { consensus }),
  };
  const asked = await withGivenModel(model, terminal, (ask) => importForeign(files, { ...settings, ...ask }));
  const imported = asked?.result ?? (await importForeign(files, settings));
  const yaml = imported.constitution === undefined ? "" : formatConstitution(imported.constitution);
  if (to !== undefined && yaml === "") throw nothingToWrite(given, imported);
  if (to !== undefined) writeText(at(to), yaml);
  const besides = besidesOf(imported, options);
  for (const { file, text } of besides) if (file !== undefined && text !== "") writeText(at(file), text);
  const { malformed } = imported;
  const [beside] = targets;
  const kept = malformed.length > 0 && beside ? keepMalformed(beside, malformed) : undefined;
  if (json) {
    const { format, constitution, notes, coverage } = imported;
    const { improved } = asked?.result ?? {};
    const told = {
      format,
      constitution,
      notes,
      malformed,
      malformedFile: kept ?? null,
      beside: Object.fromEntries(besides.map(({ unit, count }) => [`${unit}s`, count])),
      coverage: coverage && { ...coverage, pieces: undefined },
      improved: improved && { ...improved, split: undefined },
    };
    write(`${JSON.stringify(told)}\n`);
    return 0;
  }
  if (to === undefined) write(yaml);
  const report = { ...terminal, write: to === undefined && yaml !== "" ? writeError : write };
  tell(given, imported, to, report);
  if (malformed.length > 0) tellMalformed(malformed, kept, report);
  if (asked !== undefined) tellImproved(asked.name, asked.result.improved, report);
  for (const { file, unit, option, count } of besides) {
    if (count === 0 && file !== undefined) report.write(`  no ${unit}s in it: ${file} is not written\n`);
    const place = file === undefined ? `left out; ${option} <file> writes them` : `in ${file}`;
    if (count > 0) report.write(`  ${counted(count, unit)} ${place}\n`);
  }
  if (imported.coverage) tellCoverage(given[0]!, imported.coverage, report);
  return 0;
}

function nothingToWrite(given: readonly string[], { format, questions: _, ...rest }: Imported): UserError {
  const isExamples = (rest.demonstrations ?? rest.comparisons ?? []).length > 0;
  return new UserError(
    "import-nothing",
    `${given.join(" and ")}: expected principles for --to, got none (${FORMATS[format].what})`,
    isExamples
      ? "Its examples are written with --demonstrations <file> or --comparisons <file>."
      : "Look at what was left out: leave --to away.",
  );
}

/** What stands beside the principles, as JSON Lines. */
function besidesOf({ demonstrations = [], comparisons = [], questions }: Imported, options: ImportOptions) {
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const shown = demonstrations.map((row) => demonstrationRecord({ ...row, metadata: {} }));
  return [
    {
      unit: "demonstration",
      option: "--demonstrations",
      file: options.demonstrations,
      count: shown.length,
      text: lines(shown),
    },
    {
      unit: "comparison",
      option: "--comparisons",
      file: options.comparisons,
      count: comparisons.length,
      text: lines(comparisons.map((row) => preferenceRecord(row, {}))),
    },
    {
      unit: "prompt",
      option: "--prompts",
      file: options.prompts,
      count: questions.length,
      text: lines(questions),
    },
  ];
}

function tell(
  given: readonly string[],
  { format, constitution, notes }: Imported,
  to: string | undefined,
  terminal: Terminal,
): void {
  const { write, paint, call } = terminal;
  const from = `${given.join(" and ")} (${FORMATS[format].what})`;
  write(
    constitution === undefined
      ? `${paint("yellow", "!")} no principles in ${from}\n`
      : `${paint("green", "✓")} ${constitution.title} ${constitution.version}: ${counted(constitution.principles.length, "principle")} from ${from}\n`,
  );
  for (const note of notes) write(paragraph(`${paint("yellow", "!")} ${note}`, terminal, "  "));
  if (to !== undefined) write(`  in ${to}; look at it: ${call} constitution check ${to}\n`);
}

function tellMalformed(malformed: readonly Skipped[], kept: string | undefined, terminal: Terminal): void {
  const { write, paint } = terminal;
  const where = kept === undefined ? "" : `, kept in ${kept}`;
  write(
    `  ${paint("yellow", "!")} ${counted(malformed.length, "entry")} left out (${describeSkipped(malformed)})${where}:\n`,
  );
  for (const { detail } of malformed.slice(0, SHOWN_ENTRIES)) write(paragraph(detail, terminal, "    "));
  if (malformed.length > SHOWN_ENTRIES) write(`    and ${whole(malformed.length - SHOWN_ENTRIES)} more\n`);
}

/** Entries that cannot be read whose places are shown; all of them are in the file that keeps them, and in --json. */
const SHOWN_ENTRIES = 10;

function tellImproved(name: string, improved: Improved | undefined, { write }: Terminal): void {
  if (improved === undefined) return;
  const { asked, reworded, added, dropped, unusable } = improved;
  write(
    `  ${name}, asked about ${counted(asked, "sentence")}: ${whole(reworded)} reworded, ${whole(added)} taken up, ${whole(dropped)} put aside${unusable === 0 ? "" : `, ${counted(unusable, "answer")} of no use (left as the rules have it)`}\n`,
  );
}

function tellCoverage(
  file: string,
  { pieces, characters, covered, leftOut, assumed }: Coverage,
  terminal: Terminal,
): void {
  const { write, paint } = terminal;
  const count = (role: string) => pieces.filter((piece) => piece.role === role).length;
  const share = characters === 0 ? 0 : Math.floor((100 * covered) / characters);
  write(
    `  ${share}% of the text (${whole(covered)} of ${counted(characters, "character")}) is in ${counted(count("principle"), "principle")}, ${counted(count("reason"), "reason")}, ${counted(count("heading"), "heading")} and ${counted(count("introduction"), "introduction")} to lists\n`,
  );
  const list = (passages: Coverage["leftOut"]) => {
    for (const { place, text } of passages) {
      const shown = text.length > SHOWN ? `${text.slice(0, SHOWN).trimEnd()} …` : text;
      write(paragraph(`${paint("dim", `${file}:${place}`)} ${shown}`, terminal, "    "));
    }
  };
  if (leftOut.length > 0) write(`  left out (${counted(leftOut.length, "place")}):\n`);
  list(leftOut);
  if (assumed.length === 0) return;
  write(`  reasons by their place alone (${whole(assumed.length)}); is one of them a principle?\n`);
  list(assumed.slice(0, SHOWN_ASSUMED));
  const more = assumed.length - SHOWN_ASSUMED;
  if (more > 0) write(`    and ${whole(more)} more, all of them in --json\n`);
}

/** Characters of a passage that are shown; all of it is in --json. */
const SHOWN = 200;

/** Reasons by their place alone that are shown: an essay has hundreds. */
const SHOWN_ASSUMED = 5;
