// The rows of a data file, as a stream: JSONL, a JSON list, one JSON document, CSV, each also gzip or zstd, or Parquet. What a file
// is is told by its bytes; of CSV, which has none of its own, by its name. Knows bytes and lines, not what rows look like.
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";
import type { SourceRow } from "../method/datasets/dataset.ts";
import { UserError } from "../user-error.ts";
import { csvRows, isCsv } from "./csv-rows.ts";
import { splitRows } from "./split-rows.ts";

/** Bytes read at once. */
const CHUNK = 1 << 18;

/** How compressed files begin. */
const COMPRESSED: readonly {
  readonly name: string;
  readonly magic: readonly number[];
  readonly open: () => Gunzip | ZstdDecompress;
}[] = [
  { name: "gzip", magic: [0x1f, 0x8b], open: createGunzip },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], open: createZstdDecompress },
];

/** How files begin that are often taken for data, and what to do about them. */
const MISTAKEN = [
  {
    magic: Buffer.from("version https://git-lfs"),
    what: "a Git LFS pointer",
    hint: "fetch the real file with `git lfs pull`",
  },
  { magic: Buffer.from("PK\x03\x04"), what: "a zip archive", hint: "unpack it, and name a file of it" },
  { magic: Buffer.from("BZh"), what: "a bzip2 file", hint: "unpack it first: bunzip2" },
  { magic: Buffer.from("\xfd7zXZ", "latin1"), what: "an xz file", hint: "unpack it first: unxz" },
] as const;

/**
 * The rows of a file, with the line each begins on (its number, in Parquet).
 * @throws UserError when the file cannot be read, is cut short or is of no such kind
 */
export async function* rowsOf(file: string): AsyncGenerator<SourceRow> {
  const start = await startOf(file);
  const begins = (magic: ArrayLike<number>) => Array.from(magic).every((byte, i) => start[i] === byte);
  const mistaken = MISTAKEN.find(({ magic }) => begins(magic));
  if (mistaken !== undefined)
    throw new UserError(
      "dataset-format",
      `${file}: expected JSONL, CSV or Parquet, got ${mistaken.what}`,
      mistaken.hint,
    );
  if (begins(Buffer.from("PAR1"))) return yield* parquet(file);
  const bytes = bytesOf(
    file,
    COMPRESSED.find(({ magic }) => begins(magic)),
  );
  yield* isCsv(file) ? csvRows(file, bytes) : splitRows(file, bytes);
}

async function startOf(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(32), 0, 32, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const got = code === "ENOENT" ? "no such file" : message;
    const fix = "check the path";
    throw new UserError("dataset-unreadable", `${file}: expected a data file, got ${got}`, fix, { cause });
  }
}

async function* parquet(file: string): AsyncGenerator<SourceRow> {
  const { parquetRows } = await import("./parquet-file.ts"); // few files are, and it takes a while
  let line = 0;
  try {
    for await (const source of parquetRows(file)) yield { line: ++line, source };
  } catch (cause) {
    const { message } = cause as Error;
    throw new UserError(
      "dataset-parquet",
      `${file}: expected a whole Parquet file, got "${message}" after ${line} rows`,
      "fetch it again; if it is whole, write it anew with snappy, gzip, zstd or brotli",
      { cause },
    );
  }
}

async function* bytesOf(
  file: string,
  compression: (typeof COMPRESSED)[number] | undefined,
): AsyncGenerator<Buffer> {
  if (compression === undefined) return yield* createReadStream(file, { highWaterMark: CHUNK });
  const { size } = await stat(file);
  try {
    // Node's zstd ends with a frame that ends within a chunk: what follows is opened anew.
    for (let start = 0; start < size; ) {
      const stored = createReadStream(file, { start, highWaterMark: CHUNK });
      const opened = compression.open();
      pipeline(stored, opened).catch(() => {}); // an error of either comes out of `opened`
      yield* opened;
      stored.destroy();
      start = compression.name === "zstd" ? start + opened.bytesWritten : size;
    }
  } catch (cause) {
    throw new UserError(
      `dataset-${compression.name}`,
      `${file}: expected a whole ${compression.name} file, got "${(cause as Error).message}"`,
      "fetch it again",
      { cause },
    );
  }
}
