import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { blobPath, freshBlob, moveToBlob, removeBlob } from "./blobs.ts";
import { ledgerPath, openLedger } from "./ledger.ts";
import { verifyLedger } from "./verify.ts";

function keep(text: string): string {
  writeFileSync(freshBlob(directory), text);
  return moveToBlob(directory, freshBlob(directory));
}

let directory: string;
let weights: string;
let state: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "verify-"));
  weights = keep("weights");
  state = keep("state");
  const ledger = openLedger(directory);
  const [[prompt]] = ledger.commit([
    { key: "prompt", entries: [{ kind: "prompt", body: { text: "hello" }, parents: [] }] },
  ]) as unknown as [[{ id: string }]];
  const parents = [{ id: prompt.id, role: "prompt" }];
  ledger.commit([
    { key: "response", entries: [{ kind: "response", body: { text: "good morning" }, parents }] },
    { key: "state", entries: [{ kind: "training-state", body: { blobs: { policy: state } }, parents }] },
    {
      key: "trained",
      entries: [{ kind: "checkpoint", body: { files: { "model.safetensors": weights } }, parents }],
    },
  ]);
  ledger.close();
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function tamper(sql: string): readonly string[] {
  const database = new DatabaseSync(ledgerPath(directory));
  database.exec(`PRAGMA foreign_keys = OFF; ${sql}`);
  database.close();
  return verifyLedger(directory).problems.map(({ where, problem }) => `${where}: ${problem}`);
}

describe("verifyLedger", () => {
  it("finds nothing wrong with what was written, and reports the chain's head", () => {
    const ledger = openLedger(directory, { readOnly: true });
    const chainHead = ledger.chainHead();
    ledger.close();
    expect(verifyLedger(directory)).toEqual({ entries: 4, steps: 4, blobs: 2, chainHead, problems: [] });
  });

  it("finds a body that was changed", () => {
    expect(tamper(`UPDATE entries SET body = '{"text":"Good morning"}' WHERE kind = 'response'`)).toEqual([
      expect.stringMatching(/^response [0-9a-f]{12}: its content hashes to/),
    ]);
  });

  it("finds a body that was rewritten in other bytes of the same meaning", () => {
    expect(tamper(`UPDATE entries SET body = '{ "text": "hello" }' WHERE kind = 'prompt'`)).toEqual([
      expect.stringContaining("not canonical JSON"),
    ]);
  });

  it("finds a parent that was exchanged or lost", () => {
    expect(tamper("UPDATE parents SET role = 'model' WHERE child = 2")[0]).toContain("its content hashes to");
    expect(tamper("UPDATE parents SET parent = 77 WHERE child = 3").join()).toContain(
      "its prompt is missing",
    );
  });

  it("finds a step that was taken out of the middle", () => {
    expect(tamper("DELETE FROM results WHERE step = 2; DELETE FROM steps WHERE position = 2")).toEqual([
      expect.stringContaining("no step wrote it"),
      expect.stringContaining("the chain breaks here"),
    ]);
  });

  it("finds a step that was made to give another entry", () => {
    expect(tamper("UPDATE results SET entry = 1 WHERE step = 2").join()).toContain("the chain breaks here");
    expect(tamper("UPDATE results SET entry = 99 WHERE step = 2").join()).toContain(
      "one of its results is missing",
    );
  });

  it("finds a blob whose bytes were changed, and one that is missing", () => {
    writeFileSync(blobPath(directory, weights), "Weights");
    expect(tamper("")).toEqual([expect.stringMatching(/^blob .*: its bytes hash to/)]);
    removeBlob(directory, weights);
    expect(tamper("")).toEqual([expect.stringMatching(/^checkpoint .*: its blob .* is missing/)]);
  });

  it("lets the bytes of a training state be freed", () => {
    removeBlob(directory, state);
    expect(verifyLedger(directory).problems).toEqual([]);
  });
});
