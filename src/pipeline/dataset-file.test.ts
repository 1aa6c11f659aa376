// The same rows come out of every kind of file, wherever its bytes are divided; Parquet also as pyarrow writes it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRow } from "../method/datasets/dataset.ts";
import { UserError } from "../user-error.ts";
import { rowsOf } from "./dataset-file.ts";
import { splitRows } from "./split-rows.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "charter-file-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lines and values of a file's rows. */
async function valuesOf(rows: AsyncIterable<Parameters<typeof readRow>[0]>) {
  const found: (readonly [number, unknown])[] = [];
  for await (const source of rows)
    for (const outcome of readRow(source, { translate: (row) => [row], parse: (row) => row }))
      found.push(
        "skipped" in outcome ? [outcome.skipped.line, outcome.skipped.reason] : [outcome.line, outcome.row],
      );
  return found;
}

function fileOf(name: string, bytes: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const cell = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom('"', "\\", "]", "},{", "\n"),
);
const rows = fc.array(fc.dictionary(fc.string(), cell, { noNullPrototype: true, maxKeys: 3 }), {
  maxLength: 5,
});
const asRead = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const numbered = (values: readonly unknown[]) => values.map((value, i) => [i + 1, asRead(value)]);

/** A text in pieces of so many bytes, by turns. */
async function* pieces(text: string, sizes: readonly number[]): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });
const frame = fc.constantFrom("", "\ufeff", " \n", "\r\n\t");

describe("rows come out as they were written, however the bytes are divided", () => {
  test("JSONL, with blank lines and either line ending", () => {
    const ending = fc.constantFrom("\n", "\r\n", "\n\n");
    return fc.assert(
      fc.asyncProperty(rows, ending, frame, sizes, async (values, end, start, divided) => {
        const text = start + values.map((value) => JSON.stringify(value)).join(end);
        const read = await valuesOf(splitRows("x", pieces(text, divided)));
        expect(read.map(([, value]) => value)).toEqual(asRead(values));
        const lines = text.split("\n");
        for (const [line, value] of read)
          expect(JSON.parse(lines[line - 1]!.replace("\ufeff", ""))).toEqual(value);
      }),
    );
  });

  test("a list, on one line or indented; the line is where an item begins", () => {
    const indent = fc.constantFrom(undefined, 2, "\t");
    return fc.assert(
      fc.asyncProperty(rows, indent, frame, sizes, async (values, space, start, divided) => {
        const text = `${start}${JSON.stringify(values, null, space)}${start.trim()}\n`;
        const read = await valuesOf(splitRows("x", pieces(text, divided)));
        expect(read.map(([, value]) => value)).toEqual(asRead(values));
        const lines = text.split("\n");
        for (const [line] of read) expect(lines[line - 1]).toContain("{");
      }),
    );
  });

  test("a document over several lines", () => {
    const row = fc.dictionary(fc.string(), cell, { noNullPrototype: true, minKeys: 1 });
    return fc.assert(
      fc.asyncProperty(row, frame, sizes, async (value, start, divided) => {
        const text = `${start}${JSON.stringify(value, null, 2)}\n`;
        expect((await valuesOf(splitRows("x", pieces(text, divided)))).map(([, read]) => read)).toEqual([
          asRead(value),
        ]);
      }),
    );
  });

  test("a document that begins on its first line, and lines of which the first is cut short", async () => {
    const document = '{"metadata": {"version": 2},\n "rows": [\n]}';
    const read = await valuesOf(splitRows("x", pieces(document, [7])));
    expect(read).toEqual([[1, { metadata: { version: 2 }, rows: [] }]]);
    const lines = await valuesOf(splitRows("x", pieces('{"a": "b\n{"a": 1}\n', [7])));
    expect(lines).toEqual([
      [1, "bad-json"],
      [2, { a: 1 }],
    ]);
  });

  test("gzip and zstd, also of several members", () =>
    fc.assert(
      fc.asyncProperty(rows, rows, async (first, second) => {
        const text = (values: readonly unknown[]) =>
          values.map((value) => `${JSON.stringify(value)}\n`).join("");
        for (const compress of [gzipSync, zstdCompressSync]) {
          const bytes = Buffer.concat([compress(text(first)), compress(text(second))]);
          expect(await valuesOf(rowsOf(fileOf("rows", bytes)))).toEqual(numbered([...first, ...second]));
        }
      }),
      { numRuns: 30 },
    ));

  test("Parquet, of several groups", () => {
    const message = fc.record({
      role: fc.constantFrom("user", "assistant"),
      content: fc.string({ unit: "grapheme" }),
    });
    const row = fc.record({
      prompt: fc.string({ unit: "grapheme" }),
      chosen: fc.array(message),
      // JSON writes no -0.
      score: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((score) => score + 0)),
    });
    return fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 7 }),
        fc.integer({ min: 1, max: 4 }),
        async (values, rowGroupSize) => {
          const column = (name: keyof (typeof values)[number], type: "STRING" | "JSON" | "DOUBLE") => ({
            name,
            type,
            data: values.map((value) => value[name]),
          });
          const filename = join(folder, "rows.parquet");
          parquetWriteFile({
            filename,
            columnData: [column("prompt", "STRING"), column("chosen", "JSON"), column("score", "DOUBLE")],
            rowGroupSize,
          });
          expect(await valuesOf(rowsOf(filename))).toEqual(numbered(values));
        },
      ),
      { numRuns: 30 },
    );
  });
});

