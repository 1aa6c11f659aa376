// Writes rows to a file as they come, so that memory stays flat however many there are. A file has its name when it is whole.
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { explainStorageError } from "../../ledger/storage-error.ts";
import { type Columns, type ExportedRow, schemaOf } from "./columns.ts";

/** Writes to a name beside the path, and renames where `write` says that the file is to be kept. */
export async function writeFresh(
  path: string,
  write: (fresh: string) => Promise<{ readonly isKept: boolean }>,
): Promise<void> {
  const fresh = `${path}.${process.pid}.writing`;
  try {
    const { isKept } = await write(fresh);
    if (isKept) renameSync(fresh, path);
    else rmSync(fresh, { force: true });
  } catch (error) {
    rmSync(fresh, { force: true });
    throw explainStorageError(error, path);
  }
}

/** Characters gathered before the disk is troubled. */
const GATHERED = 1 << 20;

/** Texts, one after the other. */
export function writeTexts(path: string, texts: Iterable<string>): void {
  const file = openSync(path, "w");
  try {
    let gathered = "";
    for (const text of texts) {
      gathered += text;
      if (gathered.length < GATHERED) continue;
      writeFileSync(file, gathered); // all of it, where writeSync may write less
      gathered = "";
    }
    writeFileSync(file, gathered);
  } finally {
    closeSync(file);
  }
}

/** Rows in memory at once, and in a row group of the file. */
const ROW_GROUP = 2_000;

/** Rows as Parquet, compressed with Snappy. */
export async function writeParquet(
  path: string,
  columns: Columns,
  rows: Iterable<ExportedRow>,
): Promise<void> {
  const { fileWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer = new ParquetWriter({ writer: fileWriter(path), schema: schemaOf(columns) });
  let group: ExportedRow[] = [];
  const flush = async () => {
    const columnData = Object.keys(columns).map((name) => ({ name, data: group.map((row) => row[name]) }));
    if (group.length > 0) await writer.write({ columnData, rowGroupSize: ROW_GROUP });
    group = [];
  };
  for (const row of rows) {
    group.push(row);
    if (group.length === ROW_GROUP) await flush();
  }
  await flush();
  await writer.finish();
}
