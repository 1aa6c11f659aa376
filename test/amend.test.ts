// A run amended: what the preview says is what is made anew, and no more than the change calls for; what it does not touch keeps
// its id. On random weights, in seconds.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { openLedger } from "../src/ledger/ledger.ts";
import type { AmendmentPreview } from "../src/pipeline/amend.ts";
import type { RunComparison } from "../src/pipeline/compare-runs.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "amend-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
  const { code, stderr } = await charter(
    ...["run", "town-small", "--name", "first", "--runs", folder, "--json"],
    ...sets(`policy=${join(folder, "policy")}`, ...TINY_RUN, "prompts.redTeam.count=12"),
  );
  expect(code, stderr).toBe(0);
  // The principle that was drawn most, in other words.
  const document = parse(readFileSync(join(ROOT, "constitutions/town.yaml"), "utf8"));
  const drawn = [...idsOf("first", "critique").values()];
  const times = (id: string) => drawn.filter((own) => own === id).length;
  const [most] = document.principles.toSorted(
    (a: { id: string }, b: { id: string }) => times(b.id) - times(a.id),
  );
  expect(times(most.id)).toBeGreaterThan(0);
  for (const part of ["critique", "revision"])
    most.wording = { ...most.wording, [part]: `${most.wording?.[part] ?? most.text} Be kind.` };
  writeFileSync(join(folder, "reworded.yaml"), stringify({ ...document, version: "9.0.0" }));
}, 120_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Ids of the records of one kind, and the principle of each. */
function idsOf(run: string, kind: string): ReadonlyMap<string, string> {
  const ledger = openLedger(join(folder, run), { readOnly: true });
  try {
    const records = [...ledger.entries(kind)];
    return new Map(
      records.map(({ id, body }) => [
        id,
        (body as unknown as { use?: { principle: string } }).use?.principle ?? "",
      ]),
    );
  } finally {
    ledger.close();
  }
}

const amend = (...args: readonly string[]) => charter("amend", "first", "--runs", folder, ...args);

it("tells what a reworded principle leaves to be made, and makes that and no more", async () => {
  const reworded = ["--constitution", join(folder, "reworded.yaml"), "--json"];
  const seen = await amend(...reworded);
  expect(seen.code, seen.stderr).toBe(0);
  expect(existsSync(join(folder, "first-2"))).toBe(false);
  expect(existsSync(join(folder, "first-2.amending"))).toBe(false);
  const preview: AmendmentPreview = JSON.parse(seen.stdout);
  const rounds = preview.stages.filter(({ least }) => least !== null);
  expect(rounds.map(({ stage }) => stage)).toEqual(["critique-1", "revision-1", "critique-2", "revision-2"]);
  for (const { anew, least, total } of rounds) {
    expect(anew).toBe(least);
    expect(anew).toBeLessThan(total);
  }
  expect(preview.trainings).toHaveLength(3);

  const made = await amend(...reworded, "--yes");
  expect(made.code, made.stderr).toBe(0);
  for (const kind of ["critique", "revision"]) {
    const [before, after] = [idsOf("first", kind), idsOf("first-2", kind)];
    for (const id of before.keys()) expect(after.has(id)).toBe(true);
    const anew = rounds.reduce((sum, stage) => sum + (stage.stage.startsWith(kind) ? stage.anew : 0), 0);
    expect(after.size - before.size).toBe(anew);
  }
  expect(existsSync(join(folder, "first-2", "results.json"))).toBe(true);
  const verified = await charter("verify", join(folder, "first-2"));
  expect(verified.code, verified.stdout + verified.stderr).toBe(0);
}, 120_000);

