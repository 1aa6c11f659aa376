// Which run is meant where none is named.
import { mkdirSync, mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ledgerPath, openLedger } from "../ledger/ledger.ts";
import { findRun } from "./find-run.ts";

test("it is the one that is being written to, though that goes into the log beside its ledger", () => {
  const folder = mkdtempSync(join(tmpdir(), "find-run-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const open = (name: string) => {
    mkdirSync(join(folder, "runs", name), { recursive: true });
    return openLedger(join(folder, "runs", name));
  };
  const atWork = open("at-work");
  onTestFinished(() => atWork.close());
  open("ended-later").close();
  utimesSync(ledgerPath(join(folder, "runs/at-work")), 1000, 1000);
  utimesSync(ledgerPath(join(folder, "runs/ended-later")), 2000, 2000);
  atWork.commit([{ key: "k", entries: [{ kind: "prompt", body: "Hello", parents: [] }] }]);
  expect(findRun(undefined, "runs", folder)).toBe(join(folder, "runs/at-work"));
});

test("reading a run does not make it the latest", () => {
  const folder = mkdtempSync(join(tmpdir(), "find-run-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, at] of [
    ["older", 1000],
    ["newer", 2000],
  ] as const) {
    mkdirSync(join(folder, "runs", name), { recursive: true });
    openLedger(join(folder, "runs", name)).close();
    utimesSync(ledgerPath(join(folder, "runs", name)), at, at);
  }
  const read = openLedger(join(folder, "runs/older"), { readOnly: true });
  [...read.entries("prompt")];
  read.close();
  expect(findRun(undefined, "runs", folder)).toBe(join(folder, "runs/newer"));
});
