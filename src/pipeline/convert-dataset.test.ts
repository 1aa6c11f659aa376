// A file converted is read back as what the file said; what is left out is beside it, and nothing is there by halves.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { convertDataset } from "./convert-dataset.ts";
import { readDemonstrations, readPreferences, readPrompts } from "./read-dataset.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "charter-convert-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, rows: readonly unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join(""));
  return path;
}

const text = fc
  .string({ unit: "grapheme", minLength: 1 })
  .filter((t) => t.trim() !== "" && !/^\s*Human:/.test(t));
const extra = fc.dictionary(
  fc.constantFrom("licence", "score", "tags"),
  fc.oneof(text, fc.integer(), fc.array(text)),
);
const probability = fc.double({ min: 0.5, max: 1, noNaN: true });
const SHAPES = [
  ["prompts", readPrompts, fc.record({ prompt: text })],
  [
    "preferences",
    readPreferences,
    fc.record({ prompt: text, chosen: text, rejected: text, chosen_prob: probability }),
  ],
  [
    "demonstrations",
    readDemonstrations,
    fc.record({ prompt: text, response: text, critique: text, revision: text }),
  ],
] as const;

test.each(SHAPES)(
  "%s are read back as they were, and a second conversion changes nothing",
  (purpose, read, row) => {
    const rows = fc.array(
      fc.tuple(row as fc.Arbitrary<object>, extra).map(([own, more]) => ({ ...more, ...own })),
      { minLength: 1, maxLength: 4 },
    );
    return fc.assert(
      fc.asyncProperty(rows, async (values) => {
        const from = fileOf("from.jsonl", values);
        const [once, twice] = [join(folder, "once.jsonl"), join(folder, "twice.jsonl")];
        const isUsable = (value: object) =>
          !("chosen" in value && "rejected" in value && value.chosen === value.rejected);
        fc.pre(values.some(isUsable));
        const done = await convertDataset(from, once);
        expect(done).toMatchObject({ purpose, rows: values.filter(isUsable).length });
        expect((await read(once)).rows).toEqual((await read(from)).rows);
        await convertDataset(once, twice);
        expect(readFileSync(twice, "utf8")).toBe(readFileSync(once, "utf8"));
      }),
      { numRuns: 40 },
    );
  },
);

test("counts what has no place and what is malformed, and keeps the malformed rows", async () => {
  const bad = { prompt: "a", chosen: "b", rejected: "b" };
  const from = fileOf("mixed.jsonl", [
    { messages: [{ role: "user", content: "Tea?", weight: 1 }], chosen: [], rejected: [] },
    { prompt: "Tea?", chosen: "Yes.", rejected: "No.", margin: 3 },
    bad,
    "{oops",
  ]);
  const to = join(folder, "mixed-out.jsonl");
  const asPrompts = await convertDataset(from, to, { purpose: "prompts" });
  expect(asPrompts.left).toEqual(
    new Map([
      ["chosen", 2],
      ["rejected", 2],
      ["margin", 1],
    ]),
  );
  const done = await convertDataset(from, to);
  const malformedFile = join(folder, "mixed-out.malformed.jsonl");
  expect(done).toMatchObject({ purpose: "preferences", rows: 1, malformedFile });
  expect(done.counts).toEqual(
    new Map([
      ["no-final-user-turn", 1],
      ["identical-answers", 1],
      ["bad-json", 1],
    ]),
  );
  const kept = readFileSync(malformedFile, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(kept.map(({ line, raw }) => [line, raw])).toEqual([
    [1, expect.anything()],
    [3, bad],
    [4, "{oops"],
  ]);
  expect(JSON.parse(readFileSync(to, "utf8")).metadata).toEqual({ margin: 3 });
  await convertDataset(fileOf("good.jsonl", [{ prompt: "a" }]), to);
  expect(existsSync(malformedFile)).toBe(false);
});

test("leaves what was there when no row can be used", async () => {
  const to = join(folder, "there.jsonl");
  writeFileSync(to, "before");
  await expect(convertDataset(fileOf("none.jsonl", [{ a: 1 }, "{oops"]), to)).rejects.toThrow(
    /none\.jsonl: expected at least one usable row, got none in 2 \(1 bad-json, 1 unknown-shape; line 1: prompts: expected columns .*prompt.*, got a\)/,
  );
  expect(readFileSync(to, "utf8")).toBe("before");
  expect(readdirSync(folder).filter((name) => name.includes("writing") || name.startsWith("there."))).toEqual(
    ["there.jsonl"],
  );
});
