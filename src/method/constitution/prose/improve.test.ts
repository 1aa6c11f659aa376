// A model goes over a split: what it may change, and what of its answers is of no use.
import { expect, test } from "vitest";
import { startScriptedEndpoint } from "../../../models/endpoint/scripted-endpoint.ts";
import { createScriptedModel } from "../../../models/scripted.ts";
import { improveSplit } from "./improve.ts";
import { readingOfSplit, splitProse } from "./split.ts";

const DOCUMENT = `# Rules

The weather will be fine. It rains at times.

Guests get tea at any hour. They like it.

The assistant should not shout. Shouting hurts ears. Never run.
`;

test("principles are reworded, taken up and put aside, and every span stays", async () => {
  const { model, server } = await startScriptedEndpoint({
    answer: ({ body }) => {
      const [, sentence] = /^Sentence: (.*)$/m.exec(body.messages.at(-1)!.content)!;
      if (sentence === "Guests get tea at any hour.")
        return "PRINCIPLE: The assistant offers guests tea at any hour.";
      if (sentence === "The assistant should not shout.")
        return "**Principle:** The assistant never shouts.\n";
      if (sentence === "Never run.") return "PRINCIPLE: Never run.";
      return "NONE";
    },
    fault: (n) => (n === 0 ? { kind: "reset-mid-body" } : undefined),
  });
  const { split, ...counts } = await improveSplit(model, splitProse(DOCUMENT));
  expect(counts).toEqual({ asked: 6, reworded: 1, added: 1, dropped: 1, unusable: 0 });
  const { principles, coverage } = readingOfSplit(split, DOCUMENT);
  expect(principles.map(({ text, reasons, locator }) => [text, reasons, locator])).toEqual([
    ["The assistant offers guests tea at any hour.", "", "5:1–5:27"],
    ["The assistant never shouts.", "Shouting hurts ears.", "7:1–7:31"],
    ["Never run.", "", "7:54–7:63"],
  ]);
  expect(coverage!.leftOut.map(({ text }) => text)).toEqual([
    "The weather will be fine.",
    "It rains at times.",
    "They like it.",
  ]);
  expect(server.requests.length).toBe(7);
});

test("an answer of no use leaves what the rules made of the sentence", async () => {
  const nonsense = ["Certainly!", "PRINCIPLE: Bananas are yellow.", `PRINCIPLE: ${"shout ".repeat(60)}`, ""];
  for (const answer of nonsense) {
    const rules = splitProse("The assistant should not shout.");
    const { split, unusable } = await improveSplit(createScriptedModel({ answer: () => answer }), rules);
    expect([split, unusable]).toEqual([rules, 1]);
  }
});
