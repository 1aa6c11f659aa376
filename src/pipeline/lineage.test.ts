import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hashFile } from "../ledger/blobs.ts";
import { type Json, type Ledger, type NewEntry, openLedger } from "../ledger/ledger.ts";
import { createScriptedModel } from "../models/scripted.ts";
import { findRecord } from "./find-record.ts";
import { importPrompts } from "./imports.ts";
import { ancestry } from "./lineage.ts";
import type { Run } from "./perform.ts";
import { sampleResponses } from "./supervised.ts";

let folder: string;
let ledger: Ledger;
let run: Run;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lineage-"));
  ledger = openLedger(folder);
  const signal = new AbortController().signal;
  run = { ledger, directory: folder, emit: () => {}, signal, now: () => 0, device: "cpu" };
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

let steps = 0;
const put = (kind: string, body: Json, parents: NewEntry["parents"] = []): string =>
  ledger.commit([{ key: `${kind} ${steps++}`, entries: [{ kind, body, parents }] }])[0]![0]!.id;

const sampling = { temperature: 0.5, topP: 1, maxTokens: 9, stop: [] };
const write = (name: string, rows: readonly object[]): string => {
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
  return file;
};
const ROWS = [{ prompt: "One?" }, { prompt: "Two?", license: "CC0" }];

/** One answer to each prompt of a file. */
async function answers(file: string, licence?: string) {
  const prompts = await importPrompts(run, "red-team", { file, count: "all", licence });
  const model = createScriptedModel({ answer: () => "So." });
  const options = { stage: "responses", title: "", prompts, sampling, seed: "7/answers", batch: 9 };
  const responses = await sampleResponses(run, model, {
    ...options,
    modelEntry: put("checkpoint", { stage: "policy" }),
  });
  return { prompts, responses, model };
}

describe("the lineage of a record", () => {
  it("tells the sampling parameters, and the seed that the model was really given", async () => {
    const { responses, model } = await answers(write("prompts.jsonl", ROWS));
    const seeds = model.calls.map((call) => (call.kind === "sample" ? call.request.seed : ""));
    expect(responses.map(({ id }) => ancestry(ledger, id)[0]!.settings)).toEqual(
      seeds.map((seed) => [{ stage: "responses", sampling, seed }]),
    );
    expect(new Set(seeds).size).toBe(2);
  });

  it("tells a prompt's file, the file's bytes, and the licence: the row's own, or else the recipe's", async () => {
    const file = write("prompts.jsonl", ROWS);
    const { prompts } = await answers(file);
    const fileOf = (i: number) => ancestry(ledger, prompts[i]!.id)[0]!.file;
    const read = { file: "prompts.jsonl", sha256: hashFile(file) };
    expect([fileOf(0), fileOf(1)]).toEqual([read, { ...read, licence: "CC0" }]);
    // Said later, of the same bytes; a line more, and the first rows stay what they were.
    await answers(file, "MIT");
    expect(fileOf(0)).toEqual({ ...read, licence: "MIT" });
    const more = await answers(write("prompts.jsonl", [...ROWS, { prompt: "Three?" }]));
    expect(more.prompts.slice(0, 2)).toEqual(prompts);
    expect(fileOf(0)).toEqual({ ...read, licence: "MIT" });
    expect(ancestry(ledger, more.prompts[2]!.id)[0]!.file).toEqual({
      file: "prompts.jsonl",
      sha256: hashFile(file),
    });
  });

  it("changes no id, and takes up what a ledger holds without settings", async () => {
    const { responses, prompts } = await answers(write("prompts.jsonl", ROWS));
    const other = openLedger(join(folder, "older"));
    const kept = [...ledger.entries()].filter(({ kind }) => kind !== "settings");
    for (const entry of kept) other.commit([{ key: entry.id, entries: [entry] }]);
    expect(other.get(responses[0]!.id).parents[0]).toEqual({ id: prompts[0]!.id, role: "prompt" });
    const [response, prompt] = ancestry(other, responses[0]!.id);
    other.close();
    expect([response!.settings, prompt!.file]).toEqual([[], null]);
  });
});

