// Studies as people write them: what is refused, where and with which fix; and that every one that comes with Charter can be run.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FIGURE_NAMES } from "../method/evaluation/figures.ts";
import { UserError } from "../user-error.ts";
import { checkFiles } from "./check-inputs.ts";
import { readStudy, studySchema } from "./read-study.ts";

const projectRoot = resolve(import.meta.dirname, "../..");
const findRecipe = (name: string) => resolve(projectRoot, "recipes", `${name}.yaml`);
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "study-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const GOOD = `name: mine
title: Mine
recipe: town
seeds: [1, two]
set: { upTo: supervised, supervised.rounds: 3 }
variants:
  - { name: a, set: { supervised.train: 1 } }
  - { name: b, label: The other, set: { supervised.train: 2, supervised.rounds: 2 } }
figures: [sl-cai.harmful-compliance]
shapes:
  - { paper: It falls., figure: sl-cai.harmful-compliance, is: falls }
`;

function read(text: string, options: object = {}) {
  const file = join(folder, "mine.yaml");
  writeFileSync(file, text);
  return readStudy(file, { shownAs: "mine.yaml", projectRoot, findRecipe, ...options });
}

test("a run for every variant under every seed, each with the recipe as it is set", () => {
  const { design, runs } = read(GOOD);
  expect(runs.map(({ variant, seed }) => [variant.name, seed])).toEqual([
    ["a", "1"],
    ["b", "1"],
    ["a", "two"],
    ["b", "two"],
  ]);
  expect(runs.map(({ recipe: { name, seed, upTo } }) => [name, seed, upTo])).toEqual([
    ["mine.a", "1", "supervised"],
    ["mine.b", "1", "supervised"],
    ["mine.a", "two", "supervised"],
    ["mine.b", "two", "supervised"],
  ]);
  expect(runs.map(({ recipe: { supervised } }) => [supervised.rounds, supervised.train])).toEqual([
    [3, 1],
    [2, 2],
    [3, 1],
    [2, 2],
  ]);
  expect(design.variants.map(({ label }) => label)).toEqual(["a", "The other"]);
  expect(design.shapes[0]).toMatchObject({ over: ["a", "b"], margin: 0 });
});

test("seeds, recipe, name and settings can be given in place of its own", () => {
  const other = { seeds: ["7"], recipe: "town-small", name: "trial", set: ["supervised.epochs=2"] };
  const { design, runs } = read(GOOD, other);
  expect(design).toMatchObject({ name: "trial", seeds: ["7"] });
  expect(runs.map(({ recipe }) => [recipe.name, recipe.seed, recipe.supervised.epochs])).toEqual([
    ["trial.a", "7", 2],
    ["trial.b", "7", 2],
  ]);
  expect(runs[0]!.recipe.compute.batch).toBe(8); // of town-small
});

test("how right the AI's labels are needs a grader, or people's labels", () => {
  const asked = (settings: string) =>
    read(
      GOOD.replace("upTo: supervised,", `upTo: preference, evaluation.grader: none, ${settings}`).replaceAll(
        "sl-cai.harmful-compliance",
        "labels.accuracy",
      ),
    );
  expect(() => asked("")).toThrow(/expected a judge that knows the truth/);
  writeFileSync(join(folder, "labels.jsonl"), "");
  expect(asked("evaluation.labels.file: labels.jsonl,").design.figures).toEqual(["labels.accuracy"]);
});

test("what is typed is looked up where it is typed, and told as what was typed", () => {
  const elsewhere = join(folder, "shell");
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, "typed.jsonl"), "");
  const { runs } = read(GOOD, { set: ["prompts.redTeam.file=typed.jsonl"], workingDirectory: elsewhere });
  expect(runs[0]!.recipe.prompts.redTeam.file).toBe(join(elsewhere, "typed.jsonl"));
  expect(() => read(GOOD, { set: ["rl.klCoeficient=1"] })).toThrow(/^--set rl.klCoeficient/);
  expect(() => read(GOOD, { set: ["seed=9"] })).toThrow(/--set seed: expected another key/);
  expect(() => read(GOOD, { set: ["name=other"] })).toThrow(/--set name: expected another key/);
});

test("nothing typed makes variants alike that the study calls different", () => {
  for (const set of ["supervised.train=1", "supervised={ train: 1 }", "supervised.train.of=1"])
    expect(() => read(GOOD, { set: [set] })).toThrow(
      /^--set supervised\S*: expected a key that no variant sets, got one that is what a, b differ in$/,
    );
  expect(() => read(GOOD, { set: ["supervised.rounds=3"] })).toThrow(/that is what b differ in/);
});

const without = (line: string) => GOOD.replace(new RegExp(`^${line}.*\n`, "m"), "");

test.each([
  [
    "a key missing",
    without("recipe"),
    /mine.yaml:1: recipe: expected text, got nothing/,
    /Add the key "recipe"/,
  ],
  [
    "an unknown key",
    `${GOOD}sedes: [1]\n`,
    /mine.yaml:12: sedes: expected a known key/,
    /Did you mean "seeds"/,
  ],
  [
    "an unknown key of a variant",
    GOOD.replace("label:", "lable:"),
    /mine.yaml:8: variants.1.lable: expected a known key/,
    /Did you mean "variants.1.label"/,
  ],
  [
    "an unknown figure",
    GOOD.replace("figures: [sl-cai.harmful-compliance]", "figures: [sl-cai.harmful-complience]"),
    /mine.yaml:9: figures.0: expected one of/,
    /Did you mean "sl-cai.harmful-compliance"/,
  ],
  [
    "a key that the recipe does not know",
    GOOD.replace("supervised.train: 1", "supervised.trian: 1"),
    /mine.yaml, variant a: supervised.trian: expected a known key, got "trian"/,
    /Did you mean "supervised.train"/,
  ],
  [
    "a value that the recipe refuses",
    GOOD.replace("supervised.train: 2", "supervised.train: 4"),
    /mine.yaml, variant b: supervised.train: expected a round up to 2, got 4/,
    /Raise supervised.rounds/,
  ],
  [
    "a whole section",
    GOOD.replace("supervised.train: 1", "supervised: { train: 1 }"),
    /mine.yaml:7: variants.0.set.supervised: expected a key inside supervised, got the whole section/,
    /Write "supervised.train"/,
  ],
  [
    "a seed that is set",
    GOOD.replace("supervised.train: 1", "seed: 4"),
    /mine.yaml:7: variants.0.set.seed: expected another key/,
    /at the top/,
  ],
  [
    "a name twice",
    GOOD.replace("name: b", "name: a"),
    /mine.yaml:8: variants.1.name: expected each once, got a/,
    /./,
  ],
  ["a seed twice", GOOD.replace("two", "1"), /mine.yaml:4: seeds.1: expected each once, got 1 twice/, /./],
  [
    "no seed",
    GOOD.replace("[1, two]", "[]"),
    /mine.yaml:4: seeds: expected a list with a length of at least 1/,
    /./,
  ],
  [
    "a variant that is none",
    GOOD.replace("is: falls", "is: falls, over: [a, bb]"),
    /mine.yaml:11: shapes.0.over.1: expected a variant's name, got "bb"/,
    /Did you mean "b"/,
  ],
  [
    "one variant where nothing changes",
    GOOD.replace("is: falls", "is: falls, over: [a]"),
    /mine.yaml:11: shapes.0.over: expected two variants or more/,
    /along-rl/,
  ],
  [
    "level by how much",
    GOOD.replace("is: falls", "is: level"),
    /shapes.0: expected a margin/,
    /margin: 0.05/,
  ],
  [
    "a figure that is not reached",
    GOOD.replace("figures: [sl-cai.harmful", "figures: [rl-cai.harmful"),
    /mine.yaml: rl-cai.harmful-compliance: expected runs up to rl, which it is measured after, got upTo: supervised in variant a/,
    /Set upTo: rl/,
  ],
  [
    "a figure that nobody gives",
    GOOD.replace("upTo: supervised,", "upTo: supervised, evaluation.grader: none,"),
    /expected a judge that knows the truth/,
    /judged-harmlessness-elo/,
  ],
  ["no YAML", "name: [", /mine.yaml:\d: expected YAML/, /./],
  ["a list", "- a", /mine.yaml: expected keys and values at the top, got a list/, /See studies\/rounds.yaml/],
])("%s is refused, with the fix", (_, text, message, hint) => {
  try {
    read(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(message);
    expect((error as UserError).hint).toMatch(hint);
    expect((error as UserError).message).not.toContain("--set");
  }
});

test.each([
  ["1,1", /--seeds: expected each once, got 1 twice/],
  ["1,", /--seeds: expected letters, digits, dots and dashes, got ""/],
  ["../a", /--seeds: expected letters, digits, dots and dashes, got "..\/a"/],
])("--seeds %s is refused", (seeds, message) => {
  expect(() => read(GOOD, { seeds: seeds.split(",") })).toThrow(message);
});

test("docs/studies.md names every figure, every key and every study", () => {
  const page = readFileSync(resolve(projectRoot, "docs/studies.md"), "utf8").replace(/```[\s\S]*?```/g, "");
  const told = new Set([...page.matchAll(/`([^`]+)`/g)].map(([, name]) => name));
  const untold = FIGURE_NAMES.filter((name) => !told.has(name) && !told.has(name.split(".")[1]!));
  expect(untold).toEqual([]);
  const keys = [...page.matchAll(/^\| `(\w+)` \| (?:required|`[^`]*`) \|/gm)].map(([, key]) => key);
  expect(keys).toEqual(Object.keys(studySchema.shape));
  for (const file of readdirSync(resolve(projectRoot, "studies")))
    expect(page).toContain(`../studies/${file}`);
});

test.each(readdirSync(resolve(projectRoot, "studies")))(
  "%s can be run, in the town and in a small one",
  async (file) => {
    const path = resolve(projectRoot, "studies", file);
    const options = { shownAs: file, projectRoot, findRecipe };
    const { design, runs } = readStudy(path, options);
    expect(design.name).toBe(file.replace(/\.yaml$/, ""));
    expect(design.seeds.length).toBeGreaterThanOrEqual(3);
    for (const { recipe } of runs.slice(0, design.variants.length)) await checkFiles(recipe);
    readStudy(path, { ...options, recipe: "town-small" });
  },
  20_000,
);
