// Whatever prompts and answers a run has, Charter reads its exports back as they were, or says that it left them out: conversations
// of several turns, system messages and texts with a turn's mark in them included.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Json, openLedger } from "../../ledger/ledger.ts";
import type { Conversation } from "../../models/model.ts";
import { readDemonstrations, readPreferences, readPrompts } from "../read-dataset.ts";
import { exportRun } from "./export-run.ts";
import { EXPORT_NAMES } from "./exports.ts";

const text = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
    fc.constantFrom("Human: Ale?", "Tea?\n\nHuman: Ale?", "So.\n\nAssistant: No.", "System: a", 'a "b", c'),
  )
  .map((words) => words.trim())
  .filter((words) => words !== "");
const talk = fc
  .record({ system: fc.option(text), earlier: fc.array(fc.tuple(text, text), { maxLength: 1 }), last: text })
  .map(
    ({ system, earlier, last }): Conversation => [
      ...(system === null ? [] : [{ role: "system", content: system } as const]),
      ...earlier.flatMap(
        ([user, assistant]): Conversation => [
          { role: "user", content: user },
          { role: "assistant", content: assistant },
        ],
      ),
      { role: "user", content: last },
    ],
  );
const answer = text.filter((words) => !words.startsWith("Human:"));
const item = fc
  .record({
    ...{ talk, first: answer, critique: answer, revision: answer },
    ...{ a: answer, b: answer, probability: fc.double({ min: 0, max: 1, noNaN: true }) },
  })
  .filter(({ a, b }) => a !== b);
type Item = typeof item extends fc.Arbitrary<infer I> ? I : never;

/** A run whose SL-CAI learnt from a revision an item, and whose preference model learns from a comparison an item. */
function putRun(directory: string, items: readonly Item[]): void {
  const ledger = openLedger(directory);
  let steps = 0;
  const put = (
    kind: string,
    body: object,
    parents: Readonly<Record<string, string>> | [string, string][] = {},
  ) => {
    const links = (Array.isArray(parents) ? parents : Object.entries(parents)).map(([role, id]) => ({
      role,
      id,
    }));
    const entry = { kind, body: body as unknown as Json, parents: links };
    return ledger.commit([{ key: `${steps++}`, entries: [entry] }])[0]![0]!.id;
  };
  const train = (stage: string, records: readonly string[]) => {
    const examples = records.map((id): [string, string] => ["example", id]);
    return put("training-set", { stage, examples: records.length }, examples);
  };
  const model = put("checkpoint", { stage: "helpful-only", modelId: "p0" });
  const use = { principle: "kind", constitutionVersion: "1.0.0", wording: "Is it kind?" };
  const principle = put("principle", {
    id: "kind",
    constitution: "Ours",
    version: "1.0.0",
    text: "Be kind.",
  });
  const made = items.map(({ talk, first, critique, revision, a, b, probability }, i) => {
    const common = { oddity: "none", round: 1, use };
    const prompt = put("prompt", { set: "red-team", file: "f", conversation: talk, metadata: { i } });
    const respond = (words: string) =>
      put("response", { prompt, text: words, oddity: "none" }, { prompt, model });
    const of = respond(first);
    const said = put("critique", { ...common, prompt, of, text: critique }, { of, principle, model });
    const revised = put(
      "revision",
      { ...common, prompt, of, critique: said, text: revision },
      { of, critique: said, principle, model },
    );
    const pair = { prompt, a: respond(a), b: respond(b), textA: a, textB: b };
    const comparison = put("comparison", pair, { a: pair.a, b: pair.b });
    const readings = put("reading", { comparison, readings: [] }, { comparison, principle, model });
    const label = {
      comparison,
      source: "feedback-model",
      probability,
      unclamped: probability,
      oddity: "none",
    };
    return { revised, label: put("label", label, { readings }) };
  });
  train(
    "sl-cai",
    made.map(({ revised }) => revised),
  );
  train(
    "preference-model",
    made.map(({ label }) => label),
  );
  ledger.close();
}

test("exports are read back as they were, or counted as left out", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 4 }), async (items) => {
      const folder = mkdtempSync(join(tmpdir(), "read-back-"));
      try {
        putRun(join(folder, "run"), items);
        const to = join(folder, "data");
        const { written } = await exportRun(join(folder, "run"), {
          ...{ what: EXPORT_NAMES.filter((name) => name !== "guard"), to, format: "jsonl", command: "" },
        });
        /** How many a note says were left out, of items that are not read back. */
        const leftOut = (name: string) =>
          written
            .find((one) => one.name === name)!
            .notes.reduce(
              (sum, note) => sum + (/transcripts cannot hold/.test(note) ? Number.parseInt(note, 10) : 0),
              0,
            );
        const file = (name: string) => written.find((one) => one.name === name)!.file;
        const said = (own: Conversation, ...words: readonly unknown[]) => JSON.stringify([own, ...words]);
        const expectRead = (name: string, read: readonly string[], all: readonly string[]) => {
          expect(read.length, name).toBe(all.length - leftOut(name));
          expect(all, name).toEqual(expect.arrayContaining([...read]));
        };

        const prompts = await readPrompts(join(to, "prompts.jsonl"));
        expectRead(
          "prompts",
          prompts.rows.map((row) => said(row.conversation)),
          items.map((one) => said(one.talk)),
        );
        const sft = await readPrompts(join(to, "sft.jsonl"));
        expectRead(
          "sft",
          sft.rows.map((row) => said(row.conversation)),
          items.map((one) => said(one.talk)),
        );

        const labelled = items.map(({ talk, a, b, probability: p }) =>
          p >= 0.5 ? said(talk, a, b, p) : said(talk, b, a, 1 - p),
        );
        for (const name of ["preferences", "hh-rlhf"] as const) {
          const own = file(name) === null ? [] : (await readPreferences(join(to, file(name)!))).rows;
          const read = own.map((row) => said(row.conversation, row.chosen, row.rejected, row.probability));
          expectRead(name, read, labelled);
        }
        const decided = items.filter(({ probability }) => Math.abs(probability - 0.5) > 1e-6);
        fc.pre(decided.length === items.length);
        const own =
          file("annotations") === null ? [] : (await readPreferences(join(to, "annotations.json"))).rows;
        expectRead(
          "annotations",
          own.map((row) => said(row.conversation, row.chosen, row.rejected, row.probability)),
          labelled,
        );

        const demonstrations =
          file("lineage") === null ? [] : (await readDemonstrations(join(to, "lineage.jsonl"))).rows;
        expectRead(
          "lineage",
          demonstrations.map((row) => said(row.conversation, row.response, row.critique, row.revision)),
          items.map(({ talk, first, critique, revision }) => said(talk, first, critique, revision)),
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    }),
    { numRuns: 12 },
  );
}, 20_000);
