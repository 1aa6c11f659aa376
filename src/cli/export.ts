// charter export <run>: what a run has made, as data sets for other tools, with a card.
import { basename, join, resolve } from "node:path";
import { nearestName } from "../nearest-name.ts";
import { CARD, type ExportFormat, exportRun } from "../pipeline/export/export-run.ts";
import { EXPORT_NAMES, EXPORTS, type ExportName } from "../pipeline/export/exports.ts";
import { UserError } from "../user-error.ts";
import { findRun } from "./find-run.ts";
import { shownPath } from "./shown-path.ts";
import { tableLines } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface ExportCommandOptions {
  readonly runs: string;
  readonly what?: readonly string[];
  readonly to?: string;
  readonly format: ExportFormat;
  readonly json?: boolean;
}

export async function exportData(
  given: string | undefined,
  options: ExportCommandOptions,
  { write, paint, workingDirectory, call }: Terminal,
): Promise<number> {
  const run = findRun(given, options.runs, workingDirectory);
  const what = options.what === undefined ? BY_DEFAULT : options.what.map(known);
  const to = resolve(workingDirectory, options.to ?? join(run, "export"));
  const { format } = options;
  const { written, stale } = await exportRun(run, {
    what: EXPORT_NAMES.filter((name) => what.includes(name)),
    to,
    format,
    command: commandOf(run, options),
  });
  const shown = shownPath(to, workingDirectory);
  if (options.json) {
    const files = written.map(({ counts, ...one }) => ({
      ...one,
      counts: Object.fromEntries([...counts].map(([column, values]) => [column, Object.fromEntries(values)])),
    }));
    write(`${JSON.stringify({ folder: to, files, stale }, null, 2)}\n`);
    return 0;
  }
  const table = tableLines(
    ["file", "rows"],
    written.map(({ name, file, rows }) => [file ?? `${name} (not written)`, rows]),
  );
  for (const line of table) write(`${line}\n`);
  // What several exports have to say alike is said once.
  const notes = new Map<string, string[]>();
  for (const { name, notes: own } of written)
    for (const note of own) notes.set(note, [...(notes.get(note) ?? []), name]);
  for (const [note, names] of notes) write(`${paint("yellow", "•")} ${names.join(", ")}: ${note}\n`);
  if (stale.length > 0)
    write(
      `${paint("yellow", "•")} left as they were, of an earlier export, and no longer in the card: ${stale.join(", ")}\n`,
    );
  write(`${paint("green", "✓")} ${shown}, with its card ${CARD}\n`);
  const first = written.find(({ name, file }) => file !== null && EXPORTS[name].task !== null);
  if (first !== undefined)
    write(paint("dim", `  where a row comes from: ${call} why ${join(shown, first.file!)}:1\n`));
  return 0;
}

const BY_DEFAULT: readonly ExportName[] = EXPORT_NAMES.filter((name) => !("isOnRequest" in EXPORTS[name]));

function known(given: string): ExportName {
  const name = EXPORT_NAMES.find((one) => one === given);
  if (name !== undefined) return name;
  const near = nearestName(given, EXPORT_NAMES);
  throw new UserError(
    "unknown-export",
    `--what: expected ${EXPORT_NAMES.join(", ")}, got "${given}"`,
    near === undefined ? "Several with commas between." : `Did you mean "${near}"?`,
  );
}

/** What was typed, without the paths of this machine. */
function commandOf(run: string, { what, format }: ExportCommandOptions): string {
  return [
    `charter export ${basename(run)}`,
    ...(what === undefined ? [] : [`--what ${what.join(",")}`]),
    ...(format === "jsonl" ? [] : [`--format ${format}`]),
  ].join(" ");
}