test.each(["none", "snappy", "gzip", "zstd", "brotli"])(
  "reads what pyarrow writes with %s",
  async (codec) => {
    const read = await valuesOf(rowsOf(resolve(import.meta.dirname, `goldens/parquet/${codec}.parquet`)));
    const question = (i: number) => ({ content: `Tea ${i}? ☕`, role: "user" });
    const answered = (i: number, content: string) => [question(i), { content, role: "assistant" }];
    const expected = Array.from({ length: 7 }, (_, i) => ({
      prompt: `Tea ${i}? ☕`,
      chosen: answered(i, `Yes ${i}.`),
      rejected: answered(i, i === 3 ? "" : `No ${i}.`),
      score: i % 2 === 1 ? null : 0.5,
      id: i === 4 ? "9007199254740993" : i,
      made: `2026-01-0${1 + i}T00:00:00.000Z`,
      tags: i === 0 ? null : Array.from({ length: i % 3 }, () => "a"),
    }));
    expect(read).toEqual(numbered(expected));
  },
);

test("an item of a list that is no row is malformed where it stands, and the others are read", async () => {
  const path = fileOf("list.json", '[{"a": 1},\n 7,\n {"a": tru},\n {"a": 2}]');
  expect(await valuesOf(rowsOf(path))).toEqual([
    [1, { a: 1 }],
    [2, "not-an-object"],
    [3, "bad-json"],
    [4, { a: 2 }],
  ]);
});

const TEXT = '{"prompt":"Tea?"}\n'.repeat(2000);
test.each<[string, string | Uint8Array, RegExp]>([
  ["a list that does not end", '[{"a": 1},\n{"a": ', /expected a whole JSON list.* begins on line 2/],
  ["a list that ends after a comma", '[{"a": 1},\n', /expected a whole JSON list/],
  ["something after a list", '[{"a": 1}]\n[2]', /:2: expected nothing after the end of the list/],
  ["half a gzip file", gzipSync(TEXT).subarray(0, 60), /expected a whole gzip file/],
  ["half a zstd file", zstdCompressSync(TEXT).subarray(0, 30), /expected a whole zstd file/],
  ["half a Parquet file", "PAR1....", /expected a whole Parquet file/],
  ["a zip archive", "PK\x03\x04....", /got a zip archive/],
])("refuses %s, and names the file", async (_, bytes, message) => {
  const error = await valuesOf(rowsOf(fileOf("odd", bytes))).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(message);
  expect(error.message).toContain(join(folder, "odd"));
});
