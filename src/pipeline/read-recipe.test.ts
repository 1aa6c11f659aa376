import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { UserError } from "../user-error.ts";
import { parseRecipe, readRecipe, renderRecipe } from "./read-recipe.ts";
import { rlOptions } from "./reinforce.ts";
import { openRunDirectory, writeRecipe } from "./run-directory.ts";
import { adaptersKey } from "./training.ts";

const SMALLEST = `name: small
policy: models/town
constitution: { file: constitutions/town.yaml }
prompts:
  redTeam: { file: red.jsonl }
  helpful: { file: fine.jsonl, count: 20 }
  evaluation:
    redTeam: { file: red-held.jsonl }
    helpful: { file: fine-held.jsonl }
`;

const read = (text: string, set: readonly string[] = [], exists = (_: string) => true) =>
  parseRecipe({ text, file: "/recipes/small.yaml", set, projectRoot: "/project", exists });

function refusal(text: string, set: readonly string[] = [], exists = (_: string) => true): UserError {
  try {
    read(text, set, exists);
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("expected the recipe to be refused");
}

describe("a recipe", () => {
  it("takes the paper's settings where it says nothing", () => {
    const { supervised, feedback, rl, prompts } = read(SMALLEST);
    expect([supervised.rounds, supervised.train, supervised.responseSampling.temperature]).toEqual([
      4,
      "all",
      1,
    ]);
    expect([supervised.epochs, supervised.schedule, supervised.helpfulResponses]).toEqual([1, "constant", 2]);
    expect([feedback.labels, feedback.principles, feedback.clamp]).toEqual(["soft", 1, null]);
    expect([rl.klCoefficient, rl.clip, rl.discount]).toEqual([0.001, 0.2, 1]);
    expect([prompts.redTeam.count, prompts.helpful.count]).toEqual(["all", 20]);
  });

  it("lets the helpful-only model be the base, the feedback model and the judge unless others are named", () => {
    const recipe = read(SMALLEST);
    expect([recipe.base, recipe.feedback.model, recipe.evaluation.judge.model]).toEqual(
      Array(3).fill(recipe.policy),
    );
    const other = read(
      `${SMALLEST}base: models/base\nfeedback: { model: models/judge, mode: chain-of-thought, samples: 3, reasoningSampling: { temperature: 0.5, maxTokens: 99 } }\n`,
    );
    expect(other.base).toBe("/recipes/models/base");
    expect(other.evaluation.judge).toMatchObject({
      model: "/recipes/models/judge",
      mode: "chain-of-thought",
      samples: 3,
      reasoningSampling: { temperature: 0.5, maxTokens: 99 },
    });
  });

  it("clamps chains of thought to 0.4-0.6 unless told otherwise (CAI paper, section 4.1)", () => {
    expect(read(SMALLEST, ["feedback.mode=chain-of-thought"]).feedback.clamp).toEqual([0.4, 0.6]);
    expect(
      read(SMALLEST, ["feedback.mode=chain-of-thought", "feedback.clamp=none"]).feedback.clamp,
    ).toBeNull();
    expect(read(SMALLEST, ["feedback.clamp=[0.2, 0.8]"]).feedback.clamp).toEqual([0.2, 0.8]);
  });

  it("looks for files beside the recipe first, then in the project", () => {
    const recipe = read(
      SMALLEST,
      [],
      (path) => path.startsWith("/project/") || path === "/recipes/red.jsonl",
    );
    expect(recipe.prompts.redTeam.file).toBe("/recipes/red.jsonl");
    expect(recipe.policy).toBe("/project/models/town");
  });

  it("leaves a file that is gone as it is written, for whoever only compares settings", () => {
    const gone = {
      text: SMALLEST,
      file: "/recipes/small.yaml",
      projectRoot: "/project",
      exists: () => false,
    };
    expect(() => parseRecipe(gone)).toThrow(UserError);
    expect(parseRecipe({ ...gone, mayLackFiles: true }).prompts.redTeam.file).toBe("red.jsonl");
  });

  it("sets a part that is an alias of another without setting the other", () => {
    const aliased = SMALLEST.replace(
      "redTeam: { file: red.jsonl }",
      "redTeam: &p { file: red.jsonl, count: 100 }",
    ).replace("redTeam: { file: red-held.jsonl }", "redTeam: *p");
    const { prompts } = read(aliased, ["prompts.evaluation.redTeam.count=5"]);
    expect([prompts.redTeam.count, prompts.evaluation.redTeam.count]).toEqual([100, 5]);
  });

  it("is frozen all the way down", () => {
    const recipe = read(SMALLEST);
    expect(() => {
      (recipe.rl.adamW as { beta1: number }).beta1 = 0;
    }).toThrow(TypeError);
  });

  it("is overridden key by key with YAML values", () => {
    const recipe = read(SMALLEST, [
      "rl.klCoefficient=0.1",
      "constitution.without=[theft, fraud]",
      "supervised.critique=false",
    ]);
    expect([recipe.rl.klCoefficient, recipe.constitution.without, recipe.supervised.critique]).toEqual([
      0.1,
      ["theft", "fraud"],
      false,
    ]);
  });

  it("gives PPO a fixed or a steered KL coefficient", () => {
    expect(rlOptions(read(SMALLEST).rl).kl).toEqual({ kind: "fixed", coefficient: 0.001 });
    const steered = read(SMALLEST, [
      "rl.klCoefficient={initial: 0.1, target: 6, horizon: 1000}",
      "rl.learningRate=0.5",
    ]);
    expect(rlOptions(steered.rl).kl).toEqual({ kind: "adaptive", initial: 0.1, target: 6, horizon: 1000 });
    expect(rlOptions(steered.rl).policyAdamW.learningRate).toBe(0.5);
  });

  it("has no dropout of adapters but where there is some, so that no key of a training changes by it", () => {
    const targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];
    for (const set of ["lora={}", "lora={dropout: 0}"]) {
      const recipe = read(SMALLEST, [set]);
      expect(recipe.lora).toStrictEqual({ rank: 16, alpha: 32, targets });
      expect(adaptersKey(recipe)).toStrictEqual({ lora: { rank: 16, alpha: 32, targets }, seed: "0" });
      expect(renderRecipe(recipe, "/recipes")).not.toContain("dropout");
    }
    const recipe = read(SMALLEST, ["lora.dropout=0.05", "preference.lora={dropout: 0.1}"]);
    expect(recipe.lora).toStrictEqual({ rank: 16, alpha: 32, targets, dropout: 0.05 });
    expect(adaptersKey(recipe)["lora"]).toEqual(recipe.lora);
    expect(recipe.preference.lora?.dropout).toBe(0.1);
  });

  it("reads back from what is written of it", () => {
    const recipe = read(SMALLEST, ["feedback.mode=chain-of-thought", "seed=7", "lora={dropout: 0.1}"]);
    const again = parseRecipe({
      text: renderRecipe(recipe, "/recipes"),
      file: "/runs/small/recipe.yaml",
      projectRoot: "/recipes",
      exists: (path) => path.startsWith("/recipes"),
    });
    expect(again).toEqual(recipe);
    expect(renderRecipe(recipe, "/recipes")).toContain("policy: models/town");
  });
});

