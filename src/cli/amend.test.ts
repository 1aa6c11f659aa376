// The word that an amendment waits for. What is prepared and run is stood in for.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { amend } from "./amend.ts";
import type { Terminal } from "./terminal.ts";

const done = vi.hoisted(() => ({ answer: "", deeds: [] as string[] }));
vi.mock("node:readline/promises", () => ({
  createInterface: () => ({ question: async () => done.answer, close: () => {} }),
}));
vi.mock("../pipeline/amend.ts", () => ({
  prepareAmendment: async () => ({
    preview: { stages: [], trainings: [], figures: [], ms: 0, cost: 0, budget: null },
    keep: () => done.deeds.push("keep"),
    discard: () => done.deeds.push("discard"),
  }),
}));
vi.mock("../pipeline/run.ts", () => ({ runCharter: async () => done.deeds.push("run") }));

const projectRoot = resolve(import.meta.dirname, "../..");

beforeEach(() => {
  done.deeds = [];
});

async function amending(answer: string, { isWatched = true, yes = false } = {}): Promise<string> {
  const runs = mkdtempSync(join(tmpdir(), "amending-"));
  const { isTTY } = process.stdin;
  process.stdin.isTTY = isWatched;
  onTestFinished(() => {
    process.stdin.isTTY = isTTY;
    rmSync(runs, { recursive: true });
  });
  mkdirSync(join(runs, "town"));
  cpSync(join(projectRoot, "recipes/town-small.yaml"), join(runs, "town/recipe.yaml"));
  openLedger(join(runs, "town")).close();
  done.answer = answer;
  let text = "";
  const terminal: Terminal = {
    ...{ call: "charter", isInteractive: isWatched, workingDirectory: runs, projectRoot, now: () => 0 },
    write: (more) => {
      text += more;
    },
    writeError: () => {},
    columns: () => 100,
    paint: (_style, said) => said,
  };
  await amend("town", { runs, set: ["seed=2"], ...(yes ? { yes } : {}) }, terminal);
  return text;
}

test("goes ahead on a yes", async () => {
  expect(await amending("y")).toMatch(/goes on with: charter run \S+recipe\.yaml/);
  expect(done.deeds).toEqual(["keep", "discard", "run"]);
});

test.each(["", "n", "no", "yesterday"])("changes nothing on %j", async (answer) => {
  expect(await amending(answer)).toContain("Nothing has been changed. To go ahead: the same with --yes");
  expect(done.deeds).toEqual(["discard"]);
});

test("asks nobody who does not watch, and nobody who said --yes", async () => {
  expect(await amending("y", { isWatched: false })).toContain("Nothing has been changed");
  await amending("n", { yes: true });
  expect(done.deeds).toEqual(["discard", "keep", "discard", "run"]);
});
