// charter constitution export <file> --to <file>: a constitution of ours in another format, and what that cannot hold.
import { extname, resolve } from "node:path";
import { type FormatName, WRITABLE } from "../method/constitution/exchange/format-names.ts";
import { FORMATS } from "../method/constitution/exchange/formats.ts";
import { checkTargets, exportForeign, keepMalformed, writeText } from "../pipeline/foreign-constitution.ts";
import { readConstitution } from "../pipeline/read-constitution.ts";
import { UserError } from "../user-error.ts";
import { counted } from "./amounts.ts";
import type { Terminal } from "./terminal.ts";
import { paragraph } from "./wrap.ts";

export interface ExportOptions {
  readonly to: string;
  /** By the file's name where it is not told: Markdown for .md. */
  readonly format?: FormatName;
  /** Ids or tags to leave out. */
  readonly without?: readonly string[];
  /** Files of what stands beside the principles in some formats. */
  readonly demonstrations?: string;
  readonly comparisons?: string;
  readonly prompts?: string;
  readonly json?: boolean;
}

/** Writes the file, and says what it does not hold. */
export async function exportTo(file: string, options: ExportOptions, terminal: Terminal): Promise<number> {
  const { write, paint, workingDirectory } = terminal;
  const { to, without, json = false } = options;
  const format = options.format ?? (extname(to) === ".md" ? "markdown" : undefined);
  if (format === undefined)
    throw new UserError(
      "export-format",
      `expected --format for ${to}, got none`,
      `Formats: ${WRITABLE.join(", ")}.`,
    );
  const [source, target] = [resolve(workingDirectory, file), resolve(workingDirectory, to)];
  if (source === target)
    throw new UserError(
      "export-onto-itself",
      `${to}: expected another file for --to, got the constitution itself`,
      "Name another; an export does not hold all that a constitution does.",
    );
  const written = { path: target, shownAs: to };
  checkTargets([written]);
  const constitution = readConstitution({
    file: source,
    shownAs: file,
    ...(without && { without }),
  });
  const beside = (["demonstrations", "comparisons", "prompts"] as const).flatMap((kind) => {
    const named = options[kind];
    return named === undefined
      ? []
      : [[kind, { path: resolve(workingDirectory, named), shownAs: named }] as const];
  });
  const { text, lost, malformed } = await exportForeign(constitution, format, Object.fromEntries(beside));
  writeText(written, text);
  const kept = malformed.length === 0 ? undefined : keepMalformed(written, malformed);
  const principles = constitution.principles.length;
  if (json) {
    write(
      `${JSON.stringify({ file, to, format, principles, lost, malformed: malformed.length, malformedFile: kept ?? null })}\n`,
    );
    return 0;
  }
  write(`${paint("green", "✓")} ${to}: ${counted(principles, "principle")} as ${FORMATS[format].what}\n`);
  if (lost.length > 0)
    write(
      paragraph(
        `${paint("yellow", "!")} not held by it, or read back otherwise: ${lost.join("; ")}`,
        terminal,
        "  ",
      ),
    );
  if (kept !== undefined) write(`  ${counted(malformed.length, "row")} as they came: ${kept}\n`);
  return 0;
}
