// Commands as a user meets them, on random weights: a plan before a run, an interruption in the middle, a conversation after.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
let settings: readonly string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "commands-"));
  for (const [name, length] of [
    ["policy", 1024],
    ["other", 1024],
    ["short", 160],
  ] as const)
    await writeTinyCheckpoint(join(folder, name), name, length);
  settings = sets(`policy=${join(folder, "policy")}`, ...TINY_RUN);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

it("plan tells every stage with its calls, tokens and time, and writes nothing", async () => {
  const { code, stdout } = await charter("plan", "town-small", "--json", ...settings);
  expect(code).toBe(0);
  const { stages, ms, memoryBytes, costs } = JSON.parse(stdout);
  const calls = Object.fromEntries(
    stages.map((stage: { stage: string; calls: number }) => [stage.stage, stage.calls]),
  );
  expect(calls).toMatchObject({ responses: 6, "critique-1": 6, "revision-1": 6, "evaluation-rl-cai-1": 8 });
  const total = stages.reduce((sum: number, stage: { ms: number }) => sum + stage.ms, 0);
  expect(total).toBeCloseTo(ms, 3);
  for (const number of [ms, memoryBytes, costs.sample, costs.read, costs.train])
    expect(number).toBeGreaterThan(0);
  const table = await charter("plan", "town-small", ...settings);
  expect(table.stdout).toMatch(/Plan for town-small[\s\S]*in all[\s\S]*of memory/);
  expect(existsSync(join(folder, "town-small"))).toBe(false);
}, 60_000);

it("init writes a folder that passes every check, runs to its report, and is not overwritten", async () => {
  const made = join(folder, "my policy");
  const endpoint = ["--endpoint", "http://localhost:1234/v1", "--model", "judge", "--api-key", "$MY_KEY"];
  const elsewhere = await charter("init", join(folder, "remote"), ...endpoint);
  expect(elsewhere.code, elsewhere.stderr).toBe(0);
  const remote = readFileSync(join(folder, "remote", "recipe.yaml"), "utf8");
  const judge = "{ endpoint: http://localhost:1234/v1, model: judge, apiKey: $MY_KEY }";
  for (const key of ["critiqueModel", "revisionModel", "model"])
    expect(remote).toContain(`  ${key}: ${judge}\n`);
  expect(remote).toContain("policy: HuggingFaceTB/SmolLM2-135M-Instruct\n");
  const hosted = ["--endpoint", "https://api.anthropic.com/v1", "--model", "judge"];
  expect((await charter("init", join(folder, "hosted"), ...hosted)).code).toBe(0);
  expect(readFileSync(join(folder, "hosted", "recipe.yaml"), "utf8")).toContain(
    "  model: { endpoint: https://api.anthropic.com/v1, model: judge, protocol: anthropic, labels: { votes: 10 } }\n",
  );

  const { code, stdout, stderr } = await charter("init", made, "--policy", join(folder, "policy"));
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("recipe.yaml");
  const constitution = await charter("constitution", "check", join(made, "constitution.yaml"));
  expect([constitution.code, constitution.stdout]).toEqual([
    0,
    expect.stringContaining("my-policy 0.1.0: 4 principles"),
  ]);
  const doctor = await charter("doctor", join(made, "recipe.yaml"), "--runs", folder);
  expect(doctor.code, doctor.stdout).toBe(0);
  const small = sets(...TINY_RUN, "rl.iterations=2", "rl.minibatches=2", "evaluation.sampling.maxTokens=12");
  const run = await charter("run", join(made, "recipe.yaml"), "--runs", folder, "--json", ...small);
  expect(run.code, run.stderr).toBe(0);
  expect(existsSync(join(folder, "my-policy", "report.html"))).toBe(true);

  const again = await charter("init", made);
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("expected no such folder")]);
  const half = await charter("init", join(folder, "half"), "--model", "judge");
  expect([half.code, half.stderr]).toEqual([2, expect.stringContaining("--endpoint and --model together")]);
}, 120_000);

