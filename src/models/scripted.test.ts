import { expect, test } from "vitest";
import { languageModelContract } from "./model.contract.ts";
import { createScriptedModel } from "./scripted.ts";

const echo = createScriptedModel({ answer: ({ conversation }) => `well, ${conversation.at(-1)!.content}` });
languageModelContract("a scripted model", () => echo, "tea");

test("a scripted model records what it was asked", async () => {
  const model = createScriptedModel({ answer: () => "yes", score: () => [-1, -2] });
  const conversation = [{ role: "user", content: "well?" }] as const;
  const sampling = { temperature: 1, topP: 1, maxTokens: 10, stop: [] };
  await model.sample([{ conversation, seed: "a" }], sampling);
  expect(await model.score([{ conversation, continuations: ["x", "y"] }])).toEqual([[-1, -2]]);
  expect(model.calls).toEqual([
    { kind: "sample", request: { conversation, seed: "a" }, sampling },
    { kind: "score", request: { conversation, continuations: ["x", "y"] } },
  ]);
});
