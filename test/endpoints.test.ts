// A run whose critic, feedback model and judge are behind an endpoint: from recipe to ledger, through faults and an outage,
// with nothing asked twice and the key kept nowhere.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openLedger } from "../src/ledger/ledger.ts";
import type { Critique, Reading } from "../src/method/records.ts";
import {
  type Fault,
  type ScriptedServer,
  type ServedRequest,
  startScriptedServer,
} from "../src/models/endpoint/scripted-server.ts";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { charter, execute, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

const KEY = "sk-planted-1b7e";
let folder: string;
let server: ScriptedServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "endpoints-"));
  await writeTinyCheckpoint(join(folder, "policy"), "policy", 1024);
  process.env["CHARTER_TEST_KEY"] = KEY;
});
afterEach(() => server.close());
afterAll(() => {
  delete process.env["CHARTER_TEST_KEY"];
  rmSync(folder, { recursive: true });
});

/** A label where one is asked for, with log-probabilities if they are, and a critique elsewhere. */
function answer({ body }: ServedRequest): string | object {
  if (body["logprobs"] !== true && body.messages.at(-1)!.content.endsWith("and nothing else.)")) return "(A)";
  if (body["logprobs"] !== true) return `On ${body.messages.length} turns: it could be kinder.`;
  const [a, b] = [Math.log(0.8), Math.log(0.15)];
  const top_logprobs = [
    { token: "(A)", logprob: a },
    { token: "(B)", logprob: b },
  ];
  return {
    model: body.model,
    choices: [
      { message: { content: "(A)" }, logprobs: { content: [{ token: "(A)", logprob: a, top_logprobs }] } },
    ],
  };
}

/** Settings that put the critic, the feedback model and the judge behind the server. */
function behindServer(rest = ""): readonly string[] {
  const model = `{ endpoint: "${server.endpoint}", model: judge, apiKey: $CHARTER_TEST_KEY, concurrency: 3, retries: 1${rest} }`;
  return [`supervised.critiqueModel=${model}`, `feedback.model=${model}`];
}

const run = (name: string, ...settings: readonly string[]) =>
  charter(
    ...["run", "town-small", "--name", name, "--runs", folder, "--json"],
    ...sets(`policy=${join(folder, "policy")}`, ...TINY_RUN, ...behindServer(), ...settings),
  );

const shownQuestion = ({ body }: ServedRequest) => JSON.stringify([body.messages, body["seed"] ?? null]);
const filesUnder = (directory: string) =>
  readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile());

it.each([
  { protocol: "openai", rest: "", probability: 0.8, sent: { authorization: `Bearer ${KEY}` } },
  {
    protocol: "anthropic",
    rest: ", protocol: anthropic, labels: { votes: 2 }",
    probability: 1,
    sent: { "x-api-key": KEY },
  },
])("critiques, labels and judges through an endpoint ($protocol), and says so in the ledger", async (how) => {
  server = await startScriptedServer({ answer, latencyMs: 10 });
  const { code, stdout, stderr } = await run(how.protocol, ...behindServer(how.rest));
  expect(code, stderr).toBe(0);
  const ledger = openLedger(join(folder, how.protocol), { readOnly: true });
  const endpoints = [...ledger.entries("endpoint")];
  expect(endpoints.map(({ body }) => body)).toEqual(
    ["critic", "feedback-model", "judge"].map((stage) =>
      expect.objectContaining({ stage, endpoint: server.endpoint, protocol: how.protocol, model: "judge" }),
    ),
  );
  const critiques = [...ledger.entries("critique")];
  expect(critiques.length).toBeGreaterThan(0);
  for (const { body, parents } of critiques) {
    // The recipe ends texts at a "t", and this server leaves that to us.
    expect((body as unknown as Critique).text).toBe("On 3");
    expect(parents.find(({ role }) => role === "model")?.id).toBe(endpoints[0]!.id);
  }
  for (const { body } of ledger.entries("reading"))
    for (const reading of (body as unknown as { readonly readings: readonly Reading[] }).readings)
      expect(Math.exp(reading.logProbA)).toBeCloseTo(how.probability, 9);
  expect(server.mostAtOnce()).toBe(3);
  for (const { headers } of server.requests) expect(headers).toMatchObject(how.sent);
  expect(stdout + stderr).not.toContain(KEY);
  for (const path of filesUnder(join(folder, how.protocol)))
    expect(readFileSync(path).includes(KEY), path).toBe(false);
});

