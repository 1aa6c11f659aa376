// A study from its file to its page, on random weights: what variants share is computed once, as its plan says, and a study that
// was interrupted ends as one that was not.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, execute, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
let args: readonly string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "study-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
  writeFileSync(
    join(folder, "tiny.yaml"),
    `name: tiny
title: Tiny
recipe: town-small
seeds: [1, 2]
set: { upTo: supervised, supervised.rounds: 2 }
variants:
  - { name: one, set: { supervised.train: 1 } }
  - { name: two, set: { supervised.train: 2 } }
  - { name: direct, set: { supervised.critique: false } }
figures: [sl-cai.harmful-compliance, sl-cai.distinct-2]
shapes:
  - { paper: It falls., figure: sl-cai.distinct-2, is: falls, over: [one, two] }
`,
  );
  args = ["study", join(folder, "tiny.yaml"), ...sets(`policy=${join(folder, "policy")}`, ...TINY_RUN)];
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Planned {
  readonly variant: string;
  readonly seed: string;
  readonly stages: readonly { readonly stage: string; readonly total: number; readonly anew: number }[];
}

/** Of each run in order: how much of a stage was made, and how much there was. */
function made(stdout: string, stage: string): readonly (readonly [made: number, of: number])[] {
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return events
    .filter((event) => event.kind === "stage-end" && event.stage === stage)
    .map(({ done, reused }) => [done - reused, done]);
}

it("counts and computes what runs share once, and goes on after an interruption to the same end", async () => {
  const whole = [...args, "--runs", join(folder, "whole")];
  const plan = await charter(...whole, "--plan", "--json");
  expect(plan.code, plan.stderr).toBe(0);
  expect(existsSync(join(folder, "whole"))).toBe(false);
  const { runs }: { readonly runs: readonly Planned[] } = JSON.parse(plan.stdout);
  const anew = (stage: string) =>
    runs.map(({ stages }) => stages.find((own) => own.stage === stage)?.anew ?? null);
  expect(runs.map(({ variant, seed }) => `${variant} ${seed}`)).toEqual([
    ...["one 1", "two 1", "direct 1"],
    ...["one 2", "two 2", "direct 2"],
  ]);
  expect(anew("responses")).toEqual([6, 0, 0, 6, 0, 0]);
  expect(anew("critique-1")).toEqual([6, 0, null, 6, 0, null]);
  expect(anew("evaluation-helpful-only-1")).toEqual([8, 0, 0, 8, 0, 0]);
  expect(anew("sl-cai").every((steps) => steps! > 0)).toBe(true);

  const one = [...whole, "--seeds", "1", "--json"];
  const ended = await charter(...one);
  expect(ended.code, ended.stderr).toBe(0);
  for (const stage of ["responses", "revision-1", "helpful-1", "evaluation-helpful-only-1"])
    for (const [i, [own, of]] of made(ended.stdout, stage).entries())
      expect([stage, i, own]).toEqual([stage, i, i === 0 || (stage === "revision-1" && i === 2) ? of : 0]);
  for (const [own, of] of made(ended.stdout, "sl-cai")) expect(own).toBe(of);
  const study = readFileSync(join(folder, "whole/tiny/study.json"), "utf8");
  const { figures, shapes } = JSON.parse(study);
  expect(figures[1].variants.map(({ values }: { values: number[] }) => values.length)).toEqual([1, 1, 1]);
  expect(shapes[0]).toMatchObject({
    outcome: "not decided",
    change: { value: expect.any(Number), low: null },
  });
  expect(readFileSync(join(folder, "whole/tiny/study.html"), "utf8")).toContain("<h1>Tiny</h1>");
  const report = join(folder, "whole/tiny/variants/direct-seed-1/report.html");
  expect(readFileSync(report, "utf8")).not.toContain("What to try next");
  const again = await charter(...one, "--plan");
  for (const { stages } of (JSON.parse(again.stdout) as { readonly runs: readonly Planned[] }).runs)
    for (const { stage, anew } of stages) expect([stage, anew]).toEqual([stage, 0]);

  const broken = [...args, "--runs", join(folder, "broken"), "--seeds", "1", "--json"];
  let hasBeen = false;
  const stopped = await execute(
    process.execPath,
    [join(ROOT, "bin/charter.js"), ...broken],
    (said, child) => {
      if (hasBeen || !/"kind":"variant-start","variant":"two"/.test(said)) return;
      hasBeen = true;
      child.kill("SIGINT");
    },
  );
  expect([stopped.code, stopped.stderr]).toEqual([130, expect.stringMatching(/Nothing is lost; `.*study /)]);
  expect(existsSync(join(folder, "broken/tiny/study.json"))).toBe(false);
  const goesOn = await charter(...broken);
  expect(goesOn.code, goesOn.stderr).toBe(0);
  expect(made(goesOn.stdout, "responses")[0]).toEqual([0, 6]);
  expect(readFileSync(join(folder, "broken/tiny/study.json"), "utf8")).toBe(study);
  expect((await charter("verify", join(folder, "broken/tiny"))).code).toBe(0);
  const evaluated = await charter("evaluate", join(folder, "broken/tiny"));
  expect([evaluated.code, evaluated.stderr]).toEqual([
    2,
    expect.stringContaining("expected a run, got a study"),
  ]);
}, 600_000);

it("refuses a study that is none, with the fix, before anything is made", async () => {
  const unknown = await charter("study", "round");
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    expect.stringMatching(/expected a study's file \(.yaml\) or name, got "round"\n.*Did you mean "rounds"/),
  ]);
  const set = ["--set", "constitution.count=30", "--runs", folder];
  const tooMany = await charter("study", "rounds", "--plan", ...set);
  expect([tooMany.code, tooMany.stderr]).toEqual([
    2,
    expect.stringContaining("constitution.count: expected at most 20"),
  ]);
  expect(existsSync(join(folder, "rounds"))).toBe(false);
}, 60_000);
