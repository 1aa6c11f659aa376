// A run amended: what the preview says is what is made anew, and no more than the change calls for; what it does not touch keeps
// its id. On random weights, in seconds.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { openLedger } from "../src/ledger/ledger.ts";
import type { Critique, PrincipleUse, Reading, Response, Revision } from "../src/method/records.ts";
import { type AmendmentPreview, prepareAmendment } from "../src/pipeline/amend.ts";
import { readRecipe } from "../src/pipeline/read-recipe.ts";
import { recordsIn, theFewest } from "./the-fewest.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
/** The files that the run is made from; tests change them and put them back. */
const at = (name: string) => join(folder, name);
const lines = readFileSync(join(ROOT, "data/town/red-team.jsonl"), "utf8").split("\n");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "amend-"));
  await writeTinyCheckpoint(at("policy"), "policy", 1024);
  writeFileSync(at("red-team.jsonl"), `${lines.slice(0, 12).join("\n")}\n`);
  cpSync(join(ROOT, "constitutions/town.yaml"), at("ours.yaml"));
  const { code, stderr } = await charter(
    ...["run", "town-small", "--name", "first", "--runs", folder, "--json"],
    ...sets(
      ...[
        `policy=${at("policy")}`,
        ...TINY_RUN,
        "feedback.pairs=all",
        `constitution.file=${at("ours.yaml")}`,
      ],
      `prompts.redTeam={ file: ${at("red-team.jsonl")} }`,
    ),
  );
  expect(code, stderr).toBe(0);
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const recordsOf = <T>(run: string, kind: string) => recordsIn<T>(at(run), kind);

/** The constitution with the principle that these records were made under most in other words, as a file. */
function rewordMost(uses: readonly PrincipleUse[], parts: readonly string[]): string {
  const document = parse(readFileSync(at("ours.yaml"), "utf8"));
  const times = (id: string) => uses.filter(({ principle }) => principle === id).length;
  const [most] = document.principles.toSorted(
    (a: { id: string }, b: { id: string }) => times(b.id) - times(a.id),
  );
  expect(times(most.id)).toBeGreaterThan(0);
  for (const part of parts)
    most.wording = { ...most.wording, [part]: `${most.wording?.[part] ?? most.text} Be kind.` };
  return writeConstitution(`reworded-${parts.join("-")}.yaml`, { ...document, version: "9.0.0" });
}

function writeConstitution(name: string, document: object): string {
  writeFileSync(at(name), stringify(document));
  return at(name);
}

const amend = (...args: readonly string[]) => charter("amend", "first", "--runs", folder, ...args);

