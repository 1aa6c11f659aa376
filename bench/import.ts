// `charter import` on a million rows: seconds, rows a second and the most memory the process took, beside ten thousand rows of the
// same. Memory is flat when both take about the same.
// node bench/import.ts [rows]
import { execFileSync } from "node:child_process";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, createZstdCompress } from "node:zlib";
import { fileWriter, parquetWriteRows } from "hyparquet-writer";
import { convertDataset } from "../src/pipeline/convert-dataset.ts";

const [ROWS = "1000000", file, to] = process.argv.slice(2);

if (file !== undefined && to !== undefined) {
  const begun = performance.now();
  const { rows, counts } = await convertDataset(file, to);
  const seconds = (performance.now() - begun) / 1000;
  const malformed = [...counts.values()].reduce((sum, each) => sum + each, 0);
  const megabytes = process.resourceUsage().maxRSS / 1000;
  console.log(JSON.stringify({ rows, malformed, seconds, megabytes }));
} else await measure();

/** A pair as hh-rlhf has them, of two turns; one in a hundred has no answer. */
function pair(i: number): { readonly chosen: string; readonly rejected: string } {
  const words = (seed: number, count: number) =>
    Array.from({ length: count }, (_, j) => `word${(seed * 31 + j * 7) % 997}`).join(" ");
  const start = `\n\nHuman: ${words(i, 9)}?\n\nAssistant: ${words(i + 1, 12)}.\n\nHuman: ${words(i + 2, 6)} ${i}?\n\nAssistant:`;
  const rejected = i % 100 === 99 ? start : `${start} ${words(i + 4, 14)}.`;
  return { chosen: `${start} ${words(i + 3, 16)}.`, rejected };
}

function* pairs(count: number): Generator<ReturnType<typeof pair>> {
  for (let i = 0; i < count; i++) yield pair(i);
}

function* lines(count: number, [before, between, after]: readonly string[]): Generator<string> {
  yield before!;
  for (let i = 0; i < count; i += 100) {
    const some = Array.from({ length: Math.min(100, count - i) }, (_, j) => JSON.stringify(pair(i + j)));
    yield `${i === 0 ? "" : between}${some.join(between)}`;
  }
  yield after!;
}

async function measure(): Promise<void> {
  console.log(`${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}`);
  const folder = mkdtempSync(join(tmpdir(), "bench-import-"));
  const jsonl = ["", "\n", "\n"] as const;
  const text = (path: string, count: number, frame: readonly string[], through = new PassThrough()) =>
    pipeline(Readable.from(lines(count, frame)), through, createWriteStream(path));
  const formats: Readonly<Record<string, (path: string, count: number) => unknown>> = {
    jsonl: (path, count) => text(path, count, jsonl),
    "jsonl.gz": (path, count) => text(path, count, jsonl, createGzip({ level: 1 }) as unknown as PassThrough),
    "jsonl.zst": (path, count) => text(path, count, jsonl, createZstdCompress() as unknown as PassThrough),
    json: (path, count) => text(path, count, ["[", ",", "]"]),
    parquet: (path, count) =>
      parquetWriteRows({
        writer: fileWriter(path),
        rows: pairs(count),
        columns: [{ name: "chosen" }, { name: "rejected" }],
        rowGroupSize: 20_000,
      }),
  };
  for (const [format, make] of Object.entries(formats))
    for (const count of [10_000, Number(ROWS)]) {
      const path = join(folder, `rows.${format}`);
      await make(path, count);
      const args = [import.meta.filename, ROWS, path, join(folder, "out.jsonl")];
      const said = JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" }));
      const { rows, malformed, seconds, megabytes } = said as Record<string, number>;
      console.log(
        `${format.padEnd(10)} ${String(Math.round(statSync(path).size / 1e6)).padStart(4)} MB  ${rows} rows, ${malformed} malformed  ${seconds!.toFixed(1)} s  ${Math.round(count / seconds!)} rows/s  at most ${Math.round(megabytes!)} MB`,
      );
    }
  rmSync(folder, { recursive: true });
}
