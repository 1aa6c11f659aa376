// A run ended at random instants and continued ends with the bytes of an unbroken one: ledger, results.json, checkpoints. The
// long version, on the town's own model, is scripts/kill-and-continue.ts, which this runs with random weights, in the shape of
// the default recipe: adapters for the policy and none for the preference model, pairs among several answers to prompts of their
// own. Trainings have turns after which the ledger remembers nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { execute, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kills-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SHAPE = [
  ...["lora={ rank: 4 }", "preference.lora=null", "feedback.candidates=3"],
  `prompts.feedback={ file: ${join(ROOT, "data/town/red-team-feedback.jsonl")}, count: 6 }`,
  ...["supervised.checkpointEvery=2", "preference.checkpointEvery=2", "rl.checkpointEvery=3"],
];

it("ends with the same bytes whenever it is killed or interrupted", async () => {
  const script = join(ROOT, "scripts/kill-and-continue.ts");
  const settings = sets(`policy=${join(folder, "policy")}`, ...TINY_RUN, ...SHAPE);
  const { code, stdout, stderr } = await execute(process.execPath, [script, "--kills", "4", ...settings]);
  expect(`${stdout}${stderr}`).toMatch(/^4 kills: \d+ things compared after each run, all equal/m);
  expect(code).toBe(0);
}, 240_000);
