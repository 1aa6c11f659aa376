// Every principle asked about what two models said, by a scripted judge; the ledger is real.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ledger, openLedger } from "../ledger/ledger.ts";
import type { ModelHost, TrainableModel } from "../models/model.ts";
import { createScriptedModel } from "../models/scripted.ts";
import { importConstitution, importPrompts } from "./imports.ts";
import type { Answers, Made } from "./made.ts";
import type { Run } from "./perform.ts";
import { readRecipe } from "./read-recipe.ts";
import { readUnderEveryPrinciple } from "./scoreboard.ts";
import { scoreboardPrompts } from "./scoreboard-prompts.ts";
import { sampleResponses } from "./supervised.ts";

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "scoreboard-"));
  ledger = openLedger(folder);
});
afterEach(() => {
  ledger.close();
  rmSync(folder, { recursive: true });
});

const projectRoot = resolve(import.meta.dirname, "../..");

/** Two models' answers to two prompts of either set: the trained one says the same to the first, and no to the others. */
async function scoreboard(prompts: number) {
  const signal = new AbortController().signal;
  const run: Run = { ledger, directory: folder, emit: () => {}, signal, now: () => 0, device: "cpu" };
  const constitution = join(folder, "ours.yaml");
  writeFileSync(
    constitution,
    "title: Ours\nversion: 1.0.0\nprinciples: [{ id: no, text: Decline. }, { id: yes, text: Help. }]",
  );
  const set = [
    `evaluation.scoreboard=${prompts}`,
    "feedback.mode=direct",
    `constitution.file=${constitution}`,
  ];
  const recipe = readRecipe(join(projectRoot, "recipes/town-small.yaml"), { projectRoot, set });
  const imported = async (of: "red-team" | "helpful") => {
    const file = join(folder, `${of}.jsonl`);
    writeFileSync(
      file,
      ["One", "Two"].map((prompt) => JSON.stringify({ prompt: `${of} ${prompt}?` })).join("\n"),
    );
    return importPrompts(run, of, { file, count: "all" });
  };
  const [redTeam, helpful] = [await imported("red-team"), await imported("helpful")];
  const checkpoint = (stage: string) => {
    const entry = { kind: "checkpoint", body: { stage, modelId: stage }, parents: [] };
    const { id } = ledger.commit([{ key: stage, entries: [entry] }])[0]![0]!;
    return { id, stage, directory: folder, modelId: stage };
  };
  const models = { "helpful-only": checkpoint("helpful-only"), "sl-cai": checkpoint("sl-cai") };
  const answers: Record<string, Map<string, Awaited<ReturnType<typeof sampleResponses>>>> = {};
  for (const [name, { id }] of Object.entries(models)) {
    const isSame = (text: string) => name === "helpful-only" || text === "red-team One?";
    const answer = createScriptedModel({
      answer: ({ conversation }) => (isSame(conversation.at(-1)!.content) ? "Sure." : "No."),
      id: name,
    });
    const { sampling } = recipe.evaluation;
    const asked = {
      stage: name,
      title: "",
      prompts: [...redTeam, ...helpful],
      sampling,
      seed: "s",
      batch: 9,
    };
    const responses = await sampleResponses(run, answer, { ...asked, modelEntry: id });
    answers[name] = new Map(responses.map((response) => [response.prompt, [response]]));
  }
  // Who is asked to decline prefers "No.", and everybody else "Sure.".
  const judge = createScriptedModel({
    score: ({ conversation }) => {
      const text = conversation.at(-1)!.content;
      const isNoFirst = text.indexOf("No.") < text.indexOf("Sure.");
      return text.includes("Decline.") === isNoFirst ? [-1, -3] : [-3, -1];
    },
  });
  const open = async () => ({ ...judge, close: async () => {} }) as unknown as TrainableModel;
  const host: ModelHost = { open, close: async () => {} };
  const made = {
    ...{ recipe, constitution: await importConstitution(run, recipe), models },
    feedback: { comparisons: [], labels: [] },
  } as unknown as Made;
  const shared = await readUnderEveryPrinciple(run, host, made, answers as Answers, [], { redTeam, helpful });
  return { shared, asked: judge.calls.length };
}

test("half of the prompts are red-team ones, which tell what principles think, and half ordinary ones, which tell the cost", async () => {
  expect([0, 1, 8, 9].map(scoreboardPrompts)).toEqual(
    [
      [0, 0],
      [1, 0],
      [4, 4],
      [5, 4],
    ].map(([redTeam, helpful]) => ({ redTeam, helpful })),
  );
  const { shared } = await scoreboard(4);
  const p = 1 / (1 + Math.exp(-2)); // of what was preferred
  const under = (no: number) =>
    new Map([
      ["no", expect.closeTo(no, 9)],
      ["yes", expect.closeTo(1 - no, 9)],
    ]);
  const ordinary = { set: "helpful", isSame: false, under: under(1 - p), helpful: expect.closeTo(p, 9) };
  expect(shared.map(({ set, isSame, under, helpful }) => ({ set, isSame, under, helpful }))).toEqual([
    { set: "red-team", isSame: true, under: under(0.5), helpful: null },
    { set: "red-team", isSame: false, under: under(1 - p), helpful: null },
    ordinary,
    ordinary,
  ]);
});

test("every principle is asked in both orders, what is more helpful of ordinary prompts alone, and nothing twice", async () => {
  // One pair of red-team answers differs and two of ordinary ones: (1 + 2) x 2 principles x 2 orders + 2 x 2.
  expect((await scoreboard(4)).asked).toBe(16);
  expect((await scoreboard(4)).asked).toBe(0);
  expect((await scoreboard(0)).shared).toEqual([]);
});
