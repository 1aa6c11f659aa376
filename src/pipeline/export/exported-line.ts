// Back from a line of an export to the record it holds: `sft.jsonl:12`, `guard.parquet:12`, `annotations.json:<id>`.
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ledgerPath } from "../../ledger/ledger.ts";
import { explainStorageError } from "../../ledger/storage-error.ts";
import { UserError } from "../../user-error.ts";
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
 * @throws UserError when there is no such line, or it has no id
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
  try {
    const { row, rows } = file.endsWith(".parquet")
      ? await parquetRow(file, Number(at))
      : await jsonLine(file, Number(at));
    if (row === undefined)
      throw new UserError(
        "export-line",
        `${file}: expected a line up to ${rows}, got ${at}`,
        rows === 0 ? "The file is empty." : `The last is ${file}:${rows}.`,
      );
    const { id } = (row ?? {}) as { readonly id?: unknown };
    if (typeof id === "string") return id;
    throw new UserError(
      "export-line-without-id",
      `${file}:${at}: expected a row with the id of a record, got ${JSON.stringify(id) ?? "none"}`,
      "Files of `charter export` have one in every row.",
    );
  } catch (error) {
    throw explainStorageError(error, file);
  }
}

/** A row, if there is one of this number, and otherwise how many there are. */
interface Found {
  readonly row?: unknown;
  readonly rows: number;
}

/** Lines end with a line feed and nothing else: texts may hold other separators. */
async function jsonLine(file: string, number: number): Promise<Found> {
  let rows = 0;
  let pieces: Uint8Array[] = [];
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      pieces.push(chunk.subarray(start, end));
      rows += 1;
      if (rows === number) return { row: parsed(pieces, `${file}:${number}`), rows };
      pieces = [];
      start = end + 1;
    }
    pieces.push(chunk.subarray(start));
  }
  if (pieces.every(({ length }) => length === 0)) return { rows };
  rows += 1; // a last line without its end
  return rows === number ? { row: parsed(pieces, `${file}:${number}`), rows } : { rows };
}

const LINE_FEED = 0x0a;

function parsed(pieces: readonly Uint8Array[], where: string): unknown {
  const line = Buffer.concat(pieces).toString("utf8");
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new UserError(
      "export-line",
      `${where}: expected a JSON object, got ${line.slice(0, 40)}`,
      "Export the run again if the file was changed.",
      { cause },
    );
  }
}

async function parquetRow(file: string, number: number): Promise<Found> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import("hyparquet");
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer).catch((cause: Error) => {
    throw new UserError(
      "export-line",
      `${file}: expected a Parquet file, got one that cannot be read (${cause.message})`,
      "Export the run again if the file was changed.",
      { cause },
    );
  });
  const rows = Number(metadata.num_rows);
  if (number > rows) return { rows };
  const hasId = metadata.schema.some(({ name }) => name === "id");
  const wanted = { rowStart: number - 1, rowEnd: number, ...(hasId ? { columns: ["id"] } : {}) };
  const [row] = await parquetReadObjects({ file: buffer, metadata, ...wanted });
  return { row, rows };
}
