import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readSafetensors } from "../lm/safetensors.ts";
import { checkMemory, memoryOfRun } from "./memory-of-run.ts";
import { readRecipe } from "./read-recipe.ts";

const projectRoot = new URL("../..", import.meta.url).pathname;
const recipe = (...set: string[]) =>
  readRecipe(`${projectRoot}recipes/town.yaml`, {
    shownAs: "town.yaml",
    set,
    projectRoot,
  });

test("a run with adapters needs less memory than one that trains all weights", async () => {
  expect(await memoryOfRun(recipe("lora={}"))).toBeLessThan(await memoryOfRun(recipe("lora=null")));
  expect(await memoryOfRun(recipe("lora={dropout: 0.1}"))).toBeGreaterThan(
    await memoryOfRun(recipe("lora={}")),
  ); // masks
  const adaptersAlone = recipe("lora={}", "preference.lora={}");
  expect(await memoryOfRun(adaptersAlone)).toBeLessThan(await memoryOfRun(recipe("lora={}")));
});

test("a checkpoint that plays another part needs memory for its weights", async () => {
  const elsewhere = `${projectRoot}models/../models/town`; // the same sizes under another name
  const alone = recipe();
  const { judge } = alone.evaluation;
  const judged = { ...alone, evaluation: { ...alone.evaluation, judge: { ...judge, model: elsewhere } } };
  const weights = readSafetensors(new Uint8Array(readFileSync(`${elsewhere}/model.safetensors`)));
  const count = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  expect((await memoryOfRun(judged)) - (await memoryOfRun(alone))).toBe(4 * count);
});

test("what does not fit is refused, with both amounts and the fix", async () => {
  await expect(checkMemory(recipe("lora=null"), 3e8)).rejects.toThrow(
    /expected 1\.\d GB for .*models\/town, trained whole, got 0\.3 GB/,
  );
  await expect(checkMemory(recipe("lora=null"), 3e8)).rejects.toMatchObject({
    hint: expect.stringContaining("lora: {}"),
  });
  await checkMemory(recipe(), 3e9);
});
