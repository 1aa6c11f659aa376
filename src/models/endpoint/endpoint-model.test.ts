import { expect, test } from "vitest";
import type { UserError } from "../../user-error.ts";
import type { Conversation, Sampling } from "../model.ts";
import type { EndpointOptions } from "./endpoint-model.ts";
import { PLANTED_KEY as KEY, startScriptedEndpoint } from "./scripted-endpoint.ts";
import type { Fault, ServedRequest, ServerScript } from "./scripted-server.ts";

const sampling: Sampling = { temperature: 0.5, topP: 0.9, maxTokens: 12, stop: [] };
const ask = (content: string): Conversation => [{ role: "user", content }];
const questions = (n: number) =>
  Array.from({ length: n }, (_, i) => ({ conversation: ask(`question ${i}`), seed: `s${i}` }));

const repeating: ServerScript = {
  answer: ({ body }) => `You said: ${body.messages.at(-1)!.content}`,
};
const failure = (run: Promise<unknown>) =>
  run.then(
    () => expect.unreachable("expected a refusal"),
    (error: UserError) => error,
  );

test("answers come in order, asked as the recipe says, each under a seed of its own", async () => {
  const { model, server } = await startScriptedEndpoint(repeating);
  const samples = await model.sample(questions(20), { ...sampling, stop: ["!"] });
  expect(samples.map(({ text }) => text)).toEqual(questions(20).map((_, i) => `You said: question ${i}`));
  expect(server.requests[0]).toMatchObject({
    path: "/v1/chat/completions",
    headers: { authorization: `Bearer ${KEY}` },
    body: { model: "judge-1", temperature: 0.5, top_p: 0.9, max_tokens: 12, stop: ["!"] },
  });
  expect(new Set(server.requests.map(({ body }) => body["seed"])).size).toBe(20);
  const before = server.requests.map(({ body }) => body["seed"]);
  await model.sample(questions(20), sampling);
  expect(
    server.requests
      .slice(20)
      .map(({ body }) => body["seed"])
      .sort(),
  ).toEqual(before.sort());
});

test("no more at once than the allowance, and the pipe is never empty", async () => {
  const { model, server } = await startScriptedEndpoint({ ...repeating, latencyMs: 20 }, { concurrency: 5 });
  await model.sample(questions(30), sampling);
  expect(server.mostAtOnce()).toBe(5);
});

test("the beginning of an answer is asked for in words, and cut off where the model repeats it", async () => {
  const { model, server } = await startScriptedEndpoint({ answer: () => "Let's think: it is late." });
  const [sample] = await model.sample(
    [{ conversation: ask("well?"), prefix: "Let's think:", seed: "" }],
    sampling,
  );
  expect(sample!.text).toBe(" it is late.");
  expect(server.requests[0]!.body.messages).toEqual([
    { role: "user", content: "well?\n\nBegin your answer with these words: Let's think:" },
  ]);
});

test("or the server goes on with it, where it can", async () => {
  const { model, server } = await startScriptedEndpoint(
    { answer: () => " it is late." },
    { prefix: "continue" },
  );
  await model.sample([{ conversation: ask("well?"), prefix: "Let's think:", seed: "" }], sampling);
  expect(server.requests[0]!.body).toMatchObject({
    messages: [
      { role: "user", content: "well?" },
      { role: "assistant", content: "Let's think:" },
    ],
    continue_final_message: true,
    add_generation_prompt: false,
  });
});

test("a stop sequence that the server leaves in the text is cut off", async () => {
  const { model } = await startScriptedEndpoint({ answer: () => "One. Two. The answer is: (A)" });
  const [sample] = await model.sample(questions(1), { ...sampling, stop: [" The answer is:", " Three"] });
  expect(sample).toMatchObject({ text: "One. Two.", finish: "stop" });
});

const labelled = (alternatives: Readonly<Record<string, number>>) => ({
  choices: [
    {
      message: { content: "(A)" },
      logprobs: {
        content: [
          {
            token: Object.keys(alternatives)[0],
            logprob: Math.log(Object.values(alternatives)[0]!),
            top_logprobs: Object.entries(alternatives).map(([token, p]) => ({ token, logprob: Math.log(p) })),
          },
        ],
      },
    },
  ],
});

