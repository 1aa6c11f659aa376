// The constitution that a run went by, told from its ledger and what lies beside its results.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { constitutionIn } from "./constitution-in.ts";
import { importConstitution } from "./imports.ts";
import type { Run } from "./perform.ts";
import { noteResultsOf } from "./run-directory.ts";

/** A run's folder into which constitutions are written one after another, all under one title and version. */
function running() {
  const directory = mkdtempSync(join(tmpdir(), "constitution-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const ledger = openLedger(directory);
  onTestFinished(() => ledger.close());
  const file = join(directory, "ours.yaml");
  writeFileSync(join(directory, "recipe.yaml"), "name: ours\n");
  const { signal } = new AbortController();
  const run: Run = { ledger, directory, emit: () => {}, signal, now: () => 0, device: "cpu" };
  const goBy = (principles: readonly object[], without: readonly string[] = []) => {
    writeFileSync(file, JSON.stringify({ title: "Ours", version: "1.0.0", principles }));
    return importConstitution(run, { seed: "1", constitution: { file, without, count: "all" } });
  };
  return { directory, goBy };
}

const kind = (text: string, more = {}) => ({ id: "kind", text, ...more });
const HONEST = { id: "honest", text: "It is honest." };

/** As much of results.json as tells which constitution it is of. */
function writeResults(directory: string, principles: readonly object[]): void {
  const constitution = { title: "Ours", version: "1.0.0", principles: principles.length };
  writeFileSync(join(directory, "results.json"), JSON.stringify({ constitution, principles }));
}

test("of a principle that was reworded under one version, the latest wording, once and in its place", async () => {
  const { directory, goBy } = running();
  for (const text of ["It is kind.", "It is kind to all."]) await goBy([kind(text), HONEST]);
  expect(constitutionIn(directory).principles).toMatchObject([kind("It is kind to all."), HONEST]);
});

test("where a run went back to an earlier state, that one, though another was written last", async () => {
  const { directory, goBy } = running();
  for (const text of ["It is kind.", "It is kind to all.", "It is kind."]) await goBy([kind(text), HONEST]);
  writeResults(directory, [kind("It is kind."), HONEST]);
  expect(constitutionIn(directory).principles).toMatchObject([kind("It is kind."), HONEST]);
});

test("the whole again after a principle was left out for once", async () => {
  const { directory, goBy } = running();
  const whole = [kind("It is kind."), HONEST];
  for (const without of [[], ["honest"], []]) await goBy(whole, without);
  writeResults(directory, whole);
  expect(constitutionIn(directory).principles.map(({ id }) => id)).toEqual(["kind", "honest"]);
});

test("what no text tells, by what is kept beside the results: a wording and a weight given up again", async () => {
  const { directory, goBy } = running();
  const plain = [kind("It is kind."), HONEST];
  await goBy(plain);
  await goBy([kind("It is kind.", { weight: 3, wording: { comparison: "Which is kinder?" } }), HONEST]);
  const { value, entries } = await goBy(plain);
  writeResults(directory, plain);
  noteResultsOf(directory, [...entries.values()]);
  expect(constitutionIn(directory)).toEqual({ ...value, changelog: [] });
});

test("a run that has not begun has none", () => {
  expect(() => constitutionIn(running().directory)).toThrow("got one without a constitution in its ledger");
});
