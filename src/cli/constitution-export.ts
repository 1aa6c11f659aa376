// charter constitution export <file> --to <file>: a constitution of ours in another format, and what that cannot hold.
import { extname, resolve } from "node:path";
import { type FormatName, WRITABLE } from "../method/constitution/exchange/format-names.ts";
import { FORMATS } from "../method/constitution/exchange/formats.ts";
import { exportForeign, writeText } from "../pipeline/foreign-constitution.ts";
import { readConstitution } from "../pipeline/read-constitution.ts";
import { UserError } from "../user-error.ts";
import { counted } from "./amounts.ts";
import type { Terminal } from "./terminal.ts";
import { wrappedLines } from "./wrapped.ts";

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

/** Writes the file, over one that is there, and says what it does not hold. */
export async function exportTo(file: string, options: ExportOptions, terminal: Terminal): Promise<number> {
  const { write, paint, columns, workingDirectory } = terminal;
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
  const constitution = readConstitution({
    file: source,
    shownAs: file,
    ...(without && { without }),
  });
  const beside = (["demonstrations", "comparisons", "prompts"] as const).flatMap((kind) => {
    const named = options[kind];
    return named === undefined ? [] : [[kind, resolve(workingDirectory, named)] as const];
  });
  const { text, lost } = await exportForeign(constitution, format, Object.fromEntries(beside));
  writeText({ path: target, shownAs: to }, text);
  if (json) {
    write(`${JSON.stringify({ file, to, format, principles: constitution.principles.length, lost })}\n`);
    return 0;
  }
  write(
    `${paint("green", "✓")} ${to}: ${counted(constitution.principles.length, "principle")} as ${FORMATS[format].what}\n`,
  );
  if (lost.length > 0)
    write(
      `${wrappedLines(`${paint("yellow", "!")} not held by it, or read back otherwise: ${lost.join("; ")}`, columns(), "  ").join("\n")}\n`,
    );
  return 0;
}