it("goes on after an outage where it stopped: what was answered is kept and not asked again", async () => {
  let isDown = false;
  let asked = 0;
  const fault = (n: number, { body }: ServedRequest): Fault | undefined => {
    if (isDown) return { kind: "status", status: 500, headers: { "retry-after-ms": "1" } };
    // Every ninth request is lost once; the run does not notice.
    if (n % 9 === 4) return { kind: "reset-mid-body" };
    if (body["logprobs"] === true && ++asked > 12) isDown = true;
    return undefined;
  };
  server = await startScriptedServer({ answer, fault });
  const broken = await run("outage");
  expect(broken.code).toBe(2);
  expect(broken.stderr).toContain("got 500 told to answer 500, 2 times");
  expect(broken.stderr).toContain("the same command goes on");
  const before = server.requests.length;
  isDown = false;
  asked = Number.NEGATIVE_INFINITY;
  const { code, stderr } = await run("outage");
  expect(code, stderr).toBe(0);
  const ledger = openLedger(join(folder, "outage"), { readOnly: true });
  const critiques = new Set(
    server.requests
      .slice(0, before)
      .filter(({ body }) => body["logprobs"] !== true)
      .map(shownQuestion),
  );
  expect(critiques.size).toBeGreaterThan(0);
  for (const request of server.requests.slice(before + 1))
    expect(critiques.has(shownQuestion(request))).toBe(false);
  const readings = [...ledger.entries("reading")];
  expect(readings.length).toBeGreaterThan(0);
  isDown = true; // what is complete asks nobody
  const again = await run("outage");
  expect(again.code, again.stderr).toBe(0);
});

it("waits for a batch across sittings: Ctrl-C leaves it with the provider, the same command takes it up", async () => {
  // Over at the second look, which only the second sitting comes to.
  server = await startScriptedServer({ answer, batches: { looks: 1 } });
  const critic = `supervised.critiqueModel={ endpoint: "${server.endpoint}", model: judge, batch: true }`;
  const settings = sets(`policy=${join(folder, "policy")}`, ...TINY_RUN, critic, "supervised.rounds=1");
  const command = [
    ...[join(ROOT, "bin/charter.js"), "run", "town-small", "--name", "batches", "--runs", folder, "--json"],
    ...[...settings, ...sets(`feedback.model=${join(folder, "policy")}`)],
  ];
  const stopped = await execute(process.execPath, command, (stdout, child) => {
    if (stdout.includes('"batch-wait"') && !child.killed) child.kill("SIGINT");
  });
  expect(stopped.code).not.toBe(0);
  expect(stopped.stdout).toContain(
    "batch batch_0 goes on at the provider; the same command takes it up again",
  );
  const { code, stderr } = await execute(process.execPath, command);
  expect(code, stderr).toBe(0);
  expect(server.batches.map(({ requests }) => requests.length)).toEqual([6]);
  const ledger = openLedger(join(folder, "batches"), { readOnly: true });
  expect([...ledger.entries("critique")]).toHaveLength(6);
  expect([...ledger.entries("batch")]).toMatchObject([{ body: { batch: "batch_0" } }]);
});

it("answers through an endpoint, where another checkpoint is trained", async () => {
  server = await startScriptedServer({ answer });
  const policy = `policy={ endpoint: "${server.endpoint}", model: large }`;
  const local = ["supervised.critiqueModel", "supervised.revisionModel", "feedback.model"].map(
    (key) => `${key}=${join(folder, "policy")}`,
  );
  const refused = await run("answers", policy, ...local);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    expect.stringContaining("base: expected a checkpoint to train"),
  ]);
  const { code, stderr } = await run("answers", policy, `base=${join(folder, "policy")}`, ...local);
  expect(code, stderr).toBe(0);
  const ledger = openLedger(join(folder, "answers"), { readOnly: true });
  const [endpoint] = [...ledger.entries("endpoint")];
  const said = [...ledger.entries("response")].filter(({ parents }) =>
    parents.some(({ id, role }) => role === "model" && id === endpoint!.id),
  );
  // To 6 red-team and 6 ordinary prompts, and in the evaluation to 4 of either.
  expect(said).toHaveLength(6 + 6 + 8);
  for (const { body } of said)
    expect((body as { text: string }).text).toMatch(/^On [13]($| turns: it could)/);
});

