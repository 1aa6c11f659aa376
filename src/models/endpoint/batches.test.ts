// Asking through a provider's batches, under either protocol: handed in once, waited for across sittings, and asked again where
// that may help.
import { describe, expect, test } from "vitest";
import type { UserError } from "../../user-error.ts";
import type { Sampling } from "../model.ts";
import { type BatchNotes, checkBatches } from "./batches.ts";
import { createEndpointModel, type Payer, type Usage } from "./endpoint-model.ts";
import type { LineFault } from "./scripted-batches.ts";
import {
  FAST,
  PLANTED_KEY as KEY,
  notesInMemory,
  scriptedOptions,
  startScriptedEndpoint,
} from "./scripted-endpoint.ts";
import type { ServedRequest, ServerScript } from "./scripted-server.ts";

const sampling: Sampling = { temperature: 0.5, topP: 0.9, maxTokens: 12, stop: [] };
const questions = (n: number) =>
  Array.from({ length: n }, (_, i) => ({
    conversation: [{ role: "user", content: `question ${i}` }] as const,
    seed: `s${i}`,
  }));
const answers = (n: number) => questions(n).map((_, i) => `You said: question ${i}`);
const answer = ({ body }: ServedRequest) => `You said: ${body.messages.at(-1)!.content}`;
const failure = (run: Promise<unknown>) =>
  run.then(
    () => expect.unreachable("expected a refusal"),
    (error: UserError) => error,
  );
const EXPIRED: LineFault = { expired: `It has expired, ${KEY}` };
/** Until something holds. */
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1));
};

