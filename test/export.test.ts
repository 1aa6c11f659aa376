// A whole run exported, as a user does it: what is in the files is what the ledger says was learnt from, and every line leads
// back to it.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ledger, openLedger } from "../src/ledger/ledger.ts";
import { readDemonstrations, readPreferences, readPrompts } from "../src/pipeline/read-dataset.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
let run: string;
let ledger: Ledger;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "export-"));
  run = join(folder, "town-small");
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
  const settings = sets(`policy=${join(folder, "policy")}`, ...TINY_RUN);
  const made = await charter("run", "town-small", "--runs", folder, ...settings);
  expect(made.code, made.stderr).toBe(0);
  const exported = await charter("export", "town-small", "--runs", folder);
  expect(exported.code, exported.stderr).toBe(0);
  expect(exported.stdout).toMatch(/sft\.jsonl +\d+\npreferences\.jsonl +\d+\nprompts\.jsonl +\d+/);
  const parquet = await charter(
    "export",
    run,
    "--format",
    "parquet",
    "--to",
    join(folder, "parquet"),
    "--json",
  );
  expect(parquet.code, parquet.stderr).toBe(0);
  const { files } = JSON.parse(parquet.stdout);
  expect(files[0]).toMatchObject({ name: "sft", file: "sft.parquet", rows: rowsOf("sft.jsonl").length });
  ledger = openLedger(run, { readOnly: true });
}, 120_000);
afterAll(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

const rowsOf = (name: string) =>
  readFileSync(join(run, "export", name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** The training set of a stage, as its checkpoint names it. */
const learntBy = (stage: string) => {
  const checkpoint = [...ledger.entries("checkpoint")].find(
    ({ body }) => (body as { stage: string }).stage === stage,
  )!;
  const set = checkpoint.parents.find(({ role }) => role === "training-set")!.id;
  return ledger.get(set).parents.map(({ id }) => id);
};

it("the examples are those of the training sets, in their order", () => {
  expect(rowsOf("sft.jsonl").map(({ id }) => id)).toEqual(learntBy("sl-cai"));
  const preferences = rowsOf("preferences.jsonl");
  const train = preferences.filter(({ split }) => split === "train").map(({ id }) => id);
  expect(train).toEqual(learntBy("preference-model"));
  expect(preferences.length - train.length).toBe([...ledger.entries("prediction")].length);
});

it("preferences are read back with the labels' probabilities, and prompts as they were", async () => {
  const file = join(run, "export/preferences.jsonl");
  const { rows, skipped } = await readPreferences(file);
  expect(skipped).toEqual([]);
  const sources = new Set(rows.map(({ metadata }) => metadata["source"]));
  expect(sources).toEqual(new Set(["harmlessness", "helpfulness"]));
  for (const { metadata, probability } of rows) {
    const { body } = ledger.get(metadata["id"] as string);
    const label = (body as { probability: number }).probability;
    expect(probability).toBe(label >= 0.5 ? label : 1 - label);
  }
  const prompts = await readPrompts(join(run, "export/prompts.jsonl"));
  const kept = [...ledger.entries("prompt")].map(
    ({ body }) => (body as { conversation: object }).conversation,
  );
  expect(prompts.rows.map(({ conversation }) => conversation)).toEqual(kept);
});

it("annotations and lineage are read back too: the label's preference, and every round as a demonstration", async () => {
  const { rows } = await readPreferences(join(run, "export/annotations.json"));
  const told = rowsOf("preferences.jsonl").filter(({ chosen_prob }) => chosen_prob !== 0.5);
  expect(rows.map(({ chosen }) => chosen)).toEqual(told.map(({ chosen }) => chosen[0].content));
  for (const [i, { chosen_prob }] of told.entries())
    expect(rows[i]!.probability).toBeCloseTo(chosen_prob, 12);
  const demonstrations = (await readDemonstrations(join(run, "export/lineage.jsonl"))).rows;
  const revisions = rowsOf("lineage.jsonl").flatMap(({ cst }) => cst);
  expect(demonstrations.map(({ revision }) => revision)).toEqual(
    revisions.map(({ revision }) => revision.sample.trim()),
  );
});

it("results tell what PPO's own answers to harmful requests did, beside their score", () => {
  const { history, alongRl } = JSON.parse(readFileSync(join(run, "results.json"), "utf8"));
  const rollouts = [...ledger.entries("rollout")].map(({ body }) => body as { iteration: number });
  expect(alongRl.length).toBeGreaterThan(0);
  for (const { iteration, answers, comply, score } of alongRl) {
    expect(iteration).toBeLessThanOrEqual(history.rl.length);
    expect(answers).toBeLessThanOrEqual(rollouts.filter((one) => one.iteration === iteration - 1).length);
    expect([comply.of, Number.isFinite(score)]).toEqual([answers, true]);
  }
});

it("evaluation prompts are told from those that were trained on", () => {
  const prompts = rowsOf("prompts.jsonl");
  const evaluated = prompts.filter(({ file }) => file.startsWith("evaluation-"));
  expect(evaluated).toHaveLength(8);
  for (const { file, split } of prompts)
    expect(split).toBe(file.startsWith("evaluation-") ? "evaluation" : "train");
});

it("Parquet holds the same rows, and the same export gives the same bytes", async () => {
  const to = join(folder, "parquet");
  const files = readdirSync(to).toSorted();
  expect(files).toContain("lineage.parquet");
  expect(files.filter((file) => file.endsWith(".writing"))).toEqual([]);
  for (const file of files.filter((name) => name.endsWith(".parquet"))) {
    const read = await parquetReadObjects({ file: await asyncBufferFromFile(join(to, file)) });
    expect(read).toEqual(rowsOf(file.replace(".parquet", ".jsonl")));
  }
  const [annotations, again] = [join(run, "export"), to].map((at) =>
    readFileSync(join(at, "annotations.json")),
  );
  expect(again!.equals(annotations!)).toBe(true);
});

it("why tells of a line what it tells of its record", async () => {
  const { id } = rowsOf("sft.jsonl")[1];
  const ofRecord = await charter("why", id, "--run", run);
  expect(ofRecord.stdout).toContain("principle");
  for (const line of ["export/sft.jsonl:2", "../parquet/sft.parquet:2"]) {
    const { code, stdout, stderr } = await charter("why", join(run, line));
    expect([code, stdout], stderr).toEqual([0, ofRecord.stdout]);
  }
  const beyond = await charter("why", `${join(run, "export/sft.jsonl")}:999`);
  expect([beyond.code, beyond.stderr]).toEqual([2, expect.stringContaining("expected a line up to")]);
});

it("a mistaken name is told with the nearest", async () => {
  const { code, stderr } = await charter("export", run, "--what", "sft,preference");
  expect([code, stderr]).toEqual([2, expect.stringContaining('Did you mean "preferences"?')]);
});
