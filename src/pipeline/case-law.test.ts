import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hashFile } from "../ledger/blobs.ts";
import { type Json, type Ledger, type NewEntry, openLedger } from "../ledger/ledger.ts";
import { touchedBy } from "./case-law.ts";
import { settingsEntry } from "./settings.ts";

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "case-law-"));
  ledger = openLedger(folder);
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

let steps = 0;
const as = (role: string, id: string) => ({ role, id });
const put = (stage: string | null, kind: string, body: Json, parents: NewEntry["parents"] = []): string => {
  const beside = stage === null ? [] : [settingsEntry(stage, {})];
  return ledger.commit([{ key: `${steps++}`, entries: [{ kind, body, parents }, ...beside] }])[0]![0]!.id;
};

const principle = (version: string, id = "kind", text = `Be ${id} by ${version}.`, wording: Json = {}) =>
  put(null, "principle", { id, version, constitution: "Ours", text, wording });
const prompt = (text: string) => put(null, "prompt", { conversation: [{ role: "user", content: text }] });

/** A critique and a revision of a text under a principle. */
function round(
  under: string,
  before: string,
  after: string,
  oddity = "none",
  stage: string | null = "revision-1",
) {
  const of = put("responses", "response", { text: before });
  const common = { prompt: prompt(`${before}?`), of, round: 1, use: { principle: "kind" } };
  const critique = put("critique-1", "critique", { ...common, text: `It says ${before}` }, [
    as("principle", under),
  ]);
  const body = { ...common, critique, text: after, oddity };
  return { of, critique, revision: put(stage, "revision", body, [as("principle", under)]) };
}

/** A comparison read once in either order; the labels' log-probabilities are those of (A) and (B). */
function reading(under: string, text: string, ab: readonly number[], ba: readonly number[], oddity = "none") {
  const body = { prompt: prompt(text), a: "a", b: "b", textA: `${text} a`, textB: `${text} b` };
  const comparison = put("pairs", "comparison", body);
  const read = (order: string, [logProbA, logProbB]: readonly number[], principle = "kind") => ({
    ...{ use: { principle }, order, oddity, logProbA: logProbA!, logProbB: logProbB! },
  });
  // What is read under another principle of an ensemble is not this one's.
  const readings = [read("ab", ab), read("ba", ba), read("ab", [0, -20], "fair")];
  const id = put("feedback", "reading", { comparison, readings }, [as("principle", under)]);
  return { id, label: put("feedback-labels", "label", { comparison }, [as("readings", id)]) };
}

it("counts what a principle took part in by wording, kind and stage", () => {
  const [old, fresh, other] = [principle("1.0.0"), principle("1.1.0"), principle("1.0.0", "fair")];
  const made = [
    round(old, "a", "b"),
    round(fresh, "c", "d", "none", "revision-2"),
    round(old, "e", "f", "none", null),
  ];
  round(other, "g", "h");
  const { label } = reading(fresh, "x", [0, -1], [0, -1]);
  const examples = [...made.map(({ revision }) => revision)].map((id) => as("example", id));
  const set = put(null, "training-set", { stage: "sl-cai", examples: 3 }, examples);
  const mixed = put(null, "training-set", { stage: "preference-model", examples: 1 }, [as("example", label)]);
  const { principle: id, wordings, records, trainings, ...cases } = touchedBy(ledger, folder, "kind", 9);
  expect([id, wordings.map(({ text }) => text)]).toEqual([
    "kind",
    ["Be kind by 1.0.0.", "Be kind by 1.1.0."],
  ]);
  expect(records).toEqual([
    { wording: old, kind: "critique", count: 2, stages: [{ stage: "critique-1", count: 2 }] },
    // One was written before stages were kept.
    { wording: old, kind: "revision", count: 2, stages: [{ stage: "revision-1", count: 1 }] },
    { wording: fresh, kind: "critique", count: 1, stages: [{ stage: "critique-1", count: 1 }] },
    { wording: fresh, kind: "revision", count: 1, stages: [{ stage: "revision-2", count: 1 }] },
    { wording: fresh, kind: "reading", count: 1, stages: [{ stage: "feedback", count: 1 }] },
    { wording: fresh, kind: "label", count: 1, stages: [{ stage: "feedback-labels", count: 1 }] },
  ]);
  const isSuperseded = false;
  expect(trainings).toEqual([
    { wording: old, stage: "sl-cai", isSuperseded, examples: 2, sets: [{ id: set, examples: 2 }] },
    { wording: fresh, stage: "sl-cai", isSuperseded, examples: 1, sets: [{ id: set, examples: 1 }] },
    {
      ...{ wording: fresh, stage: "preference-model", isSuperseded, examples: 1 },
      sets: [{ id: mixed, examples: 1 }],
    },
  ]);
  const { mostChanged } = cases.revisions;
  expect(mostChanged.map(({ id, wording }) => [id, wording])).toEqual(
    [old, old, fresh].map((wording, i) => [[made[0]!, made[2]!, made[1]!][i]!.revision, wording]),
  );
  expect(cases.comparisons.surest[0]!.wording).toBe(fresh);
  expect(touchedBy(ledger, folder, fresh.slice(0, 12), 1).wordings).toHaveLength(1);
});

