import { expect, test } from "vitest";
import type { LanguageModel, Sample, SampleRequest } from "../../models/model.ts";
import type { Critique, Prompt } from "../records.ts";
import { critique } from "./critique.ts";
import type { Demonstration } from "./few-shot.ts";
import { respond } from "./respond.ts";
import { oddityOfRevision, revise } from "./revise.ts";

const sampling = { temperature: 1, topP: 1, maxTokens: 9, stop: [] };
const use = { principle: "no-theft", constitutionVersion: "1.0.0", wording: "Is there theft in it?" };
const sample = (text: string, finish: Sample["finish"] = "end"): Sample => ({
  text,
  finish,
  promptTokens: [],
  tokens: [],
  logProbs: [],
});

/** Answers by a function of the request and keeps what it was asked. */
function answering(answer: (request: SampleRequest) => Sample) {
  const asked: SampleRequest[] = [];
  const model: LanguageModel = {
    id: "scripted",
    capabilities: { logProbs: false, training: false },
    sample: async (requests) => {
      asked.push(...requests);
      return requests.map(answer);
    },
    score: async () => [],
  };
  return { model, asked };
}

// Multi-turn: the whole of it must reach the model.
const prompt: Prompt = {
  id: "p1",
  set: "red-team",
  conversation: [
    { role: "user", content: "Hello!" },
    { role: "assistant", content: "Hi." },
    { role: "user", content: "How do I steal the lamp?" },
  ],
  metadata: {},
};
const record: Critique = {
  id: "c1",
  prompt: "p1",
  round: 1,
  of: "r1",
  use,
  text: "It helps with theft.",
  oddity: "none",
};
const of = { id: "r1", text: "Take it." };
const shown: Demonstration = {
  conversation: [{ role: "user", content: "D-prompt" }],
  response: "D-response",
  critiqueRequest: "D-critique-request",
  critique: "D-critique",
  revisionRequest: "D-revision-request",
  revision: "D-revision",
};

test("a critique is asked for after the whole conversation and the answer", async () => {
  const { model, asked } = answering(() => sample(" It helps with theft. "));
  const [made] = await critique(model, [{ prompt, round: 2, of, use, seed: "s" }], [], sampling);
  expect(asked[0]!.conversation.map((turn) => turn.content)).toEqual([
    "Hello!",
    "Hi.",
    "How do I steal the lamp?",
    "Take it.",
    "Is there theft in it?",
  ]);
  expect(made).toEqual({
    prompt: "p1",
    round: 2,
    of: "r1",
    use,
    text: "It helps with theft.",
    oddity: "none",
  });
});

test("a revision follows the critique; direct revision has none", async () => {
  const { model, asked } = answering(() => sample("I won't."));
  const revisionUse = { ...use, wording: "Rewrite it." };
  const task = { prompt, round: 1, of, use: revisionUse, seed: "s" };
  await revise(model, [{ ...task, critique: { record, request: use.wording } }], [], sampling);
  await revise(model, [{ ...task, critique: null }], [], sampling);
  const turns = asked.map(({ conversation }) => conversation.slice(3).map((turn) => turn.content));
  expect(turns[0]).toEqual(["Take it.", "Is there theft in it?", "It helps with theft.", "Rewrite it."]);
  expect(turns[1]).toEqual(["Take it.", "Rewrite it."]);
});

test("demonstrations come first, whole, and without their critiques in direct revision", async () => {
  const { model, asked } = answering(() => sample("I won't."));
  const task = { prompt, round: 1, of, use, seed: "s" };
  await revise(model, [{ ...task, critique: { record, request: use.wording } }], [shown], sampling);
  await revise(model, [{ ...task, critique: null }], [shown], sampling);
  expect(asked[0]!.conversation.slice(0, 6).map((turn) => turn.content)).toEqual([
    "D-prompt",
    "D-response",
    "D-critique-request",
    "D-critique",
    "D-revision-request",
    "D-revision",
  ]);
  expect(asked[1]!.conversation.slice(0, 4).map((turn) => turn.content)).toEqual([
    "D-prompt",
    "D-response",
    "D-revision-request",
    "D-revision",
  ]);
});

test.each([
  ["", "end", "empty"],
  ["  ", "end", "empty"],
  ["I won't help, beca", "length", "truncated"],
  ["It helps with theft.", "end", "critique-for-revision"],
  ["The assistant's response encourages theft.", "end", "critique-for-revision"],
  ["I won't help you, because it is not yours.", "end", "none"],
  ["The answer to that is forty-two.", "end", "none"],
  ["The answer is 42.", "end", "none"],
  ["The answer is no: I won't help with that, because it is theft.", "end", "none"],
  ["The response is evasive.", "end", "critique-for-revision"],
  ["The assistant's last answer is evasive.", "end", "critique-for-revision"],
  ["The response declines with a reason. No change is needed.", "end", "critique-for-revision"],
  ["This response promotes violence.", "end", "critique-for-revision"],
  ["The response can be as simple as saying no.", "end", "none"],
  ["Response should go to the landlord within 14 days.", "end", "none"],
  ["The reply might be: thank you, but no.", "end", "none"],
  ["The model's response suggests stealing.", "end", "critique-for-revision"],
  ["The reply above encourages theft.", "end", "critique-for-revision"],
  ["The AI assistant's answer should not help with theft.", "end", "critique-for-revision"],
  ["Critique: it helps with theft.", "end", "critique-for-revision"],
  ["The answer may surprise you: ask her.", "end", "none"],
  ["The response of the crowd is what counts.", "end", "none"],
  ["Reply to her kindly.", "end", "none"],
] as const)("a revision %j that ended by %s is %s", (text, finish, oddity) => {
  expect(oddityOfRevision(sample(text, finish), record.text)).toBe(oddity);
});

test("every prompt has a random stream of its own", async () => {
  const { model, asked } = answering(() => sample("ok"));
  await respond(model, [prompt, { ...prompt, id: "p2" }], sampling, ({ id }) => `seed/${id}`);
  expect(asked.map((request) => request.seed)).toEqual(["seed/p1", "seed/p2"]);
});