describe("a recipe with a mistake", () => {
  it("names an unknown key by its line and path, with the nearest valid name", () => {
    const error = refusal(`${SMALLEST}rl:\n  clip: 0.2\n  klCoeficient: 0.1\n`);
    expect(error.message).toBe(
      '/recipes/small.yaml:12: rl.klCoeficient: expected a known key, got "klCoeficient"',
    );
    expect(error.hint).toBe('Did you mean "rl.klCoefficient"?');
  });

  it("finds the section that a key belongs to", () => {
    expect(refusal(SMALLEST, ["supervised.klCoefficient=0.1"])).toMatchObject({
      message: '--set supervised.klCoefficient: expected a known key, got "klCoefficient"',
      hint: 'Did you mean "rl.klCoefficient"?',
    });
  });

  it("lists the keys that are valid where none is near", () => {
    expect(refusal(SMALLEST, ["lora.quux=1"]).hint).toBe("Keys here are: rank, alpha, targets, dropout.");
    expect(refusal(SMALLEST, ["compute.quux=1"]).hint).toBe("Keys here are: device, threads, batch.");
  });

  it.each([
    ["rl.clip=often", '--set rl.clip: expected a number, got "often"'],
    ["rl.iterations=1.5", "--set rl.iterations: expected a whole number, got 1.5"],
    ["rl.iterations=0", "--set rl.iterations: expected a number of at least 1, got 0"],
    ["rl.discount=1.5", "--set rl.discount: expected a number of at most 1, got 1.5"],
    ["feedback.mode=chain", '--set feedback.mode: expected one of direct, chain-of-thought, got "chain"'],
    [
      "feedback.clamp=0.4",
      '--set feedback.clamp: expected [lowest, highest], such as [0.4, 0.6], or "none", got 0.4',
    ],
    ["rl=fast", '--set rl: expected a section with keys of its own, got "fast"'],
    ["lora.dropout=1", "--set lora.dropout: expected a number below 1, got 1"],
    ["lora.dropout=-0.1", "--set lora.dropout: expected a number of at least 0, got -0.1"],
    ["supervised.train=7", "--set supervised.train: expected a round up to 4, got 7"],
    ["feedback.samples=5", "--set feedback.samples: expected 1, since direct labels are not sampled, got 5"],
    ["feedback.clamp=[0.6, 0.4]", "--set feedback.clamp: expected [lowest, highest], got [0.6, 0.4]"],
  ])("says what was expected and what came: %s", (set, message) => {
    expect(refusal(SMALLEST, [set]).message).toBe(message);
  });

  it("refuses to read labels from log-probabilities where the protocol has none", () => {
    const model = (labels: string) =>
      `{ endpoint: "https://far.example/v1", protocol: anthropic, model: large${labels} }`;
    expect(refusal(SMALLEST, [`feedback.model=${model("")}`])).toMatchObject({
      code: "recipe-contradiction",
      message:
        "--set feedback.model.labels: expected votes, since the protocol of large at https://far.example/v1 has no log-probabilities, got log-probabilities",
      hint: "Write labels: { votes: 10 } beside protocol: anthropic.",
    });
    expect(refusal(SMALLEST, [`evaluation.judge.model=${model("")}`]).message).toContain(
      "judge.model.labels",
    );
    read(SMALLEST, [`feedback.model=${model(", labels: { votes: 10 }")}`]);
    // A critic gives no labels.
    read(SMALLEST, [`supervised.critiqueModel=${model("")}`]);
  });

  it("says that a required key is missing", () => {
    const error = refusal(SMALLEST.replace("policy: models/town\n", ""));
    expect(error).toMatchObject({
      message: "/recipes/small.yaml: policy: expected text, or a section with keys of its own, got nothing",
      hint: 'Add the key "policy".',
    });
  });

  it("names the places where it looked for a file", () => {
    const error = refusal(SMALLEST, [], (path) => !path.endsWith("/red.jsonl"));
    expect(error.message).toBe(
      '/recipes/small.yaml:5: prompts.redTeam.file: expected a file or folder, got "red.jsonl", which is not there',
    );
    expect(error.hint).toBe("Looked in /recipes and /project.");
  });

  it("reports every mistake at once", () => {
    expect(refusal(SMALLEST, ["rl.clip=x", "rl.lambda=2", "rll=1"]).message.split("\n")).toHaveLength(3);
  });

  it("is told the line at which it is not YAML", () => {
    expect(refusal("name: a\npolicy: [\n").message).toMatch(/^\/recipes\/small\.yaml:\d: expected YAML/);
    expect(refusal("- a\n- b\n").message).toContain("got a list");
    expect(refusal("name: a\nname: b\n").message).toMatch(
      /small\.yaml:2: expected YAML, got: Map keys must be unique/,
    );
  });

  it("refuses an override that is no assignment", () => {
    expect(refusal(SMALLEST, ["rl.clip"])).toMatchObject({
      code: "set-syntax",
      message: '--set: expected key=value, got "rl.clip"',
    });
    expect(refusal(SMALLEST, ["__proto__.polluted=1"]).code).toBe("set-syntax");
    expect(refusal(SMALLEST, ["rl.constructor.prototype=1"]).message).toContain("expected a known key");
  });

  it("cannot be read where there is none", () => {
    expect(() => readRecipe("/nowhere/x.yaml", { projectRoot: "/" })).toThrow(UserError);
  });
});

