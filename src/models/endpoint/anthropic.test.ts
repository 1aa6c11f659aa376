// What Anthropic's Messages API is asked, and what is read of its answers. Its faults are in faults.test.ts.
import { expect, test } from "vitest";
import type { SampleRequest, Sampling } from "../model.ts";
import type { EndpointOptions, Usage } from "./endpoint-model.ts";
import { PLANTED_KEY as KEY, startScriptedEndpoint } from "./scripted-endpoint.ts";
import type { ServerScript } from "./scripted-server.ts";

const sampling: Sampling = { temperature: 1, topP: 1, maxTokens: 12, stop: [] };
const question: SampleRequest = { conversation: [{ role: "user", content: "well?" }], seed: "s" };

const start = (script: ServerScript, changed: Partial<EndpointOptions> = {}) =>
  startScriptedEndpoint(script, { protocol: "anthropic", ...changed });

/** The body of the one request that a question leads to. */
async function sentFor(
  request: Partial<SampleRequest>,
  sampled: Partial<Sampling> = {},
  changed: Partial<EndpointOptions> = {},
) {
  const { model, server } = await start({}, changed);
  await model.sample([{ ...question, ...request }], { ...sampling, ...sampled });
  return server.requests[0]!.body;
}

test("a question goes to /messages with the key and the version in headers of their own, and nothing that is not needed", async () => {
  const { model, server } = await start({ answer: () => "It is late." });
  expect(await model.sample([question], sampling)).toMatchObject([{ text: "It is late.", finish: "end" }]);
  const [{ path, headers, body }] = server.requests as [(typeof server.requests)[number]];
  expect(path).toBe("/v1/messages");
  expect(headers).toMatchObject({ "x-api-key": KEY, "anthropic-version": "2023-06-01" });
  expect(headers).not.toHaveProperty("authorization");
  expect(body).toEqual({ model: "judge-1", max_tokens: 12, messages: question.conversation });
});

test("a server that takes no key is sent none", async () => {
  const { model, server } = await start({}, { apiKey: null });
  await model.sample([question], sampling);
  expect(server.requests[0]!.headers).not.toHaveProperty("x-api-key");
});

test("temperature and topP are sent where they are not 1, and stop sequences but those of white space", async () => {
  expect(await sentFor({}, { temperature: 0 })).toMatchObject({ temperature: 0 });
  const body = await sentFor({}, { topP: 0.9, stop: ["\n\n", "Human:"] });
  expect(body).toMatchObject({ top_p: 0.9, stop_sequences: ["Human:"] });
  expect(body).not.toHaveProperty("temperature");
  const { model } = await start({ answer: () => "One.\n\nTwo." });
  const [sample] = await model.sample([question], { ...sampling, stop: ["\n\n"] });
  expect(sample).toMatchObject({ text: "One.", finish: "stop" });
});

test("system turns stand apart, turns of one role are one, empty ones are left out", async () => {
  const turns = [
    ["system", "Be kind."],
    ["user", "Hello."],
    ["user", "Are you there?"],
    ["assistant", ""],
    ["system", "Be brief."],
    ["user", "Well?"],
    ["assistant", "Yes. "],
    ["user", "Good."],
  ] as const;
  const conversation = turns.map(([role, content]) => ({ role, content }));
  expect(await sentFor({ conversation })).toMatchObject({
    system: "Be kind.\n\nBe brief.",
    messages: [
      { role: "user", content: "Hello.\n\nAre you there?\n\nWell?" },
      { role: "assistant", content: "Yes. " },
      { role: "user", content: "Good." },
    ],
  });
});

test("the beginning of an answer is asked for in words, or is the assistant's last turn without white space at its end", async () => {
  const prefix = "Let's think: ";
  const instructed = await sentFor({ prefix });
  expect(instructed.messages.map(({ role }) => role)).toEqual(["user"]);
  const continued = await sentFor({ prefix }, {}, { prefix: "continue" });
  expect(continued).toMatchObject({
    messages: [...question.conversation, { role: "assistant", content: "Let's think:" }],
  });
});

test.each([
  ["end_turn", "end"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["refusal", "end"],
])(
  "an answer that ends by %s is one that ends by %s, and its text is that of its text blocks",
  async (stop_reason, finish) => {
    const content = [
      { type: "thinking", thinking: "Hm." },
      { type: "text", text: "It is" },
      { type: "text", text: " late." },
    ];
    const { model } = await start({ answer: ({ body }) => ({ model: body.model, content, stop_reason }) });
    expect(await model.sample([question], sampling)).toMatchObject([{ text: "It is late.", finish }]);
  },
);

test("its tokens go into the account, those of a cache among them", async () => {
  const usage = {
    input_tokens: 20,
    cache_read_input_tokens: 70,
    cache_creation_input_tokens: 10,
    output_tokens: 7,
  };
  const told: Usage[] = [];
  const { model } = await startScriptedEndpoint(
    { answer: () => ({ content: [], usage }) },
    { protocol: "anthropic" },
    { reserve: async () => (used) => void told.push(used) },
  );
  await model.sample([question], sampling);
  expect(told).toEqual([{ requests: 1, read: 100, sampled: 7 }]);
});

test("labels are counted from votes", async () => {
  let n = 0;
  const { model, server } = await start(
    { answer: () => ["(A)", "The answer is: (B)", "(A)", "Neither."][n++ % 4]! },
    { labels: { kind: "votes", votes: 4 } },
  );
  const request = { ...question, prefix: "The answer is:", continuations: [" (A)", " (B)"] };
  const [score] = await model.score([request]);
  expect(score!.map(Math.exp)).toEqual([expect.closeTo(0.5, 9), expect.closeTo(0.25, 9)]);
  expect(server.requests[0]!.body).not.toHaveProperty("temperature");
});