test("labels are read from log-probabilities, after the reasons that were given", async () => {
  const { model, server } = await startScriptedEndpoint({
    answer: () => labelled({ "(A": 0.7, B: 0.2, Both: 0.1 }),
  });
  const [direct, reasoned] = await model.score([
    { conversation: ask("which?"), prefix: "The answer is:", continuations: [" (A)", " (B)"] },
    { conversation: ask("which?"), prefix: "Step one.\nThe answer is:", continuations: [" (A)", " (B)"] },
  ]);
  for (const score of [direct, reasoned])
    expect(score!.map((logProb) => Math.exp(logProb))).toEqual([
      expect.closeTo(0.7, 9),
      expect.closeTo(0.2, 9),
    ]);
  const instruction = "The answer is: (Reply with (A) or (B) and nothing else.)";
  const asked = server.requests.map(({ body }) => body.messages);
  expect(asked).toContainEqual([{ role: "user", content: `which?\n\n${instruction}` }]);
  expect(asked).toContainEqual([
    { role: "user", content: "which?" },
    { role: "assistant", content: "Step one." },
    { role: "user", content: instruction },
  ]);
  expect(server.requests[0]!.body).toMatchObject({ logprobs: true, top_logprobs: 20, temperature: 0 });
});

test("or from votes, where the server gives none", async () => {
  const said = ["(A)", "B.", "A", "I cannot say", "The answer is: (A)"];
  let n = 0;
  const { model, server } = await startScriptedEndpoint(
    { answer: () => said[n++ % said.length]! },
    { labels: { kind: "votes", votes: 5 } },
  );
  const request = { prefix: "Step one.\nThe answer is:", continuations: [" (A)", " (B)"] };
  const [score] = await model.score([{ ...request, conversation: ask("which?") }]);
  expect(score!.map((logProb) => Math.exp(logProb))).toEqual([
    expect.closeTo(0.6, 9),
    expect.closeTo(0.2, 9),
  ]);
  // No two votes are drawn alike, nor those on two questions.
  await model.score([{ ...request, conversation: ask("and now?") }]);
  expect(new Set(server.requests.map(({ body }) => body["seed"])).size).toBe(10);
});

test("an answer with neither label is no even chance, but none at all", async () => {
  const request = { conversation: ask("which?"), continuations: [" (A)", " (B)"] };
  const refusing = await startScriptedEndpoint({ answer: () => labelled({ I: 0.9, "(A": 0.05, B: 0.05 }) });
  expect(await refusing.model.score([request])).toEqual([null]);
  const voting = await startScriptedEndpoint(
    { answer: () => "I cannot say." },
    { labels: { kind: "votes", votes: 3 } },
  );
  expect(await voting.model.score([request])).toEqual([null]);
});

test("a server without log-probabilities is told, with the way out", async () => {
  const { model } = await startScriptedEndpoint({ answer: () => "(A)" });
  const error = await failure(
    model.score([{ conversation: ask("which?"), continuations: [" (A)", " (B)"] }]),
  );
  expect(error).toMatchObject({ code: "endpoint-log-probabilities", hint: expect.stringContaining("votes") });
});

test("a server that names the limit of tokens anew is asked in its way from then on", async () => {
  const fault = (_n: number, { body }: ServedRequest): Fault | undefined =>
    "max_tokens" in body
      ? { kind: "status", status: 400, message: "Use 'max_completion_tokens' instead of 'max_tokens'." }
      : undefined;
  const { model, server } = await startScriptedEndpoint({ ...repeating, fault }, { concurrency: 1 });
  const samples = await model.sample(questions(3), sampling);
  expect(samples).toHaveLength(3);
  expect(server.requests.map(({ body }) => body["max_completion_tokens"])).toEqual([undefined, 12, 12, 12]);
});

test("a dated or prefixed name is the same model", async () => {
  for (const name of ["judge-1-2026-01-01", "lab/judge-1"]) {
    const { model } = await startScriptedEndpoint({
      answer: () => ({ model: name, choices: [{ message: { content: "yes" }, finish_reason: "length" }] }),
    });
    expect(await model.sample(questions(1), sampling)).toMatchObject([{ text: "yes", finish: "length" }]);
  }
});

test("the id names the endpoint and how it is asked, and knows neither key nor pace", async () => {
  const { model, server } = await startScriptedEndpoint(repeating);
  const { endpoint } = server;
  const other = (changed: Partial<EndpointOptions>) =>
    startScriptedEndpoint(repeating, { endpoint, ...changed });
  expect((await other({ apiKey: null, concurrency: 1 })).model.id).toBe(model.id);
  for (const changed of [
    { model: "judge-2" },
    { labels: { kind: "votes", votes: 3 } },
    { prefix: "continue" },
    { protocol: "anthropic" },
  ] as const)
    expect((await other(changed)).model.id).not.toBe(model.id);
});