it("leaves out answers that are longer than what the trained checkpoint reads", async () => {
  let asked = 0;
  server = await startScriptedServer({
    answer: () => (asked++ % 3 === 0 ? "Oil is oil, so mix oil. ".repeat(500) : "Oil is oil."), // with no letter that ends a text
  });
  const policy = `policy={ endpoint: "${server.endpoint}", model: large }`;
  const local = ["base", "supervised.critiqueModel", "supervised.revisionModel", "feedback.model"].map(
    (key) => `${key}=${join(folder, "policy")}`,
  );
  const { code, stdout, stderr } = await run("long", policy, ...local, "upTo=supervised");
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/[1-9] of \d+ answers and revisions to learn from left out: longer than what/);
});

it("chats beside a checkpoint", async () => {
  server = await startScriptedServer({ answer: () => "Boil water." });
  const endpoint = `{ endpoint: "${server.endpoint}", model: large }`;
  const asked = ["--ask", "how to brew tea", "--max-tokens", "8"];
  const { code, stdout, stderr } = await charter("chat", join(folder, "policy"), endpoint, ...asked);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^policy {2}.*/);
  expect(stdout).toContain(`large at ${server.endpoint}  Boil water.\n`);
});

it("stops before a budget is exceeded, and goes on with a higher one", async () => {
  const usage = { prompt_tokens: 100, completion_tokens: 10 };
  server = await startScriptedServer({
    answer: (request) => {
      const said = answer(request);
      return typeof said === "object"
        ? { ...said, usage }
        : { model: "judge", choices: [{ message: { content: said }, finish_reason: "stop" }], usage };
    },
  });
  // A request costs 100 + 10 x 10 = 200 millionths, and may cost more than twice that.
  const priced = (part: string) =>
    `${part}={ endpoint: "${server.endpoint}", model: judge, concurrency: 3, price: { input: 1, output: 10 } }`;
  const both = [priced("supervised.critiqueModel"), priced("feedback.model")];
  const stopped = await run("budget", ...both, "budget=0.003");
  expect([stopped.code, stopped.stderr]).toEqual([
    2,
    expect.stringMatching(/budget: 0\.00\d+ of 0.003 is spent/),
  ]);
  const spent = () =>
    [...openLedger(join(folder, "budget"), { readOnly: true }).entries("usage")].map(
      ({ body }) => (body as unknown as { readonly cost: number }).cost,
    );
  const sum = (costs: readonly number[]) => costs.reduce((total, cost) => total + cost, 0);
  const before = spent();
  expect(before.length).toBeGreaterThan(2);
  expect(sum(before)).toBeLessThanOrEqual(0.003);
  const { code, stdout, stderr } = await run("budget", ...both, "budget=1");
  expect(code, stderr).toBe(0);
  expect(spent().slice(0, before.length)).toEqual(before);
  expect(stdout).toContain(`${sum(spent()).toFixed(4)} of a budget of 1`);
});

it("refuses before the run what would stop it: no key, no server, no such key in the recipe", async () => {
  server = await startScriptedServer({ answer });
  const model = (rest: string) => `feedback.model={ endpoint: "${server.endpoint}", model: judge, ${rest} }`;
  const noKey = await run("no-key", model("apiKey: $CHARTER_NO_SUCH_KEY"));
  expect([noKey.code, noKey.stderr]).toEqual([2, expect.stringContaining("CHARTER_NO_SUCH_KEY, got none")]);
  const typo = await run("typo", model("concurency: 3"));
  expect([typo.code, typo.stderr]).toEqual([
    2,
    expect.stringContaining('Did you mean "feedback.model.concurrency"'),
  ]);
  const inClear = await run("in-clear", model(`apiKey: ${KEY}`));
  expect([inClear.code, inClear.stderr]).toEqual([2, expect.stringContaining("environment variable")]);
  expect(inClear.stderr).not.toContain(KEY);
  await server.close();
  const nowhere = await run("nowhere");
  expect([nowhere.code, nowhere.stderr]).toEqual([
    2,
    expect.stringContaining("got no connection, 2 times (ECONNREFUSED)"),
  ]);
});