describe("the recipes that come with Charter", () => {
  const folder = resolve(import.meta.dirname, "../../recipes");
  it.each(readdirSync(folder))("%s is valid and is named like its file", (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const recipe = parseRecipe({
      text,
      file: join(folder, name),
      projectRoot: resolve(folder, ".."),
      exists: () => true,
    });
    expect(`${recipe.name}.yaml`).toBe(name);
  });
});

describe("a run directory", () => {
  it("keeps the recipe, and is taken by one user at a time", () => {
    const directory = join(mkdtempSync(join(tmpdir(), "run-")), "town");
    const run = openRunDirectory(directory);
    expect(() => openRunDirectory(directory)).toThrow("is working on this run");
    const path = writeRecipe(directory, read(SMALLEST), "/recipes");
    expect(readFileSync(path, "utf8")).toContain("rounds: 4");
    run.close();
    openRunDirectory(directory).close();
    rmSync(directory, { recursive: true });
  });
});

it("the RLHF baseline is the town's recipe but for where the harmlessness labels come from", () => {
  const written = (name: string) =>
    parse(readFileSync(new URL(`../../recipes/${name}.yaml`, import.meta.url), "utf8"));
  const { name, feedback, ...rest } = written("town-rlhf");
  const { source, file, ...same } = feedback;
  expect([name, source]).toEqual(["town-rlhf", "file"]);
  expect(file).toMatch(/harmlessness/);
  expect({ name: "town", feedback: same, ...rest }).toEqual(written("town"));
});
