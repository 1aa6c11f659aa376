// Kills a run at random instants (fixed seed), in turn with SIGKILL and as Ctrl-C does, each time continues it with the same
// command, and compares what it ends with to an unbroken run: ledger, results.json, every checkpoint, byte for byte. Exit code 1
// when anything differs.
// node scripts/kill-and-continue.ts [--kills 20] [--recipe town-small] [--set key=value ...] [--keep]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { seed } from "../src/engine/random.ts";
import { sha256 } from "../src/ledger/canonical-json.ts";
import { openLedger } from "../src/ledger/ledger.ts";
import { verifyLedger } from "../src/ledger/verify.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "20" },
    recipe: { type: "string", default: "town-small" },
    set: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: "kills" },
    keep: { type: "boolean", default: false },
  },
});
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "charter-kills-"));

const INTERRUPTED = 130;

/** Runs the recipe in a folder of its own; ends it after so many ms, if asked. Returns how it ended and how long it took. */
async function run(
  runs: string,
  killAfter?: number,
  by: NodeJS.Signals = "SIGKILL",
): Promise<{ readonly ended: boolean; readonly ms: number }> {
  const args = [
    "run",
    values.recipe,
    "--name",
    "run",
    "--runs",
    runs,
    ...values.set.flatMap((set) => ["--set", set]),
  ];
  const begun = performance.now();
  const child = spawn(process.execPath, [join(root, "bin/charter.js"), ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const timer = killAfter === undefined ? undefined : setTimeout(() => child.kill(by), killAfter);
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  const isStopped = signal !== null || (by === "SIGINT" && code === INTERRUPTED);
  if (!isStopped && code !== 0) throw new Error(`the run failed with exit code ${code}`);
  return { ended: !isStopped, ms: performance.now() - begun };
}

/** Hash of everything a run ends with, by name. */
function outcome(runs: string): Readonly<Record<string, string>> {
  const directory = join(runs, "run");
  const ledger = openLedger(directory, { readOnly: true });
  const found: Record<string, string> = {
    "ledger, in order": ledger.chainHead(),
    "ledger, content": ledger.contentHash(),
  };
  ledger.close();
  const problems = verifyLedger(directory).problems;
  found["verification"] = JSON.stringify(problems);
  found["results.json"] = sha256(readFileSync(join(directory, "results.json")));
  for (const path of readdirSync(join(directory, "checkpoints"), {
    recursive: true,
    encoding: "utf8",
  }).sort())
    if (path.includes("/") && !path.startsWith("."))
      found[path] = sha256(readFileSync(join(directory, "checkpoints", path)));
  return found;
}

const unbroken = join(folder, "unbroken");
const killed = join(folder, "killed");
const { ms: whole } = await run(unbroken);
console.log(`unbroken run: ${(whole / 1000).toFixed(1)} s`);

const random = seed(values.seed).random();
const expected = outcome(unbroken);
let kills = 0;
let differing: readonly string[] = [];
while (kills < Number(values.kills) && differing.length === 0) {
  // From the start of the process to a third of a whole run: some die before they do anything.
  const after = random.float() * (whole / 3);
  const isLast = kills + 1 === Number(values.kills);
  let { ended } = await run(killed, after, kills % 2 === 0 ? "SIGKILL" : "SIGINT");
  if (!ended) kills += 1;
  console.log(ended ? "came to its end" : `killed after ${(after / 1000).toFixed(1)} s`);
  if (!ended && isLast) {
    await run(killed);
    ended = true;
  }
  if (!ended) continue;
  const got = outcome(killed);
  differing = [...new Set([...Object.keys(expected), ...Object.keys(got)])].filter(
    (name) => expected[name] !== got[name],
  );
  // A run that came to its end before it was killed often enough is followed by another.
  if (differing.length === 0) rmSync(killed, { recursive: true });
}
console.log(
  differing.length === 0
    ? `${kills} kills: ${Object.keys(expected).length} things compared after each run, all equal`
    : `${kills} kills: different: ${differing.join(", ")}`,
);
if (values.keep || differing.length > 0) console.log(`kept in ${folder}`);
else rmSync(folder, { recursive: true });
process.exitCode = differing.length === 0 ? 0 : 1;
