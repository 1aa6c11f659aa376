// A whole run in seconds, on random weights: every stage is there, and every training has several states. With the command
// line as a child process, as a user meets it.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "..");

/** Random weights hardly ever end an answer by themselves: a frequent letter does, so that most texts are whole. */
const ENDED = "{ maxTokens: 40, stop: [e, t, a, h] }";

/** What --set makes of recipes/town-small.yaml; the policy is the caller's. */
export const TINY_RUN: readonly string[] = [
  "prompts.redTeam.count=6",
  "prompts.helpful.count=6",
  "prompts.evaluation.redTeam.count=4",
  "prompts.evaluation.helpful.count=4",
  "preference.helpfulness.count=10",
  "evaluation.judge.comparisons=2",
  "evaluation.scoreboard=1",
  "feedback.mode=direct",
  "supervised.batch=4",
  "supervised.checkpointEvery=1",
  "preference.batch=4",
  "preference.checkpointEvery=1",
  "compute.batch=4",
  "rl.promptsPerIteration=4",
  `supervised.responseSampling=${ENDED}`,
  `supervised.critiqueSampling=${ENDED}`,
  `supervised.revisionSampling=${ENDED}`,
  `feedback.sampling=${ENDED}`,
  "rl.sampling.maxTokens=12",
  "evaluation.sampling.maxTokens=12",
];

/** Several overrides as arguments; a later one wins. */
export const sets = (...settings: readonly string[]): readonly string[] =>
  settings.flatMap((setting) => ["--set", setting]);

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a program and waits for its end; `heard` is told all that it has said, and may end it. */
export async function execute(
  program: string,
  args: readonly string[],
  heard: (stdout: string, child: ChildProcess) => void = () => {},
): Promise<Ended> {
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text;
      heard(said.stdout, child);
    });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, ...said };
}

/** Runs `charter` with these arguments. */
export const charter = (...args: readonly string[]): Promise<Ended> =>
  execute(process.execPath, [join(ROOT, "bin/charter.js"), ...args]);
