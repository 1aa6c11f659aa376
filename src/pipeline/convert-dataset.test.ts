// A file converted is read back as what the file said; what is left out is beside it, and nothing is there by halves.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  expect(JSON.parse(readFileSync(to, "utf8"))).toMatchObject({ margin: 3 });
});

test("labels of a file stay what they were: no probability and no margin is made up, and its own are kept", async () => {
  const pair = { prompt: "Tea?", chosen: "Yes.", rejected: "No." };
  const from = fileOf("labels.jsonl", [
    pair,
    { ...pair, margin: 0.4, n: 1 },
    { ...pair, metadata: { margin: "wide" } },
    { ...pair, chosen_prob: 1, margin: 9 },
    { ...pair, chosen_prob: 0.2, margin: -3 },
    { ...pair, chosen_prob: 1 },
    { ...pair, chosen_prob: 0.5, margin: "wide" },
  ]);
  const to = join(folder, "labels-out.jsonl");
  await convertDataset(from, to);
  const written = readFileSync(to, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(written.map(({ prompt: _, chosen: __, rejected: ___, ...labels }) => labels)).toEqual([
    {},
    { margin: 0.4, metadata: { n: 1 } },
    { metadata: { margin: "wide" } },
    { chosen_prob: 1, margin: 9 },
    { chosen_prob: 0.8, margin: 3 },
    { chosen_prob: 1, margin: expect.closeTo(13.8155, 3) },
    { chosen_prob: 0.5, margin: 0, metadata: { margin: "wide" } },
  ]);
  const exchanged = (await readPreferences(from)).rows.map((row) =>
    row.probability === 0.2 ? { ...row, chosen: row.rejected, rejected: row.chosen, probability: 0.8 } : row,
  );
  expect((await readPreferences(to)).rows).toEqual(exchanged);
});

test("tells what a document of annotated pairs says of itself, once", async () => {
  const comparison = { prompt: "Tea?", response_a: { text: "Yes." }, response_b: { text: "No." } };
  const document = {
    metadata: { version: "2.0", dataset_name: "Ours", description: "Of tea", authors: { of: "us" } },
    annotators: { h: { type: "human" } },
    comparisons: [1, 2].map((id) => ({ ...comparison, id, annotations: { h: { pref: "a" } } })),
    licence: "MIT",
  };
  const { left, rows } = await convertDataset(
    fileOf("pairs.json", [document]),
    join(folder, "pairs-out.jsonl"),
  );
  expect(rows).toBe(2);
  expect([...left]).toEqual([
    ["metadata.description", 1],
    ["metadata.authors", 1],
    ["licence", 1],
  ]);
});

test("stopped, it leaves no half of a file behind", async () => {
  const stop = new AbortController();
  const rows = Array.from({ length: 20_000 }, (_, i) => ({ prompt: `Tea ${i}? ${"x".repeat(40)}` }));
  const converting = convertDataset(fileOf("many.jsonl", rows), join(folder, "many-out.jsonl"), {
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  await expect(converting).rejects.toThrow(/aborted/);
  expect(readdirSync(folder).filter((name) => name.startsWith("many-out"))).toEqual([]);
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
