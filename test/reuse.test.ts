// What a change does not touch is not computed again: the same command computes nothing, hard labels ask the feedback model
// nothing, and a line added to a file leaves what was made of the others.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
let lines: readonly string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "reuse-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
  lines = readFileSync(join(ROOT, "data/town/red-team.jsonl"), "utf8").split("\n");
  writeFileSync(join(folder, "prompts.jsonl"), `${lines.slice(0, 6).join("\n")}\n`);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Stage {
  readonly done: number;
  readonly reused: number;
}

/** Runs the recipe in the one directory; by stage, how many there are and how many were there before. */
async function run(...settings: readonly string[]): Promise<ReadonlyMap<string, Stage>> {
  const changed = sets(
    `policy=${join(folder, "policy")}`,
    ...TINY_RUN,
    `prompts.redTeam={ file: ${join(folder, "prompts.jsonl")} }`,
    ...settings,
  );
  const { code, stdout, stderr } = await charter(
    ...["run", "town-small", "--name", "run", "--runs", folder, "--json"],
    ...changed,
  );
  expect(code, stderr).toBe(0);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return new Map(events.filter(({ kind }) => kind === "stage-end").map((event) => [event.stage, event]));
}

it("computes only what a change touches", async () => {
  const first = await run();
  expect(first.get("responses")).toMatchObject({ done: 6, reused: 0 });

  const again = await run();
  for (const [stage, { done, reused }] of again) expect([stage, reused]).toEqual([stage, done]);

  const hardened = await run("feedback.labels=hard");
  expect(hardened.get("feedback")!.reused).toBe(first.get("feedback")!.done);
  expect(hardened.get("feedback-labels")!.reused).toBe(0);
  expect(hardened.get("preference-model")!.reused).toBe(0);

  appendFileSync(join(folder, "prompts.jsonl"), `${lines[6]}\n`);
  const longer = await run();
  expect(longer.get("responses")).toMatchObject({ done: 7, reused: 6 });
  for (const stage of ["critique-1", "revision-2"]) {
    expect(first.get(stage)!.done).toBeGreaterThan(0); // an odd answer has no critique
    expect(longer.get(stage)!.reused, stage).toBe(first.get(stage)!.done);
  }
}, 240_000);
