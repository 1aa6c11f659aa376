// A table reads as it was written, wherever its bytes are divided; what is wrong with a row or the whole is said.
import fc from "fast-check";
import { expect, test } from "vitest";
import { readRow } from "../method/datasets/dataset.ts";
import { preferences } from "../method/datasets/preferences.ts";
import { UserError } from "../user-error.ts";
import { csvRows, isCsv } from "./csv-rows.ts";

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string | Buffer, size = 1 << 18, file = "rows.csv") {
  const rows = [];
  for await (const row of csvRows(file, pieces(Buffer.from(text), size))) rows.push(row);
  return rows;
}

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

test("every cell as it was written, with the line its row begins on", () => {
  const cell = fc
    .oneof(fc.string({ unit: "grapheme" }), fc.constantFrom('"', ",", ";", "a\nb", "\t", "42"))
    .filter((text) => !/^\s*[[{]/.test(text) && !text.includes("\ufffd") && !text.includes("\r"));
  const rows = fc.array(fc.tuple(cell, cell, cell), { maxLength: 6 });
  const delimiter = fc.constantFrom(",", ";", "\t");
  return fc.assert(
    fc.asyncProperty(rows, delimiter, fc.integer({ min: 1, max: 9 }), async (values, between, size) => {
      const names = ["prompt", "the answer", "id"];
      const texts = [names.join(between), ...values.map((row) => row.map(quoted).join(between))];
      const found = await read(`\ufeff${texts.join("\n")}`, Math.max(size, 2 * names.join().length));
      const asRead = (text: string) => (text === "" ? null : text);
      expect(found.map(({ source }) => source)).toEqual(
        values.map((row) => Object.fromEntries(names.map((name, i) => [name, asRead(row[i]!)]))),
      );
      const lineOf = (i: number) =>
        texts
          .slice(0, i + 1)
          .join("\n")
          .split("\n").length + 1;
      expect(found.map(({ line }) => line)).toEqual(values.map((_, i) => lineOf(i)));
    }),
  );
});

test("messages and labels are values, and serve as comparisons", async () => {
  const turns = [{ role: "user", content: 'Say "no".' }];
  const rows = await read(
    `prompt,chosen,rejected,chosen_prob\r\n${quoted(JSON.stringify(turns))},No.,Yes.,0.75\r\n42,4,5,\r\n`,
  );
  const outcomes = rows.flatMap((row) => [...readRow(row, preferences())]);
  expect(outcomes).toMatchObject([
    { line: 2, row: { conversation: turns, chosen: "No.", rejected: "Yes.", probability: 0.75 } },
    { line: 3, row: { conversation: [{ role: "user", content: "42" }], chosen: "4", probability: 1 } },
  ]);
});

test("text that looks like JSON and is no conversation is text", async () => {
  const cells = ["[3, 1, 2]", '{"a": 1}', '["one", "two"]', "[]"];
  const rows = await read(`prompt\n${cells.map(quoted).join("\n")}\n`);
  expect(rows.map(({ source }) => source)).toEqual([
    { prompt: "[3, 1, 2]" },
    { prompt: '{"a": 1}' },
    { prompt: '["one", "two"]' },
    { prompt: "[]" },
  ]);
  const history = [["Tea?", "Yes."]];
  const [row] = await read(`history,metadata\n${quoted(JSON.stringify(history))},${quoted('{"a": 1}')}\n`);
  expect(row!.source).toEqual({ history, metadata: { a: 1 } });
});

test("a single column of a table with tabs may have commas in it", async () => {
  const rows = await read("prompt\nHello, how are you?\n", undefined, "rows.tsv.gz");
  expect(rows).toMatchObject([{ source: { prompt: "Hello, how are you?" } }]);
});

test("a row with too few or too many cells, or in another encoding, is left out with its reason", async () => {
  const latin = Buffer.from("caf\u00e9,No.,Yes.\n", "latin1");
  const rows = await read(
    Buffer.concat([Buffer.from("prompt,chosen,rejected\nTea?,Yes.\n"), latin, Buffer.from("a,b,c,d\n")]),
  );
  expect(rows.flatMap((row) => [...readRow(row, preferences())])).toMatchObject([
    { skipped: { line: 2, reason: "wrong-cells", detail: "expected 3 cells, got 2" } },
    { skipped: { line: 3, reason: "bad-encoding" } },
    { skipped: { line: 4, reason: "wrong-cells", raw: { cells: ["a", "b", "c", "d"] } } },
  ]);
});

test("a quotation mark within a cell is text", async () => {
  const cells = ['he said "no"', ' "no"', '5" nails', '"Yes" or no'];
  const rows = await read(`prompt,chosen\n${cells.map((cell) => `Tea?,${cell}\n`).join("")}`);
  expect(rows.map(({ source }) => source)).toEqual(cells.map((chosen) => ({ prompt: "Tea?", chosen })));
});

test("a cell whose quotation mark is not closed takes no rows into a text unsaid", async () => {
  const rows = await read('prompt,chosen,rejected\nq,"open,b\nq,a,c\nq,"x",y\nq,"""a""\nb",c\n');
  expect(rows.flatMap((row) => [...readRow(row, preferences())])).toMatchObject([
    { skipped: { line: 2, reason: "wrong-cells", raw: { cells: ["q", '"open,b\nq,a,c\nq,"x"', "y"] } } },
    { line: 5, row: { chosen: '"a"\nb', rejected: "c" } },
  ]);
});

test.each([
  ['prompt,chosen\nA,B\n"Tea?,Yes.\nC,D\n', /at line 4.* begins "\\"Tea/],
  ["prompt,prompt\nTea?,Tea?\n", /"prompt" twice/],
])("%j is refused", async (text, message) => {
  const error = await read(text).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).message).toMatch(message);
});

test("a file is told by its name", () => {
  expect(["a.csv", "b.TSV.gz", "c.csv.zst"].every(isCsv)).toBe(true);
  expect(["a.jsonl", "csv", "a.csv.parquet"].some(isCsv)).toBe(false);
});
