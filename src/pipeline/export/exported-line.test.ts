// From a line of an export back to its record and its run, and what is said where that cannot be.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLedger } from "../../ledger/ledger.ts";
import { exportRun } from "./export-run.ts";
import { exportedId, parseExportedLine, runOfExport } from "./exported-line.ts";

let folder: string;
let run: string;
let ids: readonly string[];
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "exported-line-"));
  run = join(folder, "runs/mine");
  const ledger = openLedger(run);
  const prompts = ["One?", "Two?\u2028", "Three?"].map((content) => ({
    kind: "prompt",
    body: { set: "helpful", file: "own.jsonl", conversation: [{ role: "user", content }], metadata: {} },
    parents: [],
  }));
  ids = ledger.commit([{ key: "prompts", entries: prompts }])[0]!.map(({ id }) => id);
  ledger.close();
  for (const format of ["jsonl", "parquet"] as const)
    await exportRun(run, { what: ["prompts"], to: join(folder, "data"), format, command: "" });
  writeFileSync(join(folder, "data/own.jsonl"), '{"a":1}\nnothing\n');
  writeFileSync(join(folder, "data/own.parquet"), "PAR1 and nothing more");
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const idAt = (file: string, at: string) => exportedId({ file: join(folder, "data", file), at });

describe("a line", () => {
  it.each([
    ["sft.jsonl:12", { file: "sft.jsonl", at: "12" }],
    ["a b:c/guard.parquet:1", { file: "a b:c/guard.parquet", at: "1" }],
    ["x/annotations.json:3f2a", { file: "x/annotations.json", at: "3f2a" }],
    ["sft.jsonl", { file: "sft.jsonl", at: "" }],
    ["3f2a91c0", undefined],
    ["runs/town/checkpoints/sl-cai", undefined],
  ])("is recognised in %s", (given, expected) => {
    expect(parseExportedLine(given)).toEqual(expected);
  });

  it.each(["prompts.jsonl", "prompts.parquet"])("of %s leads back to its record", async (file) => {
    expect(await Promise.all(["1", "2", "3"].map((line) => idAt(file, line)))).toEqual(ids);
  });

  it("of annotations is the id of a comparison", async () => {
    expect(await idAt("annotations.json", "3f2a")).toBe("3f2a");
  });

  it.each([
    ["prompts.jsonl", "4", "export-line", "expected a line up to 3, got 4"],
    ["prompts.parquet", "4", "export-line", "expected a line up to 3, got 4"],
    ["prompts.jsonl", "5", "export-line", "expected a line up to 3, got 5"],
    ["prompts.jsonl", "0", "export-line", 'got "0"'],
    ["prompts.jsonl", "", "export-line", 'got ""'],
    ["annotations.json", "first", "export-line", "expected the id of a comparison"],
    ["none.jsonl", "1", "dataset-unreadable", "no such file"],
    ["none.parquet", "1", "dataset-unreadable", "no such file"],
    ["own.jsonl", "1", "export-line-without-id", "got none"],
    ["own.jsonl", "2", "export-line-without-id", "got none"],
    ["own.parquet", "1", "dataset-parquet", "expected a whole Parquet file"],
  ])("that is none is told: %s:%s", async (file, at, code, message) => {
    await expect(idAt(file, at)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

it("the run of an export is the one that its card names, and is missed where it has moved", () => {
  const file = join(folder, "data/prompts.jsonl");
  expect(runOfExport(file)).toBe(run);
  rmSync(run, { recursive: true });
  expect(() => runOfExport(file)).toThrow(expect.objectContaining({ code: "export-run-moved" }));
  writeFileSync(join(folder, "data/README.md"), "# Mine");
  expect(() => runOfExport(file)).toThrow(expect.objectContaining({ code: "export-without-run" }));
});
