// The fewest records that must be made anew, told beside the keys.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import type { PipelineEvent } from "./events.ts";
import { perform, type Run, type Work } from "./perform.ts";

interface Said {
  readonly text: string;
  readonly wording: string;
}

function open() {
  const directory = mkdtempSync(join(tmpdir(), "least-"));
  const ledger = openLedger(directory);
  onTestFinished(() => {
    ledger.close();
    rmSync(directory, { recursive: true });
  });
  const make = (kind: string, name: string) =>
    ledger.commit([{ key: name, entries: [{ kind, body: name, parents: [] }] }])[0]![0]!.id;
  const [prompt, model, other] = [make("prompt", "p"), make("checkpoint", "m"), make("checkpoint", "n")];
  const { signal } = new AbortController();
  const run: Run = { ledger, directory, emit: () => {}, signal, now: () => 0, device: "cpu" };
  const asking = (wording: string, version: string, by = model): Work<string, Said> => ({
    ...{ stage: "critiques", title: "Critiques", kind: "critique", version: 1, inputs: [prompt], batch: 1 },
    key: () => ({ wording, version, by }),
    parents: () => [
      { id: prompt, role: "prompt" },
      { id: by, role: "model" },
    ],
    standIn: () => ({ text: "", wording }),
    words: { asked: () => wording, had: (said) => said.wording },
    compute: async () => [{ text: "Fine.", wording }],
  });
  const previewed = async (work: Work<string, Said>) => {
    const seen: PipelineEvent[] = [];
    await perform({ ...run, missing: new Set(), emit: (event) => void seen.push(event) }, work);
    return seen.find((event) => event.kind === "stage-start")!;
  };
  return { run, asking, previewed, other };
}

test("a key that holds too much shows: what is asked in the same words need not be made again", async () => {
  const { run, asking, previewed } = open();
  await perform(run, asking("Is it kind?", "1.0.0"));
  expect(await previewed(asking("Is it kind?", "1.0.0"))).toMatchObject({ reused: 1, least: 0 });
  expect(await previewed(asking("Is it kind?", "2.0.0"))).toMatchObject({ reused: 0, least: 0 });
});

test("other words, or another model, call for a new record", async () => {
  const { run, asking, previewed, other } = open();
  await perform(run, asking("Is it kind?", "1.0.0"));
  expect(await previewed(asking("Is it just?", "1.0.0"))).toMatchObject({ reused: 0, least: 1 });
  expect(await previewed(asking("Is it kind?", "1.0.0", other))).toMatchObject({ reused: 0, least: 1 });
});

test("nothing of it is told in a run", async () => {
  const { run, asking } = open();
  const seen: PipelineEvent[] = [];
  await perform({ ...run, emit: (event) => void seen.push(event) }, asking("Is it kind?", "1.0.0"));
  expect(seen[0]).not.toHaveProperty("least");
});
