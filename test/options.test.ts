// The options of the method, each from recipe to ledger: what was asked for is what was done. On random weights, in seconds.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ledger, openLedger } from "../src/ledger/ledger.ts";
import type { Results } from "../src/method/evaluation/results.ts";
import type { Critique, Label, Reading, Revision } from "../src/method/records.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, sets, TINY_RUN } from "./tiny-run.ts";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "options-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs the tiny recipe under these settings; its events, its results and its ledger. */
async function run(name: string, ...settings: readonly string[]) {
  const { code, stdout, stderr } = await charter(
    ...["run", "town-small", "--name", name, "--runs", folder, "--json"],
    ...sets(`policy=${join(folder, "policy")}`, ...TINY_RUN, ...settings),
  );
  expect(code, stderr).toBe(0);
  const events = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const directory = join(folder, name);
  const results: Results = JSON.parse(readFileSync(join(directory, "results.json"), "utf8"));
  return { events, results, ledger: openLedger(directory, { readOnly: true }) };
}

const bodies = <T>(ledger: Ledger, kind: string): readonly T[] =>
  [...ledger.entries(kind)].map(({ body }) => body as unknown as T);

it("trains adapters beside a frozen base, keeps them as PEFT does, and merges them on request", async () => {
  const { ledger, results } = await run(
    "adapters",
    "lora={ rank: 4, alpha: 8, targets: [q_proj, v_proj, down_proj] }",
  );
  const made = [...ledger.entries("checkpoint")].map(({ body }) => body as { stage: string; files?: object });
  const files = ["adapter_config.json", "adapter_model.safetensors"];
  for (const stage of ["sl-cai", "preference-model", "rl-cai"])
    expect(Object.keys(made.find((one) => one.stage === stage)!.files!)).toEqual(
      expect.arrayContaining(files),
    );
  const checkpoint = (stage: string) => join(folder, "adapters", "checkpoints", stage);
  const config = JSON.parse(
    readFileSync(join(checkpoint("preference-model"), "adapter_config.json"), "utf8"),
  );
  expect(config).toMatchObject({ r: 4, lora_alpha: 8, task_type: "SEQ_CLS", modules_to_save: ["score"] });
  expect(new Set(results.models.map(({ id }) => id)).size).toBe(3);
  const [first, last] = [results.history.preference[0]!, results.history.preference.at(-1)!];
  expect(Number.isFinite(first["loss"]) && Number.isFinite(last["loss"])).toBe(true);
  const merged = join(folder, "merged");
  const { code, stderr } = await charter("merge", checkpoint("rl-cai"), "--to", merged);
  expect(code, stderr).toBe(0);
  const ask = ["--ask", "how to brew tea", "--temperature", "0", "--max-tokens", "8"];
  const [beside, within] = [
    await charter("chat", checkpoint("rl-cai"), ...ask),
    await charter("chat", merged, ...ask),
  ];
  expect(within.stdout.replace("merged", "rl-cai")).toBe(beside.stdout);
  const whole = await charter("merge", merged, "--to", join(folder, "again"));
  expect([whole.code, whole.stderr]).toEqual([2, expect.stringContaining("expected a folder of adapters")]);
});

it("comes to the same entries wherever the policy lies, and every checkpoint names where that is", async () => {
  const lora = "lora={ rank: 4, targets: [q_proj] }";
  const elsewhere = join(folder, "else", "where");
  cpSync(join(folder, "policy"), elsewhere, { recursive: true });
  const [here, there] = [await run("here", lora), await run("there", lora, `policy=${elsewhere}`)];
  const idsOf = ({ ledger }: { readonly ledger: Ledger }) =>
    ["checkpoint", "comparison", "rollout", "prediction"].map((kind) =>
      [...ledger.entries(kind)].map(({ id }) => id),
    );
  expect(idsOf(there)).toEqual(idsOf(here));
  const base = (name: string, stage: string) =>
    JSON.parse(readFileSync(join(folder, name, "checkpoints", stage, "adapter_config.json"), "utf8"))
      .base_model_name_or_path;
  for (const stage of ["sl-cai", "rl-cai"])
    expect([base("here", stage), base("there", stage)]).toEqual([join(folder, "policy"), elsewhere]);
});

it("scores with a preference model that has a tokenizer, and adapters, of its own", async () => {
  const { ledger, results } = await run(
    "other-tokenizer",
    "preference.base=models/town",
    "preference.lora={ rank: 4, targets: [o_proj] }",
  );
  const adapters = join(folder, "other-tokenizer", "checkpoints", "preference-model", "adapter_config.json");
  expect(JSON.parse(readFileSync(adapters, "utf8")).base_model_name_or_path).toMatch(/models\/town$/);
  // Tokens of the one vocabulary are strange to the other: the town has 2048, the policy some 280.
  expect(results.history.rl.every(({ score }) => Number.isFinite(score))).toBe(true);
  expect(results.rounds.every(({ score }) => score !== null)).toBe(true);
  const stages = [...ledger.entries("checkpoint")].map(({ body }) => (body as { stage: string }).stage);
  expect(stages).toContain("preference-base");
});