it("compares the two: what was reworded, which models are others, and all of them on one scale", async () => {
  const { code, stdout, stderr } = await charter("compare", "first", "first-2", "--runs", folder, "--json");
  expect(code, stderr).toBe(0);
  const { constitution, recipe, models, figures, elo, transcripts, prompts }: RunComparison =
    JSON.parse(stdout);
  expect(new Set(constitution.principles.map(({ id }) => id)).size).toBe(1);
  expect(constitution.asked[0]!.uses).toEqual(["critique", "revision"]);
  expect(recipe.map(({ key }) => key)).toEqual(["constitution.file"]);
  expect(models[0]).toEqual({ name: "helpful-only", weights: "same" });
  expect(figures.filter(({ model }) => model === "helpful-only").every(({ isApart }) => !isApart)).toBe(true);
  expect(prompts).toBe(8);
  for (const { ratings } of elo) {
    expect(ratings).toHaveLength(6);
    const [own, other] = ["first", "first-2"].map(
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
  const faster = await amend("--set", "rl.learningRate=0.1", "--name", "faster", "--yes");
  expect(faster.code, faster.stderr).toBe(0);
  const shown = await charter("compare", "first", "faster", "--runs", folder);
  expect(shown.stdout).toMatch(/rl\.learningRate: .+ → 0\.1\n/);
  expect(shown.stdout).toMatch(/sl-cai: the same weights\n\s+rl-cai: other weights/);
  expect(shown.stdout).toContain("on one scale");
}, 60_000);

it("compares what either run's results are about: the latest evaluation, and two runs of one name apart", async () => {
  const shorter = await amend("--set", "evaluation.sampling.maxTokens=1", "--name", "shorter", "--yes");
  expect(shorter.code, shorter.stderr).toBe(0);
  mkdirSync(join(folder, "elsewhere"));
  renameSync(join(folder, "shorter"), join(folder, "elsewhere/first"));
  const [first, second] = ["first", "elsewhere/first"].map((name) => join(folder, name)) as [string, string];
  const { code, stdout, stderr } = await charter("compare", first, second, "--json");
  expect(code, stderr).toBe(0);
  const compared: RunComparison & { readonly a: string; readonly b: string } = JSON.parse(stdout);
  expect([compared.a, compared.b]).toEqual(["first (a)", "first (b)"]);
  expect(compared.models.map(({ weights }) => weights)).toEqual(["same", "same", "same"]);
  for (const { ratings } of compared.elo) expect(ratings).toHaveLength(6);
  expect(compared.transcripts.length).toBeGreaterThan(0);
  for (const { a, b } of compared.transcripts) expect(a.length).toBeGreaterThan(b.length);
}, 60_000);

it("compares a run that ended early with one that went on: every model's figures, whichever comes first", async () => {
  const early = await amend("--set", "upTo=supervised", "--name", "early", "--yes");
  expect(early.code, early.stderr).toBe(0);
  const both = await Promise.all(
    [
      ["first", "early"],
      ["early", "first"],
    ].map(([a, b]) => charter("compare", a!, b!, "--runs", folder, "--json")),
  );
  const [one, other] = both.map(({ stdout }): RunComparison => JSON.parse(stdout));
  expect(one!.last).toBe("sl-cai");
  expect(one!.models.at(-1)).toEqual({ name: "rl-cai", weights: "only-a" });
  expect(other!.models.at(-1)).toEqual({ name: "rl-cai", weights: "only-b" });
  const shape = ({ figures }: RunComparison) =>
    figures.map(({ model, title }) => `${model}: ${title}`).toSorted();
  expect(shape(one!)).toEqual(shape(other!));
  expect(shape(one!).filter((name) => name.startsWith("rl-cai")).length).toBeGreaterThan(2);
  expect(one!.prompts).toBe(8);
}, 60_000);

it("takes another setting by the same door: hard labels ask nobody anything anew", async () => {
  const { code, stdout, stderr } = await amend("--set", "feedback.labels=hard", "--json");
  expect(code, stderr).toBe(0);
  const { stages, trainings }: AmendmentPreview = JSON.parse(stdout);
  const anew = (name: string) => stages.find(({ stage }) => stage === name)!.anew;
  for (const stage of ["critique-1", "revision-2", "sl-cai", "pairs-first", "feedback"])
    expect([stage, anew(stage)]).toEqual([stage, 0]);
  expect(anew("feedback-labels")).toBeGreaterThan(0);
  expect(trainings).toHaveLength(2);
  expect(stages.every(({ least }) => least === null)).toBe(true);
}, 60_000);

it("refuses to amend nothing, and to write over a run", async () => {
  const nothing = await amend();
  expect([nothing.code, nothing.stderr]).toEqual([2, expect.stringContaining("--constitution")]);
  const there = await amend("--set", "seed=9", "--name", "first");
  expect([there.code, there.stderr]).toEqual([2, expect.stringContaining("--name")]);
});
