import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { type Ledger, openLedger } from "../ledger/ledger.ts";
import { createEndpointModel } from "../models/endpoint/endpoint-model.ts";
import { FAST, scriptedOptions } from "../models/endpoint/scripted-endpoint.ts";
import { startScriptedServer } from "../models/endpoint/scripted-server.ts";
import type { LanguageModel } from "../models/model.ts";
import { createScriptedModel, type Script } from "../models/scripted.ts";
import { openAccount } from "./account.ts";
import { batchNotes } from "./batch-notes.ts";
import type { PipelineEvent } from "./events.ts";
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

/**
 * Stage 1 up to its revisions on two prompts, one principle and one demonstration, two rounds.
 *
 * @param changed what else the run is given
 * @param named who criticises and revises, in place of the model that answers, given the entry that names it
 */
async function stage1(
  answer: Script["answer"],
  changed: Partial<Run> = {},
  named?: (run: Run, entry: string) => LanguageModel,
) {
  const run: Run = {
    ledger,
    directory: folder,
    emit: () => {},
    signal: new AbortController().signal,
    now: () => 0,
    device: "cpu",
    ...changed,
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
  const asked = { model: named?.(run, modelEntry) ?? model, entry: modelEntry };
  const made = await critiqueAndRevise({
    ...{ run, recipe, critic: asked, reviser: asked, demonstrations, prompts, responses },
    constitution: await importConstitution(run, {
      constitution: { file: constitution, without: [], count: "all" },
      seed: "s",
    }),
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

test.each(["openai", "anthropic"] as const)(
  "critiques and revisions through batches, interrupted at every one, ask nothing twice (%s)",
  async (protocol) => {
    const server = await startScriptedServer({
      answer: ({ body }) => `On ${body.messages.length} turns: it could be kinder.`,
      batches: { looks: 3 },
    });
    onTestFinished(() => server.close());
    const options = scriptedOptions(server, { protocol });
    const events: PipelineEvent[] = [];
    /** A sitting that ends at the first batch that it waits for and did not find waiting. */
    const sitting = () => {
      const abort = new AbortController();
      const before = server.batches.length;
      const emit = (event: PipelineEvent) => {
        events.push(event);
        if (event.kind === "batch-wait" && server.batches.length > before) abort.abort(new Error("enough"));
      };
      const account = openAccount(null, 0);
      return stage1(
        () => "Something.",
        { emit, signal: abort.signal, account },
        (run, id) => {
          const { id: modelId } = createEndpointModel(options, FAST);
          const notes = batchNotes(run, { id, modelId });
          return createEndpointModel(options, FAST, account.payer(null), { most: 100, notes });
        },
      );
    };
    // Two rounds of critiques and of revisions.
    for (let i = 0; i < 4; i++) await expect(sitting()).rejects.toThrow("enough");
    const { critiques, revisions } = await sitting();
    expect([critiques.length, revisions.length]).toEqual([4, 4]);
    const asked = server.batches.flatMap(({ requests }) => requests.map(({ id }) => id));
    expect(server.batches).toHaveLength(4);
    expect(new Set(asked).size).toBe(asked.length);
    expect(asked).toHaveLength(8);
    const noted = [...ledger.entries("batch")].map(({ body }) => body);
    expect(noted).toMatchObject(
      server.batches.map(({ id, requests }) => ({
        batch: id,
        requests: requests.map((request) => request.id).toSorted(),
      })),
    );
    expect([...ledger.entries("usage")]).toHaveLength(8);
    expect(events).toContainEqual({ kind: "batch-wait", batch: "batch_0", answered: 0, total: 2, ms: 5000 });
    expect(events).toContainEqual(
      expect.objectContaining({ kind: "note", text: expect.stringMatching(/^batch batch_0 goes on at/) }),
    );
  },
);
