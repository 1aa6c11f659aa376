// What lies under checkpoints/ is for people: what they put there stays, and what they spoil or delete is put right.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { writeTinyCheckpoint } from "../../test/tiny-checkpoint.ts";
import { blobPath } from "../ledger/blobs.ts";
import { openLedger } from "../ledger/ledger.ts";
import { verifyLedger } from "../ledger/verify.ts";
import { identifyCheckpoint } from "../lm/checkpoint.ts";
import { openHost } from "../models/local.ts";
import type { FreshAdapters, ModelHost } from "../models/model.ts";
import { keepCheckpoint, recalledCheckpoint } from "./checkpoints.ts";
import { modelOf } from "./find-record.ts";
import { type Run, recordOne } from "./perform.ts";

let folder: string;
let start: string;
let host: ModelHost;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "checkpoints-"));
  start = join(folder, "start");
  await writeTinyCheckpoint(start);
  host = await openHost({ threads: 1 });
});
afterAll(async () => {
  await host.close();
  rmSync(folder, { recursive: true });
});

/** A run with these checkpoints of one stage kept in it, under the keys 0, 1, ... */
async function begin(...kept: readonly (FreshAdapters | null)[]) {
  const directory = mkdtempSync(join(folder, "run-"));
  const ledger = openLedger(directory);
  onTestFinished(() => ledger.close());
  const { signal } = new AbortController();
  const run: Run = { ledger, directory, emit: () => {}, signal, now: () => 0, device: "cpu" };
  for (const [key, adapters] of kept.entries()) {
    const model = await host.open(start, adapters === null ? {} : { adapters });
    const set = { kind: "training-set", body: { stage: "sl-cai", of: key }, parents: [] };
    const parents = [{ id: recordOne(ledger, `set ${key}`, set).id, role: "training-set" }];
    const made = { stage: "sl-cai", history: [], parents, settings: {} };
    await keepCheckpoint(run, { ...made, key: `${key}`, model, start });
    await model.close();
  }
  const recall = async (key: number) => (await recalledCheckpoint(run, `${key}`, start))!.checkpoint;
  return { run, directory, recall, laidOut: join(directory, "checkpoints/sl-cai") };
}

const adaptersOf = (seed: string): FreshAdapters => ({ rank: 2, alpha: 4, targets: ["q_proj"], seed });

test("a file that a person puts into a model's folder stays, and the model's own are not written again", async () => {
  const { recall, laidOut } = await begin(null);
  writeFileSync(join(laidOut, "model.gguf"), "converted");
  const weights = join(laidOut, "model.safetensors");
  const before = statSync(weights);
  await recall(0);
  expect(readFileSync(join(laidOut, "model.gguf"), "utf8")).toBe("converted");
  const after = statSync(weights);
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
});

test("a file of the model that was spoilt is put right, and one that would be read as a part of it is taken away", async () => {
  const { recall, laidOut } = await begin(null);
  writeFileSync(join(laidOut, "config.json"), "{}");
  writeFileSync(join(laidOut, "chat_template.jinja"), "{{ messages }}");
  const { modelId } = await recall(0);
  expect(await identifyCheckpoint(laidOut)).toBe(modelId);
});

test("bytes deleted from blobs/ are taken back from the folder, adapters' too", async () => {
  for (const adapters of [null, adaptersOf("a")]) {
    const { run, directory, recall, laidOut } = await begin(adapters);
    const names = readdirSync(laidOut);
    rmSync(join(directory, "blobs"), { recursive: true });
    const { modelId } = await recall(0);
    expect(verifyLedger(run.directory).problems).toEqual([]);
    expect(readdirSync(laidOut)).toEqual(names);
    expect(await identifyCheckpoint(laidOut)).toBe(modelId);
  }
});

test("bytes that are nowhere any more are named, with the fix", async () => {
  const { run, directory, recall, laidOut } = await begin(null);
  const [entry] = run.ledger.recall("0")!;
  const { files } = entry!.body as unknown as { readonly files: Readonly<Record<string, string>> };
  rmSync(join(directory, "blobs"), { recursive: true });
  writeFileSync(join(laidOut, "model.safetensors"), "spoilt");
  const blob = blobPath(directory, files["model.safetensors"]!);
  await expect(recall(0)).rejects.toMatchObject({
    code: "blob-gone",
    message: `${blob}: expected model.safetensors of sl-cai, got no such file, and ${join(laidOut, "model.safetensors")} does not hold its bytes either`,
    hint: expect.stringContaining("--name"),
  });
  expect(existsSync(blob)).toBe(false);
});

test("of whole weights and adapters in turn no part of the one stays beside the other", async () => {
  const { recall, laidOut } = await begin(null, adaptersOf("a"));
  for (const key of [0, 1, 0]) {
    const { modelId } = await recall(key);
    expect(await identifyCheckpoint(laidOut)).toBe(modelId);
  }
});

test("of several adapters of a stage the record is of those that are laid out", async () => {
  const { run, directory, recall } = await begin(adaptersOf("a"), adaptersOf("b"));
  for (const key of [0, 1]) {
    const { id } = await recall(key);
    expect(modelOf(run.ledger, directory, "sl-cai")!.id).toBe(id);
  }
});

test("of several records with the same weights it is the run's, also right after changing back", async () => {
  const { run, directory, recall } = await begin(adaptersOf("a"), adaptersOf("a"));
  for (const key of [1, 0]) {
    const { id } = await recall(key);
    expect(modelOf(run.ledger, directory, "sl-cai")!.id).toBe(id);
  }
  // Runs of earlier versions kept no note.
  rmSync(join(directory, "checkpoints/.sl-cai.record"));
  expect(modelOf(run.ledger, directory, "sl-cai")!.id).toBe((await recall(1)).id);
});

test("a folder that cannot be written is told in words, also where adapters are kept", async () => {
  const { run, directory } = await begin();
  writeFileSync(join(directory, "checkpoints"), "in the way");
  const model = await host.open(start, { adapters: adaptersOf("a") });
  onTestFinished(() => model.close());
  const made = { stage: "sl-cai", key: "0", model, start, history: [], parents: [], settings: {} };
  await expect(keepCheckpoint(run, made)).rejects.toMatchObject({ code: "not-a-folder" });
});
