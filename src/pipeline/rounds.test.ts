import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ledger, openLedger } from "../ledger/ledger.ts";
import { createScriptedModel, type Script } from "../models/scripted.ts";
import { importConstitution, importDemonstrations, importPrompts } from "./imports.ts";
import type { Run } from "./perform.ts";
import { readRecipe } from "./read-recipe.ts";
import { critiqueAndRevise } from "./rounds.ts";
import { sampleResponses } from "./supervised.ts";

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rounds-"));
  ledger = openLedger(folder);
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

const write = (name: string, rows: readonly object[]): string => {
  const file = join(folder, name);
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join("\n"));
  return file;
};

/** Stage 1 up to its revisions on two prompts, one principle and one demonstration, two rounds. */
async function stage1(answer: Script["answer"]) {
  const run: Run = {
    ledger,
    directory: folder,
    emit: () => {},
    signal: new AbortController().signal,
    now: () => 0,
    device: "cpu",
  };
  const projectRoot = resolve(import.meta.dirname, "../..");
  const recipe = readRecipe(join(projectRoot, "recipes/town-small.yaml"), {
    projectRoot,
    set: ["supervised.rounds=2"],
  });
  const constitution = join(folder, "ours.yaml");
  writeFileSync(constitution, "title: Ours\nversion: 1.0.0\nprinciples: [{ id: kind, text: Be kind. }]");
  const shown = { prompt: "Shown?", response: "So.", critique: "It is curt.", revision: "So, gladly." };
  const prompts = await importPrompts(run, "red-team", {
    file: write("prompts.jsonl", [{ prompt: "One?" }, { prompt: "Two?" }]),
    count: "all",
  });
  const model = createScriptedModel({ answer: answer! });
  const [entry] = ledger.commit([{ key: "model", entries: [{ kind: "checkpoint", body: {}, parents: [] }] }]);
  const modelEntry = entry![0]!.id;
  const demonstrations = await importDemonstrations(run, {
    file: write("demonstrations.jsonl", [shown]),
    count: "all",
  });
  const sampling = recipe.supervised.responseSampling;
  const responses = await sampleResponses(run, model, {
    ...{ stage: "responses", title: "", prompts, sampling, seed: "s", batch: 9, modelEntry },
  });
  const asked = { model, entry: modelEntry };
  const made = await critiqueAndRevise({
    ...{ run, recipe, critic: asked, reviser: asked, demonstrations, prompts, responses },
    constitution: await importConstitution(run, { file: constitution, without: [] }),
  });
  return { ...made, responses, demonstrations };
}

test("no revision follows an odd critique, and the next round starts from the text that stands", async () => {
  // Both prompts are answered; the critic has nothing to say of "Two!" in the first round.
  const { critiques, revisions, responses } = await stage1(({ conversation, seed }) => {
    const last = conversation.at(-1)!.content;
    if (last === "One?" || last === "Two?") return last.replace("?", "!");
    if (seed.includes("/revision/")) return `${conversation.at(-4)!.content} Better.`;
    return conversation.at(-2)!.content === "Two!" && seed.endsWith("/1") ? "" : "It is curt.";
  });
  expect(critiques.map(({ oddity }) => oddity)).toEqual(["none", "empty", "none", "none"]);
  expect(revisions.map(({ round, text }) => [round, text])).toEqual([
    [1, "One! Better."],
    [2, "One! Better. Better."],
    [2, "Two! Better."],
  ]);
  expect(revisions[2]!.of).toBe(responses[1]!.id);
});

test("critiques and revisions can be traced to the demonstrations they were made under", async () => {
  const { critiques, revisions, demonstrations } = await stage1(() => "Something.");
  for (const { id } of [...critiques, ...revisions]) {
    const parents = ledger.get(id).parents.filter(({ role }) => role === "demonstration");
    expect(parents.map((parent) => parent.id)).toEqual(demonstrations.map((shown) => shown.id));
  }
  expect(ledger.get(demonstrations[0]!.id).body).toMatchObject({ critique: "It is curt." });
});
