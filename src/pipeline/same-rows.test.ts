// Rows know themselves again in a file of another name.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { importPrompts } from "./imports.ts";
import type { Run } from "./perform.ts";
import { readRecipe } from "./read-recipe.ts";
import { adoptRows } from "./same-rows.ts";

const projectRoot = resolve(import.meta.dirname, "../..");

function opened() {
  const directory = mkdtempSync(join(tmpdir(), "rows-"));
  const ledger = openLedger(directory);
  onTestFinished(() => {
    ledger.close();
    rmSync(directory, { recursive: true });
  });
  const { signal } = new AbortController();
  const run: Run = { ledger, directory, emit: () => {}, signal, now: () => 0, device: "cpu" };
  const write = (name: string, prompts: readonly string[]) => {
    const file = join(directory, name);
    writeFileSync(file, prompts.map((prompt) => `${JSON.stringify({ prompt })}\n`).join(""));
    return file;
  };
  const recipe = (...set: readonly string[]) =>
    readRecipe(resolve(projectRoot, "recipes/town-small.yaml"), { projectRoot, set });
  const prompts = async (set: "red-team" | "helpful", file: string) =>
    (await importPrompts(run, set, { file, count: "all" })).map(({ id }) => id);
  return { ledger, write, recipe, prompts };
}

test("rows that were there keep their ids, new ones get their own, and one that stands twice is one", async () => {
  const { ledger, write, recipe, prompts } = opened();
  const [old, longer] = [write("old.jsonl", ["a", "b"]), write("longer.jsonl", ["b", "c", "a", "a"])];
  const before = await prompts("red-team", old);
  const named = (file: string) => recipe(`prompts.redTeam={ file: ${file} }`);
  await adoptRows(ledger, named(old), named(longer));
  const [b, c, a, ...more] = await prompts("red-team", longer);
  expect([a, b]).toEqual(before);
  expect(before).not.toContain(c);
  expect(more).toEqual([]);
});

test("a row of another set is another row, and a file read before under its own name stays as it was", async () => {
  const { ledger, write, recipe, prompts } = opened();
  const [old, other] = [write("old.jsonl", ["a"]), write("other.jsonl", ["a"])];
  const [before, named] = [await prompts("red-team", old), await prompts("red-team", other)];
  const swapped = (redTeam: string, helpful: string) =>
    recipe(`prompts.redTeam={ file: ${redTeam} }`, `prompts.helpful={ file: ${helpful} }`);
  await adoptRows(ledger, swapped(old, other), swapped(other, old));
  expect(await prompts("red-team", other)).toEqual(named);
  expect(named).not.toEqual(before);
  expect(await prompts("helpful", old)).not.toEqual(before);
});
