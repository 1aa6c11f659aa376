// Files as people have them: plain, gzip, empty, cut short, or not JSONL at all.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../user-error.ts";
import { readPreferences, readPrompts } from "./read-dataset.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "charter-dataset-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fileOf(bytes: string | Uint8Array): Promise<string> {
  const file = join(folder, "rows.jsonl");
  await writeFile(file, bytes);
  return file;
}

const TEXT = '{"prompt":"Tea?"}\n{oops\n\n{"prompt":"Cake?"}';

test.each([
  ["plain", TEXT],
  ["gzip", gzipSync(TEXT)],
])("reads a %s file, and says which lines it left out", async (_, bytes) => {
  const { rows, skipped } = await readPrompts(await fileOf(bytes));
  expect(rows.map(({ conversation }) => conversation[0]!.content)).toEqual(["Tea?", "Cake?"]);
  expect(skipped).toEqual([{ line: 2, reason: "bad-json", detail: expect.any(String), raw: "{oops" }]);
});

test.each([
  ["an empty file", "", /at least one usable row, got an empty file/],
  ["a file of blank lines", "\n\n", /got an empty file/],
  [
    "a file with no usable row",
    '{"a":1}\n{oops\n{"b":1}\n',
    /none in 3 \(2 unknown-shape, 1 bad-json; line 1: preferences: expected columns .*chosen\+rejected, .*, got a\)/,
  ],
  ["a gzip file cut short", gzipSync(TEXT.repeat(99)).subarray(0, 40), /expected a whole gzip file/],
  [
    "a Git LFS pointer",
    "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    /got a Git LFS pointer/,
  ],
  ["a Parquet file cut short", "PAR1xxxx", /expected a whole Parquet file, got ".*" after 0 rows/],
])("refuses %s with one message that names it", async (_, bytes, message) => {
  const error = await readPreferences(await fileOf(bytes)).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(message);
  expect(error.message).toContain("rows.jsonl");
});

test("names a missing file", async () => {
  await expect(readPrompts(join(folder, "none.jsonl"))).rejects.toThrow(
    /none.jsonl: expected a data file, got no such file/,
  );
});
