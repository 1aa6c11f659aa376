// What a run does with a data file: no further than it is asked to, and what cannot be used is kept in the run's folder.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import type { PipelineEvent } from "./events.ts";
import { importPreferences, importPrompts } from "./imports.ts";
import type { Run } from "./perform.ts";

let folder: string;
let run: Run;
let said: PipelineEvent[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imports-"));
  said = [];
  const emit = (event: PipelineEvent) => void said.push(event);
  const signal = new AbortController().signal;
  run = { ledger: openLedger(folder), directory: folder, emit, signal, now: () => 0, device: "cpu" };
});
afterEach(() => {
  run.ledger.close();
  rmSync(folder, { recursive: true });
});

function fileOf(rows: readonly string[]): string {
  const file = join(folder, "mine.jsonl");
  writeFileSync(file, rows.join("\n"));
  return file;
}

const GOOD = ['{"prompt":"a","chosen":"b","rejected":"c"}', '{"prompt":"b","chosen":"b","rejected":"c"}'];
const LINES = [GOOD[0]!, "{oops", GOOD[1]!, '{"prompt":"a","chosen":"b","rejected":"b"}'];
const kept = () => readdirSync(join(folder, "malformed")).toSorted();
const rowsIn = (name: string) =>
  readFileSync(join(folder, "malformed", name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("rows that cannot be used are told, and kept as they came with line and reason", async () => {
  const file = fileOf(LINES);
  expect(await importPreferences(run, "helpfulness", { file, count: "all" })).toHaveLength(2);
  const [name] = kept();
  expect(name).toMatch(/^preference-mine-[0-9a-f]{8}\.jsonl$/);
  expect(rowsIn(name!)).toEqual([
    { line: 2, reason: "bad-json", detail: expect.any(String), raw: "{oops" },
    { line: 4, reason: "identical-answers", detail: expect.any(String), raw: JSON.parse(LINES[3]!) },
  ]);
  expect(said).toEqual([
    {
      kind: "note",
      level: "warning",
      text: expect.stringContaining(
        `mine.jsonl: 2 rows left out (1 bad-json, 1 identical-answers); kept in ${join("malformed", name!)}; the first is line 2: `,
      ),
    },
  ]);
});

test("rows after the last that is asked for are not looked at; of two readings the longer is kept", async () => {
  const file = fileOf([...LINES, "{worse"]);
  expect(await importPrompts(run, "helpful", { file, count: 1 })).toHaveLength(1);
  expect(existsSync(join(folder, "malformed"))).toBe(false);
  await importPrompts(run, "helpful", { file, count: "all" });
  await importPrompts(run, "helpful", { file, count: 2 });
  const [name] = kept();
  expect(rowsIn(name!).map(({ line }) => line)).toEqual([2, 5]);
});

test("a preview writes nothing", async () => {
  await importPrompts({ ...run, missing: new Set() }, "helpful", { file: fileOf(LINES), count: "all" });
  expect(existsSync(join(folder, "malformed"))).toBe(false);
  expect(said).toEqual([expect.objectContaining({ level: "warning" })]);
});
