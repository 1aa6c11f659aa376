// What comes with Charter for general models can be used as it is: recipes, the prompts and comparisons of data/general, and the
// general constitution. Nothing is downloaded: an id of the hub is only marked.
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import type { Conversation } from "../models/model.ts";
import { markedHubId } from "./hub-models.ts";
import { readConstitution } from "./read-constitution.ts";
import { readPreferences, readPrompts } from "./read-dataset.ts";
import { readRecipe } from "./read-recipe.ts";

const projectRoot = resolve(import.meta.dirname, "../..");
const recipe = (file: string) => readRecipe(resolve(projectRoot, "recipes", file), { projectRoot });
const general = (name: string) => resolve(projectRoot, "data/general", `${name}.jsonl`);

test.each(readdirSync(resolve(projectRoot, "recipes")))(
  "%s names files that are there, and no more of their rows than there are",
  async (file) => {
    const { prompts, preference } = recipe(file);
    const sets = [prompts, prompts.evaluation, ...(prompts.rl === null ? [] : [prompts.rl])];
    const compared = prompts.feedback === null ? [] : [prompts.feedback];
    const taken = [...sets.flatMap(({ redTeam, helpful }) => [redTeam, helpful]), ...compared];
    const rowsOf = async ({ file }: { readonly file: string }) => (await readPrompts(file)).rows.length;
    for (const named of taken)
      if (named.count !== "all") expect(await rowsOf(named)).toBeGreaterThanOrEqual(named.count);
    expect((await readPreferences(preference.helpfulness.file!)).skipped).toEqual([]);
  },
);

test.each([
  ["smollm2-135m.yaml", "HuggingFaceTB/SmolLM2-135M-Instruct", null],
  ["endpoint-judge.yaml", "HuggingFaceTB/SmolLM2-135M-Instruct", null],
  ["qwen2.5-0.5b-lora.yaml", "Qwen/Qwen2.5-0.5B-Instruct", 16],
  ["vllm-large-critic.yaml", "Qwen/Qwen2.5-0.5B-Instruct", 16],
])("%s trains %s of the hub", (file, id, rank) => {
  const { policy, base, lora, preference } = recipe(file);
  expect([policy, base, preference.base]).toEqual(Array(3).fill(markedHubId(id)));
  expect(lora?.rank ?? null).toBe(rank);
});

test.each(["endpoint-judge.yaml", "vllm-large-critic.yaml"])(
  "%s has one large model for all that the policy does not do itself",
  (file) => {
    const { supervised, feedback, evaluation } = recipe(file);
    const { critiqueModel, revisionModel } = supervised;
    expect(critiqueModel).toMatchObject({ endpoint: "http://localhost:8000/v1" });
    for (const other of [revisionModel, feedback.model, evaluation.judge.model])
      expect(other).toEqual(critiqueModel);
  },
);

/** The words alone: neither capitals nor stops make another prompt. */
const said = (conversation: Conversation): string =>
  conversation.flatMap(({ content }) => content.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(" ");

test("every row of data/general can be used, and none stands twice or in both training and evaluation", async () => {
  const prompts: string[] = [];
  for (const [name, rows] of [
    ["red-team", 120],
    ["helpful", 120],
    ["evaluation-red-team", 40],
    ["evaluation-helpful", 40],
  ] as const) {
    const read = await readPrompts(general(name));
    expect([name, read.rows.length, read.skipped]).toEqual([name, rows, []]);
    prompts.push(...read.rows.map(({ conversation }) => said(conversation)));
  }
  const comparisons = await readPreferences(general("helpfulness-comparisons"));
  expect([comparisons.rows.length, comparisons.skipped]).toEqual([60, []]);
  prompts.push(...comparisons.rows.map(({ conversation }) => said(conversation)));
  expect(new Set(prompts).size).toBe(prompts.length);
});

test("the general constitution has sixteen principles, each with its reasons and its source", () => {
  const file = resolve(projectRoot, "constitutions/general.yaml");
  const { principles } = readConstitution({ file, without: [] });
  expect(principles).toHaveLength(16);
  expect(principles.filter(({ source, reasons }) => source === undefined || reasons === "")).toEqual([]);
});