it("tells which trainings another has taken the place of, as after an amendment", () => {
  const under = principle("1.0.0");
  const checkpoints = join(folder, "checkpoints/sl-cai");
  mkdirSync(checkpoints, { recursive: true });
  const train = (weights: string, after: string) => {
    const { revision } = round(under, "a", after);
    const set = put(null, "training-set", { stage: "sl-cai", examples: 1 }, [as("example", revision)]);
    writeFileSync(join(checkpoints, "weights"), weights);
    const files = { weights: hashFile(join(checkpoints, "weights")) };
    put(null, "checkpoint", { stage: "sl-cai", files }, [as("training-set", set)]);
    return set;
  };
  const sets = [train("first", "b"), train("second", "c")];
  const superseded = () =>
    touchedBy(ledger, folder, "kind", 1).trainings.map(({ sets, isSuperseded }) => [
      ...sets.map(({ id }) => id),
      isSuperseded,
    ]);
  expect(superseded()).toEqual(sets.map((id, i) => [id, i === 0]));
  writeFileSync(join(checkpoints, "weights"), "first"); // amended back
  expect(superseded()).toEqual(sets.map((id, i) => [id, i === 1]));
  mkdirSync(join(folder, "variants")); // a study: its variants stand side by side
  expect(superseded()).toEqual([[...sets, false]]);
});

it("joins entries that say and ask the same, and sums what was made by the names of stages", () => {
  const text = "Be kind.";
  const [one, other] = [principle("1.0.0", "kind", text), principle("1.1.0", "kind", text)];
  const asking = principle("1.1.0", "kind", text, { critique: "Is it kind?" });
  const of = put("responses", "response", { text: "a" });
  const examples = [one, other, asking].map((under, seed) => {
    const body = { prompt: prompt("a"), of, critique: null, text: `${seed}`, round: 1, oddity: "none" };
    const made = { kind: "revision", body, parents: [as("principle", under)] };
    const step = { key: `seed ${seed}`, entries: [made, settingsEntry("revision-1", { seed })] };
    return as("example", ledger.commit([step])[0]![0]!.id);
  });
  const sets = [examples, examples.slice(0, 1)].map((held) =>
    put(null, "training-set", { stage: "sl-cai", examples: held.length }, held),
  );
  const { wordings, records, trainings } = touchedBy(ledger, folder, "kind", 9);
  expect(wordings.map(({ id, asks, entries }) => [id, asks[0]!.text, entries.map(({ id }) => id)])).toEqual([
    [one, expect.stringContaining(`principle, or say that it does not: "${text}"`), [one, other]],
    [asking, "Is it kind?", [asking]],
  ]);
  const stages = (count: number) => [{ stage: "revision-1", count }];
  expect(records).toEqual([
    { wording: one, kind: "revision", count: 2, stages: stages(2) },
    { wording: asking, kind: "revision", count: 1, stages: stages(1) },
  ]);
  expect(trainings.map(({ wording, examples, sets }) => [wording, examples, sets])).toEqual([
    [
      ...[one, 3],
      [
        { id: sets[0], examples: 2 },
        { id: sets[1], examples: 1 },
      ],
    ],
    [asking, 1, [{ id: sets[0], examples: 1 }]],
  ]);
});

it("quotes the revisions that changed most of the words, alike ones once, odd ones never", () => {
  const under = principle("1.0.0");
  const most = round(under, "take it all", "never do that");
  round(under, "take it now", "never do that");
  const some = round(under, "take it all", "take it back");
  round(under, "as it was", "as it was");
  round(under, "take it all", "quite another", "truncated");
  const { count, changed, mostChanged } = touchedBy(ledger, folder, "kind", 9).revisions;
  expect([count, changed]).toEqual([4, 3]);
  expect(mostChanged.map(({ id, changed }) => [id, changed])).toEqual([
    [most.revision, 1],
    [some.revision, expect.closeTo(1 / 3, 12)],
  ]);
  expect(mostChanged[0]).toMatchObject({
    prompt: { text: "take it all?" },
    of: { id: most.of, text: "take it all" },
    critique: { id: most.critique, text: "It says take it all" },
    text: "never do that",
  });
});

it("quotes the comparisons decided most and least surely, by the mean over both orders", () => {
  const under = principle("1.0.0");
  // The first option in both orders: a habit, not a judgement.
  const torn = reading(under, "torn", [0, -9], [0, -9]);
  const sure = reading(under, "sure", [-9, 0], [0, -9]);
  const leaning = reading(under, "leaning", [0, -1], [-1, 0]);
  reading(under, "odd", [0, -20], [-20, 0], "truncated");
  const { count, surest, leastSure } = touchedBy(ledger, folder, "kind", 2).comparisons;
  expect(count).toBe(3);
  expect(surest.map(({ id }) => id)).toEqual([sure.id, leaning.id]);
  expect(leastSure.map(({ id }) => id)).toEqual([torn.id, leaning.id]);
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  expect([surest[0]!.probability, surest[1]!.probability, leastSure[0]!.probability]).toEqual(
    [sigmoid(-9), sigmoid(1), 0.5].map((p) => expect.closeTo(p, 12)),
  );
  expect(surest[0]).toMatchObject({ prompt: { text: "sure" }, textA: "sure a", textB: "sure b" });
});

it("tells the principle that was meant", () => {
  principle("1.0.0");
  expect(() => touchedBy(ledger, folder, "knid", 1)).toThrow(
    expect.objectContaining({ code: "unknown-principle", hint: 'Did you mean "kind"?' }),
  );
});