describe("the lineage of a checkpoint", () => {
  it("sums its examples up by kind and principle, with a few of each, and its states and rollouts as figures", () => {
    const principle = (id: string) => put("principle", { id, version: "1.0.0", constitution: "C", text: id });
    const [kind, fair] = [principle("kind"), principle("fair")];
    const as = (role: string, id: string) => ({ role, id });
    const revisions = Array.from({ length: 90 }, (_, i) =>
      put("revision", { text: `${i}` }, [as("principle", i < 30 ? kind : fair)]),
    );
    const reading = put("reading", { readings: [] }, [as("principle", kind)]);
    const label = put("label", { probability: 1 }, [as("readings", reading)]);
    const all = [...revisions, label].map((id) => as("example", id));
    const set = put("training-set", { stage: "s", examples: 91 }, all);
    const base = put("checkpoint", { stage: "base" });
    const of = [as("base", base), as("training-set", set)];
    const state = (turn: number, parents: NewEntry["parents"]): string => {
      const body = { stage: "s", training: "the end", turn };
      const rollout = { kind: "rollout", body: { turn }, parents: [] };
      return ledger.commit([
        { key: `state ${turn}`, entries: [{ kind: "training-state", body, parents }, rollout] },
      ])[0]![0]!.id;
    };
    const last = state(2, [as("continues", state(1, of))]);
    const trained = {
      kind: "checkpoint",
      body: { stage: "s", modelId: "x" },
      parents: [as("state", last), ...of],
    };
    const settings = { kind: "settings", body: { stage: "s", options: { epochs: 1 } }, parents: [] };
    const [written] = ledger.commit([{ key: "the end", entries: [trained, settings] }]);

    const [checkpoint, ...rest] = ancestry(ledger, written![0]!.id);
    expect(checkpoint!.parents).toEqual(of);
    expect(checkpoint!.training).toEqual({ states: 2, rollouts: 2 });
    expect(rest.map(({ id }) => id)).toEqual([base, set]);
    expect(
      rest[1]!.set!.kinds.map((one) => ({ ...one, examples: one.examples.map(({ id }) => id) })),
    ).toEqual([
      {
        ...{ kind: "revision", count: 90, examples: revisions.slice(0, 2) },
        principles: [
          { id: fair, principle: "fair", version: "1.0.0", count: 60 },
          { id: kind, principle: "kind", version: "1.0.0", count: 30 },
        ],
      },
      {
        ...{ kind: "label", count: 1, examples: [label] },
        principles: [{ id: kind, principle: "kind", version: "1.0.0", count: 1 }],
      },
    ]);
    // A state and a rollout were made with the settings of their training.
    const rollout = [...ledger.entries("rollout")][0]!;
    for (const id of [last, rollout.id])
      expect(ancestry(ledger, id)[0]!.settings).toEqual([{ stage: "s", options: { epochs: 1 } }]);
    expect(ancestry(ledger, last).map(({ id }) => id)).toEqual([last, base, set]);
  });

  it("names eight parents in a role and counts the others", () => {
    const shown = Array.from({ length: 100 }, (_, i) => ({
      role: "demonstration",
      id: put("demonstration", i),
    }));
    const [critique] = ancestry(ledger, put("critique", "x", shown));
    expect([critique!.parents, critique!.untold]).toEqual([
      shown.slice(0, 8),
      [{ role: "demonstration", count: 92 }],
    ]);
  });

  it("names every principle of an ensemble, and the model after however many demonstrations", () => {
    const model = put("checkpoint", { stage: "judge" });
    const as = (role: string, count: number) =>
      Array.from({ length: count }, (_, i) => ({
        role,
        id: put(role, { id: `${role} ${i}`, version: "1" }),
      }));
    const by = { role: "model", id: model };
    const principles = as("principle", 70);
    const [reading, ...rest] = ancestry(ledger, put("reading", { readings: [] }, [...principles, by]));
    expect([reading!.parents, reading!.untold]).toEqual([[...principles, by], []]);
    expect(rest).toHaveLength(71);
    const shown = as("demonstration", 90);
    const [critique] = ancestry(ledger, put("critique", "y", [...shown, by]));
    expect([critique!.parents, critique!.untold]).toEqual([
      [...shown.slice(0, 8), by],
      [{ role: "demonstration", count: 82 }],
    ]);
  });

  it("sums no large set up in passing", () => {
    const set = put("training-set", { stage: "s", examples: 10_001 }, [
      { role: "example", id: put("prompt", "p") },
    ]);
    const model = put("checkpoint", { stage: "s" }, [{ role: "training-set", id: set }]);
    const response = put("response", "r", [{ role: "model", id: model }]);
    expect(ancestry(ledger, response).at(-1)).toMatchObject({ id: set, set: null });
    expect(ancestry(ledger, model).at(-1)).toMatchObject({ id: set, set: { kinds: [{ kind: "prompt" }] } });
  });
});

describe("what is asked about", () => {
  it("is a record by the beginning of its id, or a checkpoint by its stage", () => {
    const prompt = put("prompt", "p");
    const checkpoint = put("checkpoint", { stage: "sl-cai" });
    expect(findRecord(ledger, folder, prompt.slice(0, 9))).toBe(prompt);
    expect(findRecord(ledger, folder, "sl-cai")).toBe(checkpoint);
  });

  it("is the checkpoint that lies in the folder, of several made under changed settings", () => {
    const laidOut = join(folder, "checkpoints/sl-cai");
    mkdirSync(laidOut, { recursive: true });
    const made = ["first", "second", "third"].map((content) => {
      writeFileSync(join(laidOut, "weights"), content);
      return put("checkpoint", { stage: "sl-cai", files: { weights: hashFile(join(laidOut, "weights")) } });
    });
    writeFileSync(join(laidOut, "weights"), "second");
    expect(findRecord(ledger, folder, "sl-cai")).toBe(made[1]);
    rmSync(laidOut, { recursive: true });
    expect(findRecord(ledger, folder, "sl-cai")).toBe(made[2]);
  });

  it("is told with the nearest stage where there is none", () => {
    put("checkpoint", { stage: "rl-cai" });
    expect(() => findRecord(ledger, folder, "rl-cia")).toThrow(
      expect.objectContaining({ code: "unknown-record", hint: 'Did you mean "rl-cai"?' }),
    );
  });
});