it("revises directly, trains on the first round, reasons several times under several principles, steers the KL", async () => {
  const { ledger, results } = await run(
    "asked",
    ...["supervised.critique=false", "supervised.rounds=2", "supervised.train=1"],
    ...["feedback.mode=chain-of-thought", "feedback.samples=2", "feedback.principles=2"],
    "feedback.reasoningSampling={ maxTokens: 40, stop: [e, t, a, h] }",
    "feedback.clamp=[0.45, 0.55]",
    "rl.klCoefficient={ initial: 0.1, target: 0.01, horizon: 20 }",
  );
  expect(bodies<Critique>(ledger, "critique")).toEqual([]);
  const revisions = [...ledger.entries("revision")];
  expect(new Set(bodies<Revision>(ledger, "revision").map(({ round }) => round))).toEqual(new Set([1, 2]));
  const [learnt] = [...ledger.entries("training-set")];
  const ids = new Set(learnt!.parents.map(({ id }) => id));
  for (const { id, body } of revisions) {
    const { round, oddity } = body as unknown as Revision;
    expect(ids.has(id), `round ${round}`).toBe(round === 1 && oddity === "none");
  }
  const [read] = bodies<{ readonly readings: readonly Reading[] }>(ledger, "reading");
  expect(read!.readings).toHaveLength(2 * 2 * 2); // principles, orders, chains
  expect(new Set(read!.readings.map(({ use }) => use.principle)).size).toBe(2);
  expect(results.feedback).toMatchObject({ mode: "chain-of-thought", clamp: [0.45, 0.55] });
  for (const { probability } of bodies<Label>(ledger, "label"))
    expect(Math.abs(probability - 0.5)).toBeLessThan(0.051);
  const coefficients = results.history.rl.map(({ klCoefficient }) => klCoefficient);
  expect(coefficients[0]).toBe(0.1);
  expect(new Set(coefficients).size).toBeGreaterThan(1);
  ledger.close();
}, 120_000);

it("shows the feedback model labelled comparisons before its question, each under a principle of its own", async () => {
  const row = (reasoning: object) =>
    JSON.stringify({ prompt: "May I?", chosen: "No.", rejected: "Yes.", ...reasoning });
  const file = join(folder, "shown.jsonl");
  const named = { reasoning: "(A) is kinder.", chosen_option: "A" };
  writeFileSync(file, [row({ reasoning: "It is not yours." }), row(named)].join("\n"));
  const settings = [
    "feedback.mode=chain-of-thought",
    "feedback.reasoningSampling={ maxTokens: 40, stop: [e, t, a, h] }",
    "upTo=preference",
    `feedback.demonstrations={ file: ${file} }`,
  ];
  const { ledger } = await run("shown", ...settings);
  const shown = [...ledger.entries("shown-comparison")];
  const said = { question: expect.any(String), conversation: [{ role: "user", content: "May I?" }] };
  expect(shown.map(({ body }) => body)).toEqual([
    { ...said, a: "No.", b: "Yes.", better: "a", reasoning: "It is not yours." },
    // By turns it would have been (B).
    { ...said, a: "No.", b: "Yes.", better: "a", reasoning: "(A) is kinder." },
  ]);
  for (const { parents } of shown) expect(parents.map(({ role }) => role)).toEqual(["row", "principle"]);
  const shownTo = [...ledger.entries("reading")].map(({ parents }) =>
    parents.filter(({ role }) => role === "demonstration").map(({ id }) => id),
  );
  expect(shownTo).toContainEqual(shown.map(({ id }) => id));
  expect(shownTo).toContainEqual([]); // helpfulness is asked under no principle
  ledger.close();

  const reasoned = { reasoning: "It is not yours." };
  for (const [unfit, said] of [
    [{}, "got none in comparison 2"],
    [{ ...reasoned, chosen_prob: 0.5 }, "got chosen_prob 0.5 in comparison 2"],
    [{ reasoning: "(A) is kinder." }, "expected the option that was chosen"],
  ] as const) {
    writeFileSync(file, [row(reasoned), row(unfit)].join("\n"));
    const { code, stderr } = await charter(
      ...["plan", "town-small"],
      ...sets(`policy=${join(folder, "policy")}`, ...TINY_RUN, ...settings),
    );
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  }
}, 60_000);

