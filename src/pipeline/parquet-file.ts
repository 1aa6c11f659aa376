// Rows of a Parquet file, one group of rows in memory at a time. The one file that knows hyparquet; what no JSON value can be (a
// date, a number beyond float64, bytes) becomes text.
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type Compressors,
  parquetMetadataAsync,
  parquetReadObjects,
} from "hyparquet";
import type { Row } from "../method/datasets/row.ts";

/** Snappy is hyparquet's own. */
const compressors: Compressors = {
  GZIP: (bytes) => gunzipSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
  ZSTD: (bytes) => zstdDecompressSync(bytes),
};

/** Rows decoded together at most, where a group's pages are indexed; else a whole group is. */
const TOGETHER = 4096;

/** The rows of a file, in its order. Throws what hyparquet throws. */
export async function* parquetRows(path: string): AsyncGenerator<Row> {
  const file: AsyncBuffer = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  let start = 0;
  for (const group of metadata.row_groups) {
    const end = start + Number(group.num_rows);
    const isIndexed = group.columns.every((column) => column.offset_index_offset !== undefined);
    const step = isIndexed ? TOGETHER : end - start;
    for (; start < end; start += step) {
      const range = { rowStart: start, rowEnd: Math.min(end, start + step) };
      const rows = await parquetReadObjects({
        file,
        metadata,
        compressors,
        useOffsetIndex: isIndexed,
        ...range,
      });
      for (const row of rows) yield jsonOf(row) as Row;
    }
    start = end;
  }
}

function jsonOf(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (typeof value !== "object" || value === null) return value ?? null;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (ArrayBuffer.isView(value)) return Array.from(value as Float64Array, jsonOf);
  if (Array.isArray(value)) return value.map(jsonOf);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonOf(item)]));
}
