// What goes wrong on the way, under either protocol: what passes is asked again, what lasts is told once, and never with the key.
import { describe, expect, test } from "vitest";
import type { UserError } from "../../user-error.ts";
import type { Sampling } from "../model.ts";
import { PLANTED_KEY as KEY, startScriptedEndpoint } from "./scripted-endpoint.ts";
import type { Fault, ServerScript } from "./scripted-server.ts";

const sampling: Sampling = { temperature: 0.5, topP: 0.9, maxTokens: 12, stop: [] };
const questions = (n: number) =>
  Array.from({ length: n }, (_, i) => ({
    conversation: [{ role: "user", content: `question ${i}` }] as const,
    seed: `s${i}`,
  }));
const repeating: ServerScript = {
  answer: ({ body }) => `You said: ${body.messages.at(-1)!.content}`,
};
const failure = (run: Promise<unknown>) =>
  run.then(
    () => expect.unreachable("expected a refusal"),
    (error: UserError) => error,
  );

/** An answer of another model, in both shapes at once. */
const OTHER = JSON.stringify({
  ...{ model: "other", choices: [{ message: { content: "yes" } }] },
  ...{ content: [{ type: "text", text: "yes" }] },
});

const passing: readonly (readonly [name: string, fault: Fault])[] = [
  ["429 with Retry-After", { kind: "status", status: 429, headers: { "retry-after-ms": "5" } }],
  ["529 with Retry-After", { kind: "status", status: 529, headers: { "retry-after": "0.005" } }],
  ["500", { kind: "status", status: 500, headers: { "retry-after-ms": "5" } }],
  ["a connection reset", { kind: "reset" }],
  ["a reset in the middle of the body", { kind: "reset-mid-body" }],
  ["no answer in time", { kind: "hang" }],
  ["JSON that breaks off", { kind: "body", text: '{"choices":[{"message":{"con' }],
  ["no choices", { kind: "body", text: '{"choices":[]}' }],
  ["another shape", { kind: "body", text: '{"answer":"yes"}' }],
];

const lasting: readonly (readonly [code: string, fault: Fault, said: RegExp])[] = [
  ["endpoint-key", { kind: "status", status: 401, message: `wrong key ${KEY}` }, /401 wrong key \[the key\]/],
  ["endpoint-model", { kind: "status", status: 404, message: "no such model" }, /404 no such model/],
  ["endpoint-refused", { kind: "status", status: 400, message: `${".".repeat(290)}${KEY}` }, /400 \.+\[the/],
  ["endpoint-refused", { kind: "status", status: 400, message: "too long" }, /400 too long/],
  ["endpoint-too-much", { kind: "status", status: 429, headers: { "retry-after-ms": "5" } }, /429.*3 times/],
  ["endpoint-too-much", { kind: "status", status: 529, headers: { "retry-after": "0.005" } }, /529.*3 times/],
  ["endpoint-failing", { kind: "status", status: 503, headers: { "retry-after-ms": "5" } }, /503.*3 times/],
  ["endpoint-timeout", { kind: "hang" }, /none within 0.1 s, 3 times/],
  ["endpoint-unreachable", { kind: "reset" }, /no connection, 3 times/],
  [
    "endpoint-answer",
    { kind: "body", text: `{"got":"${KEY}"}` },
    /a (chat completion|message), got .*\[the key\]/,
  ],
  ["endpoint-answer", { kind: "body", text: "<html>" }, /no JSON/],
  ["endpoint-answer", { kind: "reset-mid-body" }, /breaks off/],
  [
    "endpoint-other-model",
    { kind: "body", text: OTHER },
    /expected answers of judge-1, got answers of other/,
  ],
];

describe.each(["openai", "anthropic"] as const)("%s", (protocol) => {
  test.each(passing)("%s passes: asked again, answered once", async (_name, fault) => {
    const { model, server } = await startScriptedEndpoint(
      { ...repeating, fault: (n) => (n === 1 ? fault : undefined) },
      { protocol, timeoutMs: 300 },
    );
    const samples = await model.sample(questions(4), sampling);
    expect(samples.map(({ text }) => text)).toEqual(questions(4).map((__, i) => `You said: question ${i}`));
    expect(server.requests).toHaveLength(5);
  });

  test.each(lasting)(
    "%s is told when it lasts, in one message without the key (%#)",
    async (code, fault, said) => {
      const { model } = await startScriptedEndpoint({ fault: () => fault }, { protocol, timeoutMs: 100 });
      const error = await failure(model.sample(questions(1), sampling));
      expect(error).toMatchObject({ name: "UserError", code });
      expect(error.message).toMatch(said);
      expect(`${error.message} ${error.hint}`).not.toContain(KEY.slice(0, 8));
      expect(error.hint).not.toBe("");
    },
  );

  test.each([
    [{ detail: "no such field" }, "no such field"],
    [{ detail: [{ loc: ["body"], msg: "no such field" }] }, "no such field"],
    [{ error: "no such field" }, "no such field"],
    [{ object: "error", message: "no such field" }, "no such field"],
    ["no such field", "no such field"],
  ])("the words of a refusal are told wherever they are: %j", async (body, said) => {
    const { model } = await startScriptedEndpoint(
      { fault: () => ({ kind: "status", status: 400, body }) },
      { protocol },
    );
    const { message } = await failure(model.sample(questions(1), sampling));
    expect(message).toContain(`got 400 `);
    expect(message).toContain(said);
  });

  test("who is told to stop stops at once, whatever is in flight or waits", async () => {
    const { model, server } = await startScriptedEndpoint(
      { fault: () => ({ kind: "hang" }) },
      { protocol, concurrency: 2, timeoutMs: 60_000 },
    );
    const abort = new AbortController();
    const running = model.sample(questions(6), sampling, abort.signal);
    while (server.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    expect(server.requests).toHaveLength(2);
  });
});
