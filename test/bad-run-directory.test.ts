// Run directories that cannot be worked in, and runs with nothing to learn from: one message with its fix, and what is there
// stays as it is. A disk that is full or cannot be written is a small file system in memory, mounted for one child alone.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hashFile } from "../src/ledger/blobs.ts";
import { lockDirectory } from "../src/ledger/lock.ts";
import { parseResults } from "../src/method/evaluation/results.ts";
import { expectRefused } from "./refused.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, type Ended, execute, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

const folder = mkdtempSync(join(tmpdir(), "bad-run-"));
const finished = join(folder, "finished");
const tiny = (name: string, ...settings: readonly string[]): readonly string[] => [
  ...["run", "town-small", "--runs", folder, "--name", name],
  ...sets(`policy=${join(folder, "policy")}`, ...TINY_RUN, ...settings),
];

beforeAll(async () => {
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
  const { code, stderr } = await charter(...tiny("finished"));
  expect(stderr).toBe("");
  expect(code).toBe(0);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Every figure of a run; its name aside, the runs here are of one recipe. */
const resultsOf = (path: string): object => ({ ...JSON.parse(readFileSync(path, "utf8")), recipe: null });

/** A copy of the finished run, to be spoilt. */
function copied(name: string): string {
  const directory = join(folder, name);
  cpSync(finished, directory, { recursive: true });
  return directory;
}

describe("a run directory is refused", () => {
  it("while another process works in it", async () => {
    const directory = copied("taken");
    const lock = lockDirectory(directory);
    try {
      const message = new RegExp(`taken: another process \\(${process.pid}\\) is working on this run`);
      expectRefused(await charter(...tiny("taken")), message, /--name/);
      // At once: checks may take minutes, and cost money.
      const wrong = sets("constitution.without=[thefd]");
      expectRefused(await charter(...tiny("taken"), ...wrong), message, /--name/);
    } finally {
      lock.release();
    }
    expect((await charter(...tiny("taken"))).code).toBe(0);
  });

  it("with a ledger of a newer version, which stays as it is", async () => {
    const path = join(copied("newer"), "ledger.db");
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
    const before = hashFile(path);
    const message = /ledger\.db: expected a ledger of version \d+ or older, got version 99/;
    for (const command of [
      tiny("newer"),
      ["verify", join(folder, "newer")],
      ["show", "--run", join(folder, "newer")],
    ])
      expectRefused(await charter(...command), message, /Update Charter/);
    expect(hashFile(path)).toBe(before);
  });

  it("with bytes that are no ledger, which stay as they are", async () => {
    const path = join(folder, "damaged", "ledger.db");
    mkdirSync(join(folder, "damaged"));
    writeFileSync(path, "not a database, ".repeat(1000));
    const before = hashFile(path);
    expectRefused(await charter(...tiny("damaged")), /ledger\.db: this is not a ledger/, /Restore the file/);
    expect(hashFile(path)).toBe(before);
  });

  it("that is a file", async () => {
    writeFileSync(join(folder, "a-file"), "");
    expectRefused(
      await charter(...tiny("a-file")),
      /a-file.*: a file stands where a folder is needed/,
      /Move the file/,
    );
  });
});

it("keeps its recipe when the next one is wrong", async () => {
  const directory = copied("kept");
  const recipe = readFileSync(join(directory, "recipe.yaml"), "utf8");
  expectRefused(
    await charter(...tiny("kept"), ...sets("constitution.without=[thefd]")),
    /"thefd"/,
    /"theft"/,
  );
  const settings = sets("rl.iterations=9");
  expectRefused(await charter("evaluate", directory, ...settings), /rl\.iterations=9/, /charter run/);
  expect(readFileSync(join(directory, "recipe.yaml"), "utf8")).toBe(recipe);
});

it("is evaluated as it was trained or not at all: nothing is asked or written where its constitution has changed", async () => {
  const directory = copied("reworded");
  const constitution = join(folder, "reworded.yaml");
  const text = readFileSync(join(ROOT, "constitutions/town.yaml"), "utf8");
  writeFileSync(constitution, text.replaceAll("harm", "damage"));
  const recipe = join(directory, "recipe.yaml");
  writeFileSync(
    recipe,
    readFileSync(recipe, "utf8").replace(/^( +file: ).*constitutions\/town\.yaml$/m, `$1${constitution}`),
  );
  const kept = ["recipe.yaml", "results.json", "report.html", "timings.json", "ledger.db"];
  const bytes = () => kept.map((name) => hashFile(join(directory, name)));
  const before = bytes();
  for (const command of [
    ["evaluate", directory, "--set", "evaluation.samplesPerPrompt=2"],
    ["scoreboard", directory, "--prompts", "2"],
  ])
    expectRefused(await charter(...command), /SL-CAI.*nothing is trained here/, /charter amend/);
  expect(bytes()).toEqual(before);
  expect(readdirSync(folder).filter((name) => name.endsWith(".planning"))).toEqual([]);
});

it("has a preference model that cannot be talked to", async () => {
  const checkpoint = join(copied("scores"), "checkpoints/preference-model");
  expectRefused(await charter("chat", checkpoint, "--ask", "hi"), /got one that scores/, /rl-cai/);
});

it("loses what a killed process was writing, and nothing else", async () => {
  const directory = copied("half-written");
  const left = [join(directory, "results.json.1.writing"), join(directory, "blobs", "zz", "0.1.writing")];
  mkdirSync(join(directory, "blobs", "zz"));
  for (const path of left) writeFileSync(path, "half");
  expect((await charter(...tiny("half-written"))).code).toBe(0);
  expect(left.filter(existsSync)).toEqual([]);
  expect((await charter("verify", directory)).code).toBe(0);
});

it("makes forecast and times anew when a loss of power has emptied their files", async () => {
  const directory = copied("emptied");
  for (const name of ["forecast.json", "timings.json"]) writeFileSync(join(directory, name), "");
  expect((await charter(...tiny("emptied"))).code).toBe(0);
  expect(resultsOf(join(directory, "results.json"))).toEqual(resultsOf(join(finished, "results.json")));
});

it("says which rows of a file it could not use, and goes on without them", async () => {
  const path = join(folder, "some-odd.jsonl");
  writeFileSync(path, '{"prompt": "how to brew tea"}\n{"prompt": \n{"text": 1}\n');
  const settings = [
    ...[`prompts.redTeam.file=${path}`, "evaluation.grader=none"],
    "supervised.responseSampling.maxTokens=1",
  ];
  const { stdout } = await charter(...tiny("some-odd", ...settings));
  expect(stdout).toMatch(
    /some-odd\.jsonl: 2 rows left out \(1 bad-json, 1 unknown-shape\); kept in (malformed\/\S+\.jsonl); the first is line 2: /,
  );
  const [, kept] = stdout.match(/kept in (\S+);/)!;
  const rows = readFileSync(join(folder, "some-odd", kept!), "utf8")
    .trimEnd()
    .split("\n");
  expect(rows.map((row) => JSON.parse(row).line)).toEqual([2, 3]);
});

it("takes numbers that are odd but make sense: batches larger than the data, nothing held out, no helpful answers", async () => {
  const settings = ["supervised.batch=1000", "preference.batch=1000", "preference.holdOut=0"];
  const few = ["supervised.helpfulResponses=0", "supervised.epochs=0.01", "evaluation.transcripts=0"];
  expect(await charter(...tiny("odd-numbers", ...settings, ...few))).toMatchObject({ code: 0, stderr: "" });
  const path = join(folder, "odd-numbers/results.json");
  expect(parseResults(readFileSync(path, "utf8"), path).schemaVersion).toBeGreaterThan(0);
});

describe.concurrent("a run with nothing to learn from stops, and says why", () => {
  it.each<readonly [why: string, settings: readonly string[], message: RegExp, fix: RegExp]>([
    [
      "no answer is whole",
      ["supervised.responseSampling.stop=[]", "supervised.responseSampling.maxTokens=1"],
      /expected at least one usable revision, got none of 0 \(none\), from 6 answers \(6 truncated\)/,
      /maxTokens/,
    ],
    [
      "no revision is whole",
      ["supervised.revisionSampling.maxTokens=1"],
      /expected at least one usable revision, got none of \d+ \(.*\d+ truncated/,
      /maxTokens/,
    ],
    [
      "no pair is whole",
      ["feedback.sampling.maxTokens=1"],
      /expected at least one pair of different answers of SL-CAI, got none of 6 \(0 alike; single answers: \d+ (truncated|empty)/,
      /feedback\.sampling\.maxTokens/,
    ],
    [
      "the training leaves the numbers",
      ["supervised.learningRate=1e30"],
      /SL-CAI.*, turn 2: expected a finite \w+, got (NaN|Infinity)/,
      /learning rate/,
    ],
  ])("because %s", async (why, settings, message, fix) => {
    const name = why.replaceAll(" ", "-");
    expectRefused(await charter(...tiny(name, ...settings)), message, fix);
    expect((await charter("verify", join(folder, name))).code, "the ledger is sound").toBe(0);
  });
});

/** How this machine lets a test mount a file system that only its children see; null where it does not. */
const OWN_MOUNTS = [["--mount"], ["--user", "--map-root-user", "--mount"]].find((flags) => {
  const probe = ["sh", "-c", `mount -t tmpfs none ${folder}`];
  return spawnSync("unshare", [...flags, ...probe], { stdio: "ignore" }).status === 0;
});

/** Runs a shell script that may mount. `$1` is an empty folder of its own; what follows is a run in it. */
async function mounted(name: string, script: string): Promise<Ended> {
  const directory = join(folder, name);
  mkdirSync(directory);
  const run = ["run", "town-small", "--runs", directory, "--name", "run", ...tiny("run").slice(6)];
  const program = [process.execPath, join(ROOT, "bin/charter.js"), ...run];
  return execute("unshare", [...OWN_MOUNTS!, "sh", "-c", script, "sh", directory, ...program]);
}

const aDisk = OWN_MOUNTS ? "a disk" : "a disk (skipped: file systems cannot be mounted here)";

describe.skipIf(OWN_MOUNTS === undefined)(aDisk, { concurrent: true }, () => {
  // From too small for a ledger to almost large enough: each size stops another piece of work.
  it.each([24, 150, 400])("of %i kB is full, and the run goes on when there is room", async (size) => {
    const { code, stdout, stderr } = await mounted(
      `full-${size}`,
      `mount -t tmpfs -o size=${size}k none "$1"; disk="$1"; shift
       "$@"; code=$?
       mount -o remount,size=64m "$disk"
       echo "--- more room"
       "$@" > "$disk/said" && cp "$disk/run/results.json" "$disk.json"
       exit $code`,
    );
    expectRefused(
      { code, stdout, stderr },
      /: the disk (is full|cannot be read or written) \(/,
      /[Ff]ree some space and run the same command again/,
    );
    expect(resultsOf(join(folder, `full-${size}.json`))).toEqual(resultsOf(join(finished, "results.json")));
  });

  it("that cannot be written is refused, and can still be read", async () => {
    const { code, stdout, stderr } = await mounted(
      "read-only",
      `mount -t tmpfs -o size=64m none "$1"; disk="$1"; shift
       cp -r "${finished}" "$disk/run"; mount -o remount,ro "$disk"
       "$1" "$2" verify "$disk/run" || exit 1
       "$@"`,
    );
    expectRefused({ code, stdout, stderr }, /read-only\/run.*: cannot write here/, /--runs/);
  });
});