describe.each(["openai", "anthropic"] as const)("%s", (protocol) => {
  const start = (
    script: Omit<ServerScript, "answer">,
    given: { readonly notes?: BatchNotes; readonly most?: number; readonly payer?: Payer } = {},
  ) => {
    const { notes = notesInMemory(), most = 100, payer } = given;
    return startScriptedEndpoint({ answer, ...script }, { protocol }, payer, { most, notes });
  };
  const texts = async (model: Awaited<ReturnType<typeof start>>["model"], n: number, signal?: AbortSignal) =>
    (await model.sample(questions(n), sampling, signal)).map(({ text }) => text);

  test("what is asked together is one batch, looked at until it is over, and answered in order", async () => {
    const notes = notesInMemory();
    const { model, server } = await start({ batches: { looks: 2 } }, { notes });
    expect(model.capabilities.inFlight).toBe(100);
    expect(await texts(model, 20)).toEqual(answers(20));
    expect(server.requests).toHaveLength(0);
    expect(server.batches.map(({ requests }) => requests.length)).toEqual([20]);
    const [{ id, body }] = server.batches[0]!.requests as [{ id: string; body: object }];
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(body).toMatchObject({ model: "judge-1", max_tokens: 12, temperature: 0.5 });
    expect(notes.told).toEqual(["batch_0: 0 of 20, 5000 ms", "batch_0: 0 of 20, 10000 ms"]);
  });

  test("no more in a batch than may be out at once", async () => {
    const { model, server } = await start({ batches: {} }, { most: 8 });
    expect(await texts(model, 20)).toEqual(answers(20));
    expect(server.batches.map(({ requests }) => requests.length)).toEqual([8, 8, 4]);
  });

  test("interrupted while it waits, it stops at once; asked again with the same notes, it hands in nothing", async () => {
    const notes = notesInMemory();
    const { model, server } = await start({ batches: { looks: 3 } }, { notes });
    const abort = new AbortController();
    const running = texts(model, 5, abort.signal);
    await until(() => notes.told.length > 0);
    const reason = new Error("enough");
    abort.abort(reason);
    await expect(running).rejects.toBe(reason);
    await until(() => notes.told.includes("batch_0 left"));
    const again = createEndpointModel(scriptedOptions(server, { protocol }), FAST, undefined, {
      most: 100,
      notes,
    });
    // One more than before: that alone is new.
    expect(await texts(again, 6)).toEqual(answers(6));
    expect(server.batches.map(({ requests }) => requests.length)).toEqual([5, 1]);
  });

  test("interrupted before it is handed in, nothing is; interrupted while it is, it is noted first", async () => {
    const notes = notesInMemory();
    const { model, server } = await start({ batches: { latencyMs: 50 } }, { notes });
    const abort = new AbortController();
    const early = texts(model, 2, abort.signal);
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort();
    await expect(early).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.batches).toHaveLength(0);
    const late = new AbortController();
    const running = texts(model, 2, late.signal);
    await until(() => server.batches.length === 1);
    late.abort();
    await expect(running).rejects.toThrow();
    expect(notes.find(server.batches[0]!.requests[0]!.id)).toBe("batch_0");
  });

  test.each<readonly [string, LineFault]>([
    ["expired", EXPIRED],
    ["half of it", { broken: true }],
    ["too much", { status: 429, type: "rate_limit_error", message: "slow down" }],
    ["failing", { status: 500, type: "api_error", message: "oh" }],
  ])(
    "a line that says %s is asked again in another batch, and those that were answered are not",
    async (_, fault) => {
      const isOdd = (body: ServedRequest["body"]) => body.messages[0]!.content.endsWith("3");
      const told: Usage[] = [];
      const { model, server } = await start(
        { batches: { line: (n, body) => (n === 0 && isOdd(body) ? fault : undefined) } },
        { payer: { reserve: async () => (used) => void told.push(used) } },
      );
      expect(await texts(model, 5)).toEqual(answers(5));
      expect(server.batches.map(({ requests }) => requests.length)).toEqual([5, 1]);
      expect(server.batches[1]!.requests[0]!.body.messages[0]!.content).toBe("question 3");
      expect(told).toHaveLength(5);
    },
  );

  test("what was used is told once a request, as its line counts it", async () => {
    const told: Usage[] = [];
    const usage = { prompt_tokens: 70, completion_tokens: 7, input_tokens: 70, output_tokens: 7 };
    const { model } = await startScriptedEndpoint(
      {
        answer: () => ({ choices: [{ message: { content: "yes" } }], content: [], usage }),
        batches: { looks: 1 },
      },
      { protocol },
      { reserve: async () => (used) => void told.push(used) },
      { most: 100, notes: notesInMemory() },
    );
    await model.sample(questions(3), sampling);
    expect(told).toEqual(Array.from({ length: 3 }, () => ({ requests: 1, read: 70, sampled: 7 })));
  });

  test("what never passes is told after the retries, what lasts at once, and never with the key", async () => {
    const lines: readonly (readonly [LineFault, code: string, said: RegExp, batches: number])[] = [
      [EXPIRED, "endpoint-batch", /got none: [^,]*expired(, \[the key\])?, 3 times/, 3],
      [
        { status: 429, type: "rate_limit_error", message: "slow" },
        "endpoint-too-much",
        /429 slow, 3 times/,
        3,
      ],
      [
        { status: 400, type: "invalid_request_error", message: `no ${KEY}` },
        "endpoint-refused",
        /400 no \[the key\]/,
        1,
      ],
      [{ status: 401, type: "authentication_error", message: "no" }, "endpoint-key", /401 no/, 1],
    ];
    for (const [fault, code, said, batches] of lines) {
      const { model, server } = await start({ batches: { line: () => fault } });
      const error = await failure(texts(model, 2));
      expect(error).toMatchObject({ name: "UserError", code, message: expect.stringMatching(said) });
      expect(error.hint).not.toBe("");
      expect(server.batches).toHaveLength(batches);
    }
  });

  test("a refusal from an earlier sitting is asked again: what it lacked may be there now", async () => {
    const notes = notesInMemory();
    const fault: LineFault = { status: 401, type: "authentication_error", message: "no" };
    const { model, server } = await start(
      { batches: { line: (n) => (n === 0 ? fault : undefined) } },
      { notes },
    );
    expect(await failure(texts(model, 2))).toMatchObject({ code: "endpoint-key" });
    const again = createEndpointModel(scriptedOptions(server, { protocol }), FAST, undefined, {
      most: 9,
      notes,
    });
    expect(await texts(again, 2)).toEqual(answers(2));
    expect(server.batches).toHaveLength(2);
  });

  test("what was in a batch that the provider has no more is asked anew", async () => {
    const notes = notesInMemory();
    const { model, server } = await start({ batches: {} }, { notes });
    await texts(model, 2);
    const lost = { ...notes, find: (request: string) => notes.find(request) && "batch_gone" };
    const again = createEndpointModel(scriptedOptions(server, { protocol }), FAST, undefined, {
      most: 9,
      notes: lost,
    });
    expect(await texts(again, 2)).toEqual(answers(2));
    expect(server.batches).toHaveLength(protocol === "openai" ? 1 : 2); // the one, found by its mark
  });

  test("replies that are no answer go into another batch", async () => {
    let n = 0;
    const { model, server } = await startScriptedEndpoint(
      { answer: (request) => (n++ < 3 ? {} : answer(request)), batches: {} },
      { protocol },
      undefined,
      { most: 100, notes: notesInMemory() },
    );
    expect(await texts(model, 3)).toEqual(answers(3));
    expect(server.batches).toHaveLength(2);
  });

  test("questions that are alike to the letter are asked once", async () => {
    const { model, server } = await start({ batches: {} });
    const [one] = questions(1);
    await model.sample([one!, one!], sampling);
    expect(server.batches.map(({ requests }) => requests.length)).toEqual([1]);
  });

  test("handing in is tried again where the server fails", async () => {
    let failed = 0;
    const refuses = (call: string) =>
      /^POST .*batches/.test(call) && failed++ < 2 ? { status: 503, message: "busy" } : undefined;
    const { model, server } = await start({ batches: { refuses } });
    expect(await texts(model, 2)).toEqual(answers(2));
    expect(server.batches).toHaveLength(1);
  });

  test("a server without batches is told, beforehand and when asked", async () => {
    const { model, server } = await start({});
    const error = await failure(texts(model, 2));
    expect(error).toMatchObject({ code: "endpoint-no-batches", hint: expect.stringContaining("`batch`") });
    const options = scriptedOptions(server, { protocol });
    await expect(checkBatches(options)).rejects.toMatchObject({ code: "endpoint-no-batches" });
    const other = await start({ batches: {} });
    await checkBatches(scriptedOptions(other.server, { protocol }));
    expect(other.server.batches).toHaveLength(0);
  });
});

