// What is written is what was given: Parquet is read back by another program's reader, lines are parsed.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Columns, type ExportedRow, featuresOf, MESSAGES } from "./columns.ts";
import { writeFresh, writeParquet, writeTexts } from "./write-rows.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "write-rows-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const COLUMNS: Columns = {
  messages: MESSAGES,
  names: { list: "string" },
  share: "float64",
  round: "int32",
  label: { labels: ["no", "yes"] },
  steps: { list: { struct: { of: { struct: { words: { list: "string" }, text: "string" } } } } },
};
const text = fc.string({ unit: "grapheme" });
const rows: fc.Arbitrary<readonly ExportedRow[]> = fc.array(
  fc.record({
    messages: fc.array(fc.record({ role: text, content: text })),
    names: fc.array(text),
    share: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true })),
    round: fc.option(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
    label: fc.option(fc.constantFrom("no", "yes")),
    steps: fc.array(fc.record({ of: fc.record({ words: fc.array(text), text: fc.option(text) }) })),
  }),
  { maxLength: 12 },
);

describe("Parquet", () => {
  it("holds lists, structures and missing values as they were", async () => {
    const path = join(folder, "rows.parquet");
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        await writeParquet(path, COLUMNS, given);
        const read = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
        expect(read).toEqual(given);
      }),
      { numRuns: 50 },
    );
  });

  it("is written in groups of rows, none lost between them", async () => {
    const path = join(folder, "many.parquet");
    const many = function* () {
      for (let i = 0; i < 4_001; i++) yield { n: i };
    };
    await writeParquet(path, { n: "int32" }, many());
    const read = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
    expect(read.map(({ n }) => n)).toEqual(Array.from({ length: 4_001 }, (_, i) => i));
  });
});

describe("a file", () => {
  it("is all its texts, however they are gathered", () => {
    const path = join(folder, "texts");
    const texts = Array.from({ length: 300 }, (_, i) => `${i} ${"é".repeat(9_000)}\n`);
    writeTexts(path, texts);
    expect(readFileSync(path, "utf8")).toBe(texts.join(""));
  });

  it("has its name only when it is whole", async () => {
    const path = join(folder, "sft.jsonl");
    writeTexts(path, ["old"]);
    const broken = writeFresh(path, async (fresh) => {
      writeTexts(fresh, ["half"]);
      throw new Error("no more");
    });
    await expect(broken).rejects.toThrow("no more");
    expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["old", ["sft.jsonl"]]);
    rmSync(path);
    await writeFresh(path, async (fresh) => {
      writeTexts(fresh, [""]);
      return { isKept: false };
    });
    expect(existsSync(path)).toBe(false);
  });
});

it("columns are told as the datasets library writes its features", () => {
  expect(featuresOf(COLUMNS)).toEqual([
    {
      name: "messages",
      list: [
        { name: "role", dtype: "string" },
        { name: "content", dtype: "string" },
      ],
    },
    { name: "names", list: "string" },
    { name: "share", dtype: "float64" },
    { name: "round", dtype: "int32" },
    { name: "label", dtype: { class_label: { names: { 0: "no", 1: "yes" } } } },
    {
      name: "steps",
      list: [
        {
          name: "of",
          struct: [
            { name: "words", list: "string" },
            { name: "text", dtype: "string" },
          ],
        },
      ],
    },
  ]);
});
