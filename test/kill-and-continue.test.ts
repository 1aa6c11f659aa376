// A run killed at random instants and continued ends with the bytes of an unbroken one: ledger, results.json, checkpoints. The
// long version, on the town's own model, is scripts/kill-and-continue.ts, which this runs with random weights.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";

const root = resolve(import.meta.dirname, "..");
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kills-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Small enough for seconds; every stage is there, and every training has several states. */
const SETTINGS = [
  "prompts.redTeam.count=6",
  "prompts.helpful.count=6",
  "prompts.evaluation.redTeam.count=4",
  "prompts.evaluation.helpful.count=4",
  "preference.helpfulness.count=10",
  "evaluation.judge.comparisons=2",
  "feedback.mode=direct",
  "supervised.batch=4",
  "supervised.checkpointEvery=1",
  "preference.batch=4",
  "preference.checkpointEvery=1",
  "compute.batch=4",
  "rl.promptsPerIteration=4",
  ...["supervised.responseSampling", "supervised.critiqueSampling", "supervised.revisionSampling"].map(
    (key) => `${key}.maxTokens=12`,
  ),
  ...["feedback.sampling", "rl.sampling", "evaluation.sampling"].map((key) => `${key}.maxTokens=12`),
];

it("ends with the same bytes whenever it is killed", async () => {
  const settings = [`policy=${join(folder, "policy")}`, ...SETTINGS].flatMap((set) => ["--set", set]);
  const script = join(root, "scripts/kill-and-continue.ts");
  const child = spawn(process.execPath, [script, "--kills", "4", ...settings], { cwd: root });
  let output = "";
  child.stdout.on("data", (text) => {
    output += text;
  });
  child.stderr.on("data", (text) => {
    output += text;
  });
  const [code] = await once(child, "exit");
  expect(output).toMatch(/things compared, all equal/);
  expect(code).toBe(0);
}, 240_000);
