// Ids of the hub in a recipe: told from paths, put in place of folders, and written down pinned to their commit.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { fetchModels } from "./hub-models.ts";
import { parseRecipe, renderRecipe } from "./read-recipe.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const cache = mkdtempSync(join(tmpdir(), "hub-models-"));
const snapshot = join(cache, "models--lab--tiny", "snapshots", COMMIT);
mkdirSync(snapshot, { recursive: true });
for (const name of ["config.json", "tokenizer.json", "model.safetensors"])
  writeFileSync(join(snapshot, name), "");
vi.stubEnv("HF_HUB_CACHE", cache);
vi.stubEnv("HF_HUB_OFFLINE", "1");
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(cache, { recursive: true });
});

const watch = { onProgress: () => {}, signal: new AbortController().signal };
/** Nothing is there but the project's own folders, the prompts and the cache. */
const exists = (path: string) => /^\/project(\/models|\/[crh])?$/.test(path) || path.startsWith(cache);
const read = (policy: string) =>
  parseRecipe({
    text: `name: small
policy: ${policy}
constitution: { file: c }
prompts: { redTeam: { file: r }, helpful: { file: h }, evaluation: { redTeam: { file: r }, helpful: { file: h } } }
evaluation: { judge: { model: { endpoint: "http://localhost", model: lab/judge } } }
`,
    file: "/project/small.yaml",
    projectRoot: "/project",
    exists,
  });

test("an id becomes the folder of its commit, for every part that names it, and is written down pinned", async () => {
  const recipe = await fetchModels(read(`lab/tiny@${COMMIT}`), watch);
  const { policy, base, feedback, supervised, evaluation } = recipe;
  expect([policy, base, feedback.model, supervised.critiqueModel]).toEqual(Array(4).fill(snapshot));
  expect(evaluation.judge.model).toMatchObject({ model: "lab/judge" });
  expect(renderRecipe(recipe, "/project")).toContain(`policy: lab/tiny@${COMMIT}\n`);
  expect(await fetchModels(read(snapshot), watch)).toMatchObject({ policy: snapshot });
});

test("a path that is misspelt is no id: its folder is there", () => {
  expect(() => read("models/twon")).toThrow('policy: expected a file or folder, got "models/twon"');
});

test("an id that cannot be had is told", async () => {
  await expect(fetchModels(read("lab/other"), watch)).rejects.toMatchObject({ code: "hub-offline" });
});