it("doctor looks at everything, and tells all that is wrong at once with its fix", async () => {
  const well = await charter("doctor", "town-small", "--runs", folder, ...settings);
  expect(well.code, well.stdout).toBe(0);
  for (const line of [/✓ engine +opens the model/, /✓ checkpoint +.*policy/, /Everything that a run needs/])
    expect(well.stdout).toMatch(line);
  const broken = join(folder, "broken.jsonl");
  writeFileSync(broken, "");
  const endpoint = '{ endpoint: "http://127.0.0.1:65123/v1", model: judge, retries: 0 }';
  const ill = sets(`prompts.helpful.file=${broken}`, `feedback.model=${endpoint}`);
  const { code, stdout } = await charter(
    "doctor",
    "town-small",
    "--runs",
    folder,
    "--json",
    ...settings,
    ...ill,
  );
  expect(code).toBe(2);
  const { isWell, findings } = JSON.parse(stdout);
  expect(isWell).toBe(false);
  const wrong = findings.filter(({ state }: { state: string }) => state === "wrong");
  expect(wrong).toMatchObject([
    { name: "its files", said: expect.stringContaining("broken.jsonl") },
    {
      name: "endpoint",
      said: expect.stringContaining("no connection"),
      fix: expect.stringContaining("Start the server"),
    },
  ]);
  const none = await charter("doctor", "no-such-recipe");
  expect([none.code, none.stdout]).toEqual([2, expect.stringContaining("✗ recipe")]);
}, 60_000);

it("Ctrl-C stops a run with the command that goes on, which then comes to the end", async () => {
  const args = ["run", "town-small", "--name", "stopped", "--runs", folder, "--json", ...settings];
  const child = spawn(process.execPath, [join(ROOT, "bin/charter.js"), ...args], { cwd: ROOT });
  const said = { stdout: "", stderr: "" };
  let interrupted = false;
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text;
      // Once: a second Ctrl-C ends the process at once.
      if (!interrupted && said.stdout.includes('"stage":"sl-cai","done":1')) {
        interrupted = true;
        child.kill("SIGINT");
      }
    });
  const [code] = await once(child, "close");
  expect([code, said.stderr]).toEqual([
    130,
    expect.stringMatching(/Stopping[\s\S]*Nothing is lost; `.*run town-small --name stopped/),
  ]);
  expect(existsSync(join(folder, "stopped/results.json"))).toBe(false);
  const again = await charter(...args);
  expect(again.code, again.stderr).toBe(0);
  const reused = again.stdout.match(/"stage":"sl-cai".*"reused":(\d+)/);
  expect(Number(reused![1])).toBeGreaterThan(0);
  expect(existsSync(join(folder, "stopped/report.html"))).toBe(true);
}, 120_000);

it("scoreboard tells what every principle did, and asks all of them about more answers where told to", async () => {
  const of = ["scoreboard", join(folder, "stopped")];
  const table = await charter(...of);
  expect(table.code, table.stderr).toBe(0);
  expect(table.stdout).toMatch(/What it reaches[\s\S]*What each principle did[\s\S]*Most alike/);
  const counted = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await charter(...of, "--json", ...args);
    expect(code, stderr).toBe(0);
    const { principles, accord } = JSON.parse(stdout);
    expect(accord).toHaveLength((principles.length * (principles.length - 1)) / 2);
    return new Set(accord.map(({ comparisons }: { comparisons: number }) => comparisons));
  };
  // Of each red-team prompt, every other one of all, the answers of two models against the first one's.
  expect(await counted()).toEqual(new Set([2]));
  expect(await counted("--prompts", "4")).toEqual(new Set([4]));
}, 120_000);

it("chat answers from every checkpoint, the same for the same seed", async () => {
  const ask = (...more: readonly string[]) =>
    charter(
      "chat",
      join(folder, "policy"),
      join(folder, "other"),
      "--ask",
      "how to brew tea",
      "--max-tokens",
      "8",
      ...more,
    );
  const { code, stdout } = await ask();
  expect(code).toBe(0);
  expect(stdout).toMatch(/^policy {2}[\s\S]*^other {2}/m);
  expect((await ask()).stdout).toBe(stdout);
  expect((await ask("--seed", "another")).stdout).not.toBe(stdout);
}, 60_000);

it("chat forgets the oldest exchange where a conversation outgrows the model, and says so", async () => {
  const child = spawn(
    process.execPath,
    [join(ROOT, "bin/charter.js"), "chat", join(folder, "short"), "--max-tokens", "20"],
    {
      cwd: ROOT,
    },
  );
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stdin.end(
    `${Array.from({ length: 8 }, () => "how to brew tea and paint the fence").join("\n")}\n${"tea ".repeat(400)}\n`,
  );
  const [code] = await once(child, "close");
  expect(code).toBe(0);
  expect(said).toContain(
    "(short forgets the oldest exchange: the conversation is longer than the 160 tokens it reads)",
  );
  expect(said).toContain("(short cannot answer: the question alone is longer than the 160 tokens it reads)");
}, 60_000);
