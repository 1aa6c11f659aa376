// The constitution that a run went by, told from its ledger.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { constitutionIn } from "./constitution-in.ts";
import { importConstitution } from "./imports.ts";
import type { Run } from "./perform.ts";

test("of a principle that was reworded under one version, the latest wording, once and in its place", async () => {
  const directory = mkdtempSync(join(tmpdir(), "constitution-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "ours.yaml");
  const ledger = openLedger(directory);
  const { signal } = new AbortController();
  const run: Run = { ledger, directory, emit: () => {}, signal, now: () => 0, device: "cpu" };
  for (const text of ["It is kind.", "It is kind to all."]) {
    const principles = [`{ id: kind, text: ${text} }`, "{ id: honest, text: It is honest. }"];
    writeFileSync(file, `title: Ours\nversion: 1.0.0\nprinciples: [${principles.join(", ")}]\n`);
    await importConstitution(run, { seed: "1", constitution: { file, without: [], count: "all" } });
  }
  ledger.close();
  expect(constitutionIn(directory).principles).toMatchObject([
    { id: "kind", text: "It is kind to all." },
    { id: "honest", text: "It is honest." },
  ]);
});
