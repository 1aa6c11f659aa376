// The scoreboard as a person reads it, of a folder with the files that a run leaves.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { wilson } from "../method/evaluation/intervals.ts";
import type { Results } from "../method/evaluation/results.ts";
import { readRecipe, renderRecipe } from "../pipeline/read-recipe.ts";
import { scoreboard } from "./scoreboard.ts";
import type { Terminal } from "./terminal.ts";

const projectRoot = resolve(import.meta.dirname, "../..");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scoreboard-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const rate = (count: number, of: number) => wilson(count, of)!;

/** As long as those of the town. */
const IDS = ["no-violence-fraud-cruelty-vandalism", "no-theft-spying-poison-or-cheating"] as const;
const row = (id: string): Results["principles"][number] => ({
  ...{ id, text: "No.", rounds: { drawn: 60, odd: 2 }, found: rate(29, 58), changed: rate(14, 58) },
  ...{ distance: 0.67, mended: rate(14, 31), comparisons: { drawn: 41, odd: 4 }, decisiveness: 0.17 },
  agreement: rate(17, 17),
  preferenceModel: {
    ...{ comparisons: 4, accuracy: rate(3, 4) },
    expectedCalibrationError: { value: 0.12, low: 0, high: 1 },
  },
  ...{ adherence: [], helpfulnessCost: null, leftOut: null, closest: null },
});
const asked = (id: string): Results["principles"][number] => ({
  ...row(id),
  adherence: ["sl-cai", "rl-cai"].map((model) => ({ model, value: 0.75, low: 0.5, high: 1 })),
  helpfulnessCost: rate(1, 8),
});
const accord: Results["accord"] = [
  { a: IDS[0], b: IDS[1], comparisons: 8, agree: 0.625, conflict: 0.125, correlation: 0.84 },
];

const bare: Results = {
  schemaVersion: 5,
  recipe: { name: "small", seed: "1" },
  constitution: { title: "Ours", version: "1.0.0", principles: 2 },
  feedback: { source: "model", mode: "direct", clamp: null },
  grader: "a rule",
  models: ["helpful-only", "sl-cai", "rl-cai"].map((name) => ({ name, id: name })),
  ...{
    answers: [],
    rounds: [],
    elo: [],
    winRates: [],
    truth: "grader",
    softLabels: null,
    preferenceModel: [],
  },
  history: { supervised: [], preference: [], rl: [] },
  ...{ rewardAgainstKl: null, principles: [], accord: [], coverage: [], diversity: [], oddities: [] },
};

/** What is printed of a run with these results. */
async function shown(results: object, set: readonly string[] = []): Promise<string> {
  const run = join(folder, "run");
  mkdirSync(run, { recursive: true });
  openLedger(run).close();
  const recipe = readRecipe(join(projectRoot, "recipes/town.yaml"), { projectRoot, set });
  writeFileSync(join(run, "recipe.yaml"), renderRecipe(recipe, projectRoot));
  writeFileSync(join(run, "results.json"), JSON.stringify({ ...bare, ...results }));
  let out = "";
  const terminal: Terminal = {
    ...{ call: "charter", workingDirectory: folder, projectRoot, isInteractive: false },
    write: (text) => {
      out += text;
    },
    writeError: () => {},
    columns: () => 80,
    now: () => 0,
    paint: (_, text) => text,
  };
  expect(await scoreboard("run", { runs: "runs" }, terminal)).toBe(0);
  return out;
}

const ASK = "scoreboard run --prompts 16";

describe("charter scoreboard", () => {
  it("tells draws apart from what came of them, and by how much the preference model is off", async () => {
    const out = await shown({ principles: [row(IDS[0])] });
    const told = (name: string) => out.split(name)[1]!.split("\n\n")[0]!.split("\n").slice(-1)[0];
    expect(told("critique and revision")).toBe(`  ${IDS[0]}     60    2    50%      24%    67%     45%`);
    expect(told(": feedback")).toBe(`  ${IDS[0]}     41    4     0.17    100%    75%  0.12`);
    expect(out).toContain(ASK);
  });

  it("keeps to 80 columns under the longest names", async () => {
    const coverage = [
      {
        ...{ category: "vandalism", prompts: 75, changed: rate(0, 75), comparisons: 100 },
        decisiveness: 0.01,
      },
    ].map((one) => ({ ...one, isGap: true }));
    const out = await shown({ principles: IDS.map(asked), accord, coverage });
    const long = out.split("\n").filter((line) => line.length > 80 && !line.includes("charter amend"));
    expect(long).toEqual([]);
    expect(out).toContain("0.84   63%  ");
    expect(out).toContain(" 13%  ");
  });

  it("shows what one principle alone was asked, and asks for nothing more", async () => {
    const out = await shown({ principles: [asked("kind")] });
    expect(out).toMatch(/kind +0\.75 \(0\.50-1\.00\) +0\.75 \(0\.50-1\.00\) +13%/);
    for (const absent of ["--prompts", "Most alike", "amend"]) expect(out).not.toContain(absent);
  });

  it("shows how an ensemble's principles agree where nobody was asked about models, and how to ask", async () => {
    const leftOut = { shift: 0.02, flipped: rate(1, 10) };
    const out = await shown({ principles: IDS.map((id) => ({ ...row(id), leftOut })), accord });
    expect(out).toMatch(/An ensemble without it[\s\S]*0\.02 +10%[\s\S]*Most alike[\s\S]*Against each other/);
    expect(out).not.toContain("What each thinks");
    expect(out).toContain(ASK);
  });

  it("shows a run whose labels came from a file, whose principles were asked nothing", async () => {
    const none = { drawn: 0, odd: 0 };
    const unasked = { ...row("kind"), comparisons: none, decisiveness: null, agreement: null };
    const feedback = { source: "file", mode: "direct", clamp: null };
    const out = await shown({ feedback, principles: [{ ...unasked, preferenceModel: null }] });
    expect(out).toMatch(/kind +0 +0 +– +– +– +–/);
  });

  it("leaves one more principle out than the run was left without", async () => {
    const out = await shown({ principles: IDS.map(row) }, ["constitution.without=[poison, theft]"]);
    expect(out).toContain(`charter amend run --set 'constitution.without=[poison, theft, ${IDS[0]}]'`);
  });

  it("says of results of an earlier version how to count anew what they do not have", async () => {
    const { found: _, comparisons: __, ...older } = row("kind");
    const out = await shown({ schemaVersion: 4, principles: [{ ...older, rounds: 58, readings: 74 }] });
    expect(out).toMatch(/kind +– +– +– +24%/);
    expect(out).toContain("charter amend run");
  });
});