const openai = async (script: ServerScript, notes = notesInMemory()) =>
  startScriptedEndpoint({ answer, ...script }, {}, undefined, { most: 100, notes });

test("a batch that was handed in and not noted is found by its mark, where the provider keeps marks", async () => {
  const { model, server } = await openai({ batches: { looks: 1 } });
  await model.sample(questions(3), sampling);
  const forgetful = createEndpointModel(scriptedOptions(server), FAST, undefined, {
    most: 100,
    notes: notesInMemory(),
  });
  const found = await forgetful.sample(questions(3), sampling);
  expect(found.map(({ text }) => text)).toEqual(answers(3));
  expect(server.batches).toHaveLength(1);
});

test("a batch that fails its validation is told once, without the key; one beyond the limit waits", async () => {
  const message = `Line 1 is not right, ${KEY}`;
  const wrong = await openai({ batches: { fails: () => ({ code: "invalid_json_line", message }) } });
  expect(await failure(wrong.model.sample(questions(3), sampling))).toMatchObject({
    code: "endpoint-refused",
    message: expect.stringMatching(/got 400 Line 1 is not right, \[the key\]$/),
  });
  expect(wrong.server.batches).toHaveLength(1);
  const limit = { code: "token_limit_exceeded", message: "Enqueued token limit reached" };
  const crowded = await openai({ batches: { fails: (n) => (n === 0 ? limit : undefined) } });
  expect(await crowded.model.sample(questions(3), sampling)).toHaveLength(3);
  expect(crowded.server.batches).toHaveLength(2);
});

test("labels are read from the log-probabilities in a batch's lines", async () => {
  const token = { token: "(A", logprob: Math.log(0.7) };
  const top_logprobs = [token, { token: "B", logprob: Math.log(0.2) }];
  const content = [{ ...token, top_logprobs }];
  const { model } = await openai({
    answer: () => ({ choices: [{ message: { content: "(A)" }, logprobs: { content } }] }),
    batches: {},
  });
  const { conversation } = questions(1)[0]!;
  const [score] = await model.score([{ conversation, continuations: [" (A)", " (B)"] }]);
  expect(score!.map(Math.exp)).toEqual([expect.closeTo(0.7, 9), expect.closeTo(0.2, 9)]);
});

test("what a direct question has learnt of the limit's name is known to batches: a refusal would take a day", async () => {
  const { model: direct, server } = await startScriptedEndpoint({
    answer,
    batches: {},
    fault: (_n, { body }) =>
      "max_tokens" in body
        ? { kind: "status", status: 400, message: "Use 'max_completion_tokens' instead." }
        : undefined,
  });
  await direct.sample(questions(1), sampling);
  const batched = createEndpointModel(scriptedOptions(server), FAST, undefined, {
    most: 100,
    notes: notesInMemory(),
  });
  await batched.sample(questions(1), sampling);
  expect(server.batches[0]!.requests[0]!.body).toMatchObject({ max_completion_tokens: 12 });
});
