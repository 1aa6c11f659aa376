// Two runs compared: constitution, recipe, data, models and what came of it, and what is said where they have little in common. On
// random weights, in seconds.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { openLedger } from "../src/ledger/ledger.ts";
import type { Critique } from "../src/method/records.ts";
import type { RunComparison } from "../src/pipeline/compare-runs.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "compare-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
  const { code, stderr } = await charter(
    ...["run", "town-small", "--name", "first", "--runs", folder, "--json"],
    ...sets(`policy=${join(folder, "policy")}`, ...TINY_RUN),
  );
  expect(code, stderr).toBe(0);
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The first run under other settings. */
async function amended(name: string, ...more: readonly string[]): Promise<void> {
  const { code, stderr } = await charter(
    "amend",
    "first",
    "--runs",
    folder,
    "--name",
    name,
    "--yes",
    ...more,
  );
  expect(code, stderr).toBe(0);
}

async function compared(
  a: string,
  b: string,
): Promise<RunComparison & { readonly a: string; readonly b: string }> {
  const { code, stdout, stderr } = await charter("compare", a, b, "--runs", folder, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

it("tells what was reworded, which models are others, and puts all of them on one scale", async () => {
  const ledger = openLedger(join(folder, "first"), { readOnly: true });
  const [critique] = [...ledger.entries("critique")].map(({ body }) => body as unknown as Critique);
  ledger.close();
  const document = parse(readFileSync(join(ROOT, "constitutions/town.yaml"), "utf8"));
  const drawn = document.principles.find(({ id }: { id: string }) => id === critique!.use.principle);
  for (const part of ["critique", "revision"])
    drawn.wording = { ...drawn.wording, [part]: `${drawn.wording?.[part] ?? drawn.text} Be kind.` };
  writeFileSync(join(folder, "reworded.yaml"), stringify({ ...document, version: "9.0.0" }));
  await amended("reworded", "--constitution", join(folder, "reworded.yaml"));
  const comparison = await compared("first", "reworded");
  const { constitution, recipe, data, models, figures, elo, transcripts, prompts, asked } = comparison;
  expect(new Set(constitution.principles.map(({ id }) => id))).toEqual(new Set([drawn.id]));
  expect(constitution.asked[0]!.uses).toEqual(["critique", "revision"]);
  expect(recipe.map(({ key }) => key)).toEqual(["constitution.file"]);
  expect(data.files.every(({ bytes }) => bytes === "same")).toBe(true);
  const critiques = data.records.find(({ kind }) => kind === "critique")!;
  expect(critiques).toMatchObject({ both: 12, onlyA: 0 });
  expect(critiques.onlyB).toBeGreaterThan(0);
  expect(models[0]).toEqual({ name: "helpful-only", weights: "same" });
  expect(figures.filter(({ model }) => model === "helpful-only").every(({ isApart }) => !isApart)).toBe(true);
  expect([prompts, asked]).toEqual([8, { a: 8, b: 8 }]);
  for (const { ratings } of elo) {
    expect(ratings).toHaveLength(6);
    const [own, other] = ["first", "reworded"].map(
      (run) => ratings.find(({ model }) => model === `helpful-only of ${run}`)!.value,
    );
    expect(own).toBe(0);
    expect(other).toBeCloseTo(0, 6); // the same model: every match is a tie
  }
  expect(transcripts.length).toBeLessThanOrEqual(3);
  for (const { a, b, distance } of transcripts) {
    expect(a).not.toBe(b);
    expect(distance).toBeGreaterThan(0);
  }
  await amended("faster", "--set", "rl.learningRate=0.1");
  const shown = await charter("compare", "first", "faster", "--runs", folder);
  expect(shown.stdout).toMatch(/rl\.learningRate: .+ → 0\.1\n/);
  expect(shown.stdout).toContain("  files: the same bytes\n  records of both: ");
  expect(shown.stdout).toMatch(/sl-cai: the same weights\n\s+rl-cai: other weights/);
  expect(shown.stdout).toContain("on one scale");
}, 120_000);

it("compares what either run's results are about: the latest evaluation, and two runs of one name apart", async () => {
  await amended("shorter", "--set", "evaluation.sampling.maxTokens=1");
  mkdirSync(join(folder, "elsewhere"));
  renameSync(join(folder, "shorter"), join(folder, "elsewhere/first"));
  const comparison = await compared(join(folder, "first"), join(folder, "elsewhere/first"));
  expect([comparison.a, comparison.b]).toEqual(["first (a)", "first (b)"]);
  expect(comparison.models.map(({ weights }) => weights)).toEqual(["same", "same", "same"]);
  for (const { ratings } of comparison.elo) expect(ratings).toHaveLength(6);
  expect(comparison.transcripts.length).toBeGreaterThan(0);
  for (const { a, b } of comparison.transcripts) expect(a.length).toBeGreaterThan(b.length);
}, 60_000);

it("compares a run that ended early with one that went on: every model's figures, whichever comes first", async () => {
  await amended("early", "--set", "upTo=supervised");
  const [one, other] = [await compared("first", "early"), await compared("early", "first")];
  expect(one.last).toBe("sl-cai");
  expect(one.models.at(-1)).toEqual({ name: "rl-cai", weights: "only-a" });
  expect(other.models.at(-1)).toEqual({ name: "rl-cai", weights: "only-b" });
  const shape = ({ figures }: RunComparison) =>
    figures.map(({ model, title }) => `${model}: ${title}`).toSorted();
  expect(shape(one)).toEqual(shape(other));
  expect(shape(one).filter((name) => name.startsWith("rl-cai")).length).toBeGreaterThan(2);
  expect(one.prompts).toBe(8);
}, 60_000);

it("knows a prompt again by what it says, and tells of files with other bytes", async () => {
  const rows = readFileSync(join(ROOT, "data/town/evaluation-red-team.dev.jsonl"), "utf8").split("\n");
  const file = join(folder, "held-out.jsonl");
  writeFileSync(file, `${rows.slice(0, 4).join("\n")}\n`);
  // Under settings of its own, so that nothing of it is the first run's.
  await amended("renamed", "--set", `prompts.evaluation.redTeam.file=${file}`, "--set", "seed=8");
  for (const [a, b] of [
    ["first", "renamed"],
    ["renamed", "first"],
  ] as const) {
    const { prompts, elo, data } = await compared(a, b);
    expect(prompts).toBe(8);
    expect(elo).toHaveLength(2);
    expect(data.files.filter(({ bytes }) => bytes !== "same").map(({ keys }) => keys)).toEqual([
      ["prompts.evaluation.redTeam"],
    ]);
  }
}, 120_000);

it("says where no prompt is in common, and gives either run's own figures", async () => {
  const final = ["redTeam", "helpful"].map(
    (set) =>
      `prompts.evaluation.${set}.file=data/town/evaluation-${set === "helpful" ? set : "red-team"}.final.jsonl`,
  );
  await amended("final", ...sets(...final));
  const { code, stdout, stderr } = await charter("compare", "first", "final", "--runs", folder);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("of 8 prompts in first and 8 in final, 0 in common\n");
  expect(stdout).toMatch(
    /evaluation-red-team\.dev\.jsonl → evaluation-red-team\.final\.jsonl, other bytes\n/,
  );
  expect(stdout).not.toContain("on one scale");
}, 120_000);

it("takes the grader of either run, and without one the feedback models' ratings", async () => {
  await amended("ungraded", "--set", "evaluation.grader=none");
  for (const [a, b] of [
    ["first", "ungraded"],
    ["ungraded", "first"],
  ] as const)
    expect((await compared(a, b)).elo).toHaveLength(2);
  const { elo, figures } = await compared("ungraded", "ungraded");
  expect(elo).toEqual([]);
  const ratings = figures.filter(({ unit }) => unit === "Elo");
  expect(ratings.map(({ model }) => model)).toEqual(["sl-cai", "sl-cai", "rl-cai", "rl-cai"]);
  for (const { a, b } of ratings) expect(a).toEqual(b);
}, 60_000);

it("says of a run that was begun anew and stopped that its figures are of before", async () => {
  cpSync(join(folder, "first"), join(folder, "stopped"), { recursive: true });
  const untouched = await compared("first", "stopped");
  expect(untouched.isCurrent).toEqual({ a: true, b: true });
  const recipe = join(folder, "stopped/recipe.yaml");
  writeFileSync(recipe, readFileSync(recipe, "utf8").replace(/iterations: \d+/, "iterations: 30"));
  const { stdout } = await charter("compare", "first", "stopped", "--runs", folder);
  expect(stdout).toContain("! stopped: its figures are of an earlier recipe");
  expect(stdout).toContain(`run ${recipe}`);
}, 60_000);
