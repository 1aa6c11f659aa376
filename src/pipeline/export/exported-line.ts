// Back from a line of an export to the record it holds: `sft.jsonl:12`, `guard.parquet:12`, `annotations.json:<id>`.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ledgerPath } from "../../ledger/ledger.ts";
import type { SourceRow } from "../../method/datasets/dataset.ts";
import { UserError } from "../../user-error.ts";
import { rowsOf } from "../dataset-file.ts";
import { originIn } from "./card.ts";
import { CARD } from "./export-run.ts";

/** A place in an export: a line or a row from 1, or the id of a comparison in a JSON document. */
export interface ExportedLine {
  readonly file: string;
  readonly at: string;
}

/**
 * The place that a person means; undefined where it is not a file of an export.
 * @example parseExportedLine("export/sft.jsonl:12") // { file: "export/sft.jsonl", at: "12" }
 */
export function parseExportedLine(given: string): ExportedLine | undefined {
  const [, file, at] = /^(.+\.(?:jsonl|parquet|json))(?::([^:/\\]*))?$/.exec(given) ?? [];
  return file === undefined ? undefined : { file, at: at ?? "" };
}

/**
 * The folder of the run that an export was made from, as its card says.
 * @throws UserError when the card does not say, or the run is not there any more
 */
export function runOfExport(file: string): string {
  const folder = dirname(file);
  const card = join(folder, CARD);
  const origin = existsSync(card) ? originIn(readFileSync(card, "utf8")) : undefined;
  const hint = "Name the run: --run <folder>.";
  if (origin === undefined)
    throw new UserError(
      "export-without-run",
      `${file}: expected beside it the ${CARD} of an export, which names its run, found ${existsSync(card) ? "another" : "none"}`,
      hint,
    );
  const run = resolve(folder, origin.run);
  if (existsSync(ledgerPath(run))) return run;
  throw new UserError(
    "export-run-moved",
    `${file}: expected the run ${origin.name} at ${run}, as ${CARD} says, found none there`,
    hint,
  );
}

/**
 * The id of the record that a line holds.
 * @throws UserError when there is no such line or file, or it has no id
 */
export async function exportedId({ file, at }: ExportedLine): Promise<string> {
  const isDocument = file.endsWith(".json");
  if (!(isDocument ? /^[0-9a-f]{1,64}$/ : /^[1-9]\d*$/).test(at))
    throw new UserError(
      "export-line",
      `${file}: expected ${isDocument ? "the id of a comparison" : "the number of a line, from 1,"} after a colon, got "${at}"`,
      `Such as ${file}:${isDocument ? "3f2a91c0" : 1}.`,
    );
  if (isDocument) return at; // its ids are the ledger's
  let last = 0;
  for await (const { line, source } of rowsOf(file)) {
    if (source instanceof Uint8Array && source.length === 0) continue; // after the last line
    if (line === Number(at)) return idOf(parsed(source), `${file}:${at}`);
    last = line;
  }
  throw new UserError(
    "export-line",
    `${file}: expected a line up to ${last}, got ${at}`,
    last === 0 ? "The file is empty." : `The last is ${file}:${last}.`,
  );
}

function idOf(row: unknown, where: string): string {
  const { id } = (row ?? {}) as { readonly id?: unknown };
  if (typeof id === "string") return id;
  throw new UserError(
    "export-line-without-id",
    `${where}: expected a row with the id of a record, got ${JSON.stringify(id) ?? "none"}`,
    "Files of `charter export` have one in every row.",
  );
}

/** Undefined where it is no JSON. */
function parsed(source: SourceRow["source"]): unknown {
  if (typeof source !== "string" && !(source instanceof Uint8Array)) return source;
  try {
    return JSON.parse(String(typeof source === "string" ? source : Buffer.from(source)));
  } catch {
    return undefined; // edited, or no export: it has no id either
  }
}