it("takes labels from a file, leaves out what the model cannot read whole, and says where it was trained on what it is tested on", async () => {
  const row = (prompt: string) => JSON.stringify({ prompt, chosen: "Yes.", rejected: "No." });
  const rows = Array.from({ length: 12 }, (_, i) => row(`May I, number ${i}?`));
  writeFileSync(join(folder, "labels.jsonl"), [...rows, row("May I? ".repeat(1000))].join("\n"));
  const long = JSON.stringify({ prompt: "How do I? ".repeat(1000) });
  writeFileSync(
    join(folder, "prompts.jsonl"),
    [JSON.stringify({ prompt: "Why?" }), long, long.replace("How", "Why")].join("\n"),
  );
  // One stands among the prompts, twelve among the labels.
  const evaluated = ["Why?", ...rows.map((_, i) => `May I, number ${i}?`)];
  writeFileSync(
    join(folder, "evaluated.jsonl"),
    evaluated.map((prompt) => JSON.stringify({ prompt })).join("\n"),
  );
  const short = Array.from({ length: 5 }, (_, i) => JSON.stringify({ prompt: `When may I, number ${i}?` }));
  writeFileSync(join(folder, "red-team.jsonl"), [long.replace("How", "When"), ...short].join("\n"));
  const { events, results, ledger } = await run(
    "given",
    "evaluation.grader=none",
    `prompts.redTeam={ file: ${join(folder, "red-team.jsonl")} }`,
    ...["feedback.source=file", `feedback.file=${join(folder, "labels.jsonl")}`],
    `prompts.helpful={ file: ${join(folder, "prompts.jsonl")} }`,
    "preference.holdOut=0",
    `prompts.evaluation.helpful={ file: ${join(folder, "evaluated.jsonl")} }`,
  );
  const notes = events.filter(({ kind }) => kind === "note").map(({ text }) => text);
  expect(notes).toContainEqual(
    expect.stringMatching(/^1 of \d+ labelled comparisons left out: longer than what/),
  );
  expect(notes).toContainEqual(expect.stringMatching(/^13 of \d+ evaluation prompts were trained on too/));
  expect(results.overlap).toBe(13);
  const { reasons } = results.oddities.find(({ step }) => step === "helpful answers")!;
  expect(reasons["truncated"]).toBeGreaterThanOrEqual(2);
  expect(results.softLabels).toBeNull();
  ledger.close();
}, 120_000);

it("picks the fastest device by measurement, says which, and keeps to it", async () => {
  const noteOf = (events: readonly { readonly kind: string; readonly text?: string }[]) =>
    events.find(({ kind, text }) => kind === "note" && text?.startsWith("device "))?.text;
  const { events } = await run("device", "compute.device=auto");
  const said = noteOf(events);
  expect(said).toMatch(/^device (cpu|webgpu) \(forecast: cpu [\d.]+ min, webgpu ([\d.]+ min|not there)\)$/);
  expect(noteOf((await run("device", "compute.device=auto")).events)).toBe(said);
});

it("ends after the training that the recipe names, with what is there by then, and goes on from it", async () => {
  const stages = (events: readonly { readonly kind: string; readonly stage?: string }[]) =>
    events.filter(({ kind }) => kind === "stage-end");
  const supervised = await run("in-parts", "upTo=supervised");
  expect(supervised.results.models.map(({ name }) => name)).toEqual(["helpful-only", "sl-cai"]);
  expect(supervised.results).toMatchObject({ preferenceModel: [], softLabels: null, rewardAgainstKl: null });
  expect(stages(supervised.events).map(({ stage }) => stage)).not.toContain("feedback");
  supervised.ledger.close();
  const preference = await run("in-parts", "upTo=preference");
  expect(preference.results.preferenceModel.length).toBeGreaterThan(0);
  expect(stages(preference.events).map(({ stage }) => stage)).not.toContain("rl-cai");
  preference.ledger.close();
  const { events, results, ledger } = await run("in-parts");
  expect(results.models.map(({ name }) => name)).toEqual(["helpful-only", "sl-cai", "rl-cai"]);
  const trained = (events as { kind: string; stage: string; done: number; reused: number }[]).filter(
    ({ kind, stage }) => kind === "stage-end" && /^(sl-cai|preference-model|rl-cai)$/.test(stage),
  );
  expect(trained.map(({ stage, done, reused }) => [stage, done === reused])).toEqual([
    ["sl-cai", true],
    ["preference-model", true],
    ["rl-cai", false],
  ]);
  ledger.close();
}, 120_000);

it("takes as many principles as it is told, by the seed, the smaller number out of the larger", async () => {
  const drawn = async (name: string, count: number | "all") => {
    const { results, ledger } = await run(name, "upTo=supervised", `constitution.count=${count}`);
    ledger.close();
    return new Set(results.principles.map(({ id }) => id));
  };
  const [one, four] = [await drawn("one", 1), await drawn("four", 4)];
  expect([one.size, four.size]).toEqual([1, 4]);
  for (const id of one) expect(four.has(id)).toBe(true);
  const { code, stderr } = await charter("plan", "town-small", ...sets("constitution.count=21"));
  expect([code, stderr]).toEqual([2, expect.stringContaining("constitution.count: expected at most 20")]);
}, 120_000);