async function previewOf(...args: readonly string[]): Promise<AmendmentPreview> {
  const { code, stdout, stderr } = await amend(...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

const stageOf = ({ stages }: AmendmentPreview, name: string) => stages.find(({ stage }) => stage === name)!;
const anewOf = (preview: AmendmentPreview, name: string) => stageOf(preview, name).anew;
const STAGE_1 = ["critique-1", "revision-1", "critique-2", "revision-2"];

const fewestUnder = (constitution: string) => theFewest(at("first"), at("ours.yaml"), at(constitution));

it("tells what a reworded principle leaves to be made, and makes that and no more", async () => {
  const drawn = [...recordsOf<Critique>("first", "critique").values()].map(({ use }) => use);
  const reworded = ["--constitution", rewordMost(drawn, ["critique", "revision"])];
  const preview = await previewOf(...reworded);
  expect(readdirSync(folder).filter((name) => name.startsWith("first-2"))).toEqual([]);
  const rounds = STAGE_1.map((stage) => stageOf(preview, stage));
  expect(Object.fromEntries(rounds.map(({ stage, anew }) => [stage, anew]))).toEqual(
    fewestUnder("reworded-critique-revision.yaml"),
  );
  for (const { anew, least, total } of rounds) {
    expect(anew).toBe(least);
    expect(anew).toBeLessThan(total);
  }
  expect(preview.trainings).toHaveLength(3);
  expect(preview.figures).toContain("answers of rl-cai: rates and diversity");
  expect(preview.figures.join()).not.toContain("helpful-only");

  const made = await amend(...reworded, "--json", "--yes");
  expect(made.code, made.stderr).toBe(0);
  for (const kind of ["critique", "revision"]) {
    const [before, after] = [recordsOf("first", kind), recordsOf("first-2", kind)];
    for (const id of before.keys()) expect(after.has(id)).toBe(true);
    const anew = rounds.reduce((sum, stage) => sum + (stage.stage.startsWith(kind) ? stage.anew : 0), 0);
    expect(after.size - before.size).toBe(anew);
  }
  expect(existsSync(at("first-2/results.json"))).toBe(true);
  const verified = await charter("verify", at("first-2"));
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
}, 120_000);

it("counts the fewest for principles left out, added and reweighted, odd texts left out as they are", async () => {
  const odd = [...recordsOf<Response | Critique | Revision>("first", "critique").values()].filter(
    ({ oddity }) => oddity !== "none",
  );
  expect(odd.length).toBeGreaterThan(0);
  const document = parse(readFileSync(at("ours.yaml"), "utf8"));
  const [first, ...others] = document.principles;
  const changed = {
    removed: others,
    added: [...document.principles, { id: "new", text: "It is brief.", weight: 4 }],
    reweighted: [{ ...first, weight: 9 }, ...others],
  };
  for (const [name, principles] of Object.entries(changed)) {
    const file = writeConstitution(`${name}.yaml`, { ...document, principles });
    const preview = await previewOf("--constitution", file);
    const stages = STAGE_1.map((stage) => stageOf(preview, stage));
    const fewest = fewestUnder(`${name}.yaml`);
    expect([name, Object.fromEntries(stages.map(({ stage, anew }) => [stage, anew]))]).toEqual([
      name,
      fewest,
    ]);
    expect([name, Object.fromEntries(stages.map(({ stage, least }) => [stage, least]))]).toEqual([
      name,
      fewest,
    ]);
  }
}, 120_000);

it("asks anew only those comparisons whose question has other words, and says so", async () => {
  const readings = [...recordsOf<{ readonly readings: readonly Reading[] }>("first", "reading").values()];
  const asked = readings.map((reading) => reading.readings[0]!.use);
  const drawn = asked.filter(({ principle }) => principle !== "helpfulness");
  const preview = await previewOf("--constitution", rewordMost(drawn, ["comparison"]));
  for (const stage of [...STAGE_1, "sl-cai", "pairs"])
    expect([stage, anewOf(preview, stage)]).toEqual([stage, 0]);
  const { anew, least, total } = stageOf(preview, "feedback");
  expect(anew).toBe(least);
  expect(anew).toBeLessThan(total);
  expect(preview.figures.join()).not.toContain("rounds of revision");
}, 60_000);

it("tells of figures that move though nothing trains again: another way of judging", async () => {
  const judged = ["--set", "upTo=supervised", "--set", "evaluation.judge.mode=chain-of-thought"];
  const { trainings, figures, stages } = await previewOf(...judged);
  expect(trainings).toEqual([]);
  expect(figures).toEqual([
    "Elo and win rates of all models",
    "what each principle thinks of the models, and which agree",
  ]);
  expect(stages.every(({ least }) => least === null)).toBe(true);
}, 60_000);

it("takes another setting by the same door: hard labels ask nobody anything anew, a temperature asks its stage", async () => {
  const hard = await previewOf("--set", "feedback.labels=hard");
  for (const stage of [...STAGE_1, "sl-cai", "pairs-first", "feedback"])
    expect([stage, anewOf(hard, stage)]).toEqual([stage, 0]);
  expect(anewOf(hard, "feedback-labels")).toBeGreaterThan(0);
  expect(hard.trainings).toHaveLength(2);
  expect(hard.stages.every(({ least }) => least === null)).toBe(true);

  const warmer = await previewOf("--set", "supervised.critiqueSampling.temperature=0.5");
  expect(anewOf(warmer, "responses")).toBe(0);
  const { anew, total } = stageOf(warmer, "critique-1");
  expect(anew).toBe(total);
  expect(warmer.trainings).toHaveLength(3);
}, 60_000);

it("needs no word where lines were added to a file, and makes what they call for", async () => {
  appendFileSync(at("red-team.jsonl"), `${lines.slice(12, 15).join("\n")}\n`);
  try {
    const preview = await previewOf();
    expect(stageOf(preview, "responses")).toMatchObject({ total: 15, anew: 3 });
    for (const { anew, least } of STAGE_1.map((stage) => stageOf(preview, stage))) {
      expect(anew).toBe(least);
      expect(anew).toBeGreaterThan(0);
      expect(anew).toBeLessThanOrEqual(3);
    }
  } finally {
    writeFileSync(at("red-team.jsonl"), `${lines.slice(0, 12).join("\n")}\n`);
  }
}, 60_000);

it("knows rows again in a file of another name, the old one gone", async () => {
  writeFileSync(at("more.jsonl"), `${lines.slice(0, 14).join("\n")}\n`);
  renameSync(at("red-team.jsonl"), at("away.jsonl"));
  const longer = ["--set", `prompts.redTeam.file=${at("more.jsonl")}`];
  try {
    const preview = await previewOf(...longer);
    expect(stageOf(preview, "responses")).toMatchObject({ total: 14, anew: 2 });
    for (const { anew, least } of STAGE_1.map((stage) => stageOf(preview, stage))) {
      expect(anew).toBe(least);
      expect(anew).toBeLessThanOrEqual(2);
    }
    const made = await amend(...longer, "--set", "upTo=supervised", "--name", "longer", "--yes", "--json");
    expect(made.code, made.stderr).toBe(0);
    const [before, after] = ["first", "longer"].map((run) => recordsOf<{ file: string }>(run, "prompt"));
    for (const id of before!.keys()) expect(after!.has(id)).toBe(true);
    expect(after!.size - before!.size).toBe(2);
    const verified = await charter("verify", at("longer"));
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
    // And once more under a third name: those that were new know themselves again, too.
    cpSync(at("more.jsonl"), at("third.jsonl"));
    const third = await charter(
      ...["amend", "longer", "--runs", folder, "--json"],
      ...sets(`prompts.redTeam.file=${at("third.jsonl")}`),
    );
    expect(third.code, third.stderr).toBe(0);
    expect(anewOf(JSON.parse(third.stdout), "responses")).toBe(0);
  } finally {
    renameSync(at("away.jsonl"), at("red-team.jsonl"));
  }
}, 120_000);

it("needs the old constitution no more: it may have been renamed", async () => {
  renameSync(at("ours.yaml"), at("ours-v2.yaml"));
  try {
    const preview = await previewOf("--constitution", at("ours-v2.yaml"));
    expect(preview.stages.every(({ anew }) => anew === 0)).toBe(true);
  } finally {
    renameSync(at("ours-v2.yaml"), at("ours.yaml"));
  }
}, 60_000);

it("looks at all that the new recipe names before it keeps anything", async () => {
  writeFileSync(at("empty.jsonl"), "");
  const refused = [
    ["--set", `evaluation.labels.file=${at("empty.jsonl")}`],
    ["--set", "compute.threads=100000"],
  ];
  for (const setting of refused) {
    const { code, stderr } = await amend(...setting, "--name", "refused", "--yes");
    expect(code, stderr).toBe(2);
    expect(readdirSync(folder).filter((name) => name.startsWith("refused"))).toEqual([]);
  }
}, 60_000);

it("keeps the recipe with the copy, tells hub models by their ids, and what is spent of a budget", async () => {
  cpSync(at("first"), at("paid"), { recursive: true });
  const ledger = openLedger(at("paid"));
  const body = { requests: 1, read: 8, sampled: 0, cost: 8 };
  ledger.commit([{ key: "paid", entries: [{ kind: "usage", body, parents: [] }] }]);
  ledger.close();
  const read = (set: readonly string[]) => readRecipe(at("paid/recipe.yaml"), { projectRoot: ROOT, set });
  const onHub = (recipe: ReturnType<typeof read>) => ({ ...recipe, policy: "huggingface-hub:some/policy" });
  const recipe = read(["budget=10", "name=kept"]);
  const { preview, keep, discard } = await prepareAmendment(
    {
      from: { directory: at("paid"), recipe: onHub(read([])) },
      to: { directory: at("kept"), written: onHub(recipe), recipe },
    },
    { now: () => performance.now(), signal: new AbortController().signal, projectRoot: ROOT },
  );
  keep();
  discard();
  expect(preview.budget).toEqual({ most: 10, spent: 8 });
  expect(stageOf(preview, "critique-1").least).toBe(0);
  expect(readRecipe(at("kept/recipe.yaml"), { projectRoot: ROOT })).toEqual(recipe);
}, 60_000);

it("shows people what it would take, and changes nothing without a word", async () => {
  const { code, stdout, stderr } = await amend("--set", "rl.learningRate=0.1");
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("trains again: PPO against the preference model (RL-CAI)\n");
  expect(stdout.replaceAll(/\s+/g, " ")).toMatch(/figures that may move: .*Elo and win rates of all models/);
  expect(stdout).toMatch(/about .+ and [\d,]+ tokens\n/);
  expect(stdout).toContain("Nothing has been changed. To go ahead: the same with --yes\n");
  expect(existsSync(at("first-3"))).toBe(false);
}, 60_000);

it("refuses to amend nothing, and to write over a run", async () => {
  const nothing = await amend();
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("--constitution")]);
  expect(existsSync(at("first-3.amending"))).toBe(false);
  const there = await amend("--set", "seed=9", "--name", "first");
  expect([there.code, there.stderr]).toEqual([2, expect.stringContaining("--name")]);
}, 60_000);
