// The endpoint adapter against servers that others wrote, on one small checkpoint: their answers beside those of our own engine,
// many at once, stop sequences and limits, labels, refusals, and a whole run whose critic, reviser and feedback model are behind
// one. A line for each; exit code 1 when one is not as it should be.
//   node scripts/real-server.ts --python <venv>/bin/python [--llama-server <program>] [--checkpoint models/town] [--prompts 64]
// Python needs: pip install torch==2.13.0 "transformers[serving]", and gguf safetensors for the server of llama.cpp.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { openLedger } from "../src/ledger/ledger.ts";
import { feedbackQuestion, OPTION_LABELS } from "../src/method/feedback/judge.ts";
import { askedForLabel } from "../src/models/endpoint/beginning.ts";
import { PROTOCOLS, type ProtocolName } from "../src/models/endpoint/protocols.ts";
import { openHost } from "../src/models/local.ts";
import type { Conversation, LanguageModel, Sample, Sampling, Score } from "../src/models/model.ts";
import { openAccount } from "../src/pipeline/account.ts";
import { connect } from "../src/pipeline/named-model.ts";
import { readPrompts } from "../src/pipeline/read-dataset.ts";
import { endpointSchema } from "../src/pipeline/recipe-endpoint.ts";
import { UserError } from "../src/user-error.ts";
import { charter, ROOT, sets, TINY_RUN } from "../test/tiny-run.ts";

const { values } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    "llama-server": { type: "string", default: "" },
    checkpoint: { type: "string", default: "models/town" },
    prompts: { type: "string", default: "64" },
  },
});
const { python, checkpoint } = values;
const GREEDY: Sampling = { temperature: 0, topP: 1, maxTokens: 64, stop: [] };
const AT_ONCE = 16;
const VOTES = 40;
/** A probability through another's arithmetic. */
const TOLERANCE = 1e-3;
const folder = mkdtempSync(join(tmpdir(), "charter-server-"));

/** A server that others wrote, and what it can do. */
interface Kind {
  readonly version: string;
  readonly command: (port: string) => readonly [program: string, ...args: string[]];
  readonly protocols: readonly ProtocolName[];
  /** Whether it does, where the protocol has them. */
  readonly givesLogProbs: boolean;
}

const TRANSFORMERS: Kind = {
  version: execFileSync(
    python,
    [
      "-c",
      "import torch, transformers as t; print(f'transformers {t.__version__}, torch {torch.__version__}')",
    ],
    { encoding: "utf8" },
  ),
  command: (port) => [
    join(dirname(python), "transformers"),
    ...["serve", checkpoint, "--port", port, "--device", "cpu", "--dtype", "float32"],
  ],
  protocols: ["openai"],
  givesLogProbs: false,
};

function llamaCpp(program: string): Kind {
  const file = join(folder, "model.gguf");
  execFileSync(python, [join(ROOT, "scripts/to-gguf.py"), checkpoint, file], { cwd: ROOT });
  return {
    version: spawnSync(program, ["--version"], { encoding: "utf8" }).stderr.replace("version:", "llama.cpp,"),
    command: (port) => [
      program,
      ...["-m", file, "--alias", checkpoint, "--port", port, "-t", "1"],
      // Keys and values in full, as our engine keeps them.
      ...["-fa", "off", "-ctk", "f32", "-ctv", "f32"],
    ],
    protocols: ["openai", "anthropic"],
    givesLogProbs: true,
  };
}

/** A model behind the server, as a recipe names it. */
type Named = (rest?: object) => Promise<LanguageModel>;

/** Starts a server and waits until it answers. */
async function start(kind: Kind): Promise<{ readonly endpoint: string; readonly process: ChildProcess }> {
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const { port } = free.address() as { readonly port: number };
  free.close();
  const [program, ...args] = kind.command(`${port}`);
  const child = spawn(program, args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.on("error", ({ message }) => {
    said += message;
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
    });
  const endpoint = `http://localhost:${port}/v1`;
  for (let second = 0; second < 180 && child.exitCode === null && child.pid !== undefined; second++) {
    const isThere = await fetch(`${endpoint}/models`)
      .then(({ ok }) => ok)
      .catch(() => false);
    if (isThere) return { endpoint, process: child };
    await setTimeout(1000);
  }
  child.kill();
  throw new Error(`${program}: expected a server at ${endpoint}, got:\n${said}`);
}

let isAllRight = true;
function tell(what: string, isRight: boolean, got: string): void {
  isAllRight &&= isRight;
  console.log(`| ${what} | ${isRight ? "yes" : "**no**"} | ${got.replaceAll("\n", " ")} |`);
}

/** How many texts are alike, and the first that are not. The adapter drops spaces before a text; our engine keeps them. */
function tellAlike(what: string, ours: readonly Sample[], theirs: readonly Sample[]): void {
  const pairs = ours.map(({ text }, i) => [text.trimStart(), theirs[i]!.text] as const);
  const first = pairs.find(([own, their]) => own !== their);
  const alike = pairs.filter(([own, their]) => own === their).length;
  const shown =
    first === undefined ? "" : `; ours ${JSON.stringify(first[0])}, theirs ${JSON.stringify(first[1])}`;
  tell(what, first === undefined, `${alike} of ${pairs.length} alike${shown}`);
}

async function tellRefusal(what: string, expected: string, asked: Promise<unknown>): Promise<void> {
  const error = await asked.then(() => null).catch((thrown: unknown) => thrown);
  if (error !== null && !(error instanceof UserError)) throw error;
  const got = error === null ? "an answer" : `${error.message} (${error.hint})`;
  tell(what, got.includes(expected), got);
}

const [harmful, benign] = await Promise.all(
  ["red-team", "helpful"].map((set) => readPrompts(join(ROOT, `data/town/evaluation-${set}.dev.jsonl`))),
);
const questions = [harmful!, benign!]
  .flatMap(({ rows }) => rows.slice(0, Number(values.prompts) / 2))
  .map(({ conversation }, i) => ({ conversation, seed: `${i}` }));
const few = [...questions.slice(0, 4), ...questions.slice(-4)];
const host = await openHost({ threads: 1 });
const own = await host.open(join(ROOT, checkpoint));
const account = openAccount(null, 0);
try {
  const kinds = [TRANSFORMERS, ...(values["llama-server"] === "" ? [] : [llamaCpp(values["llama-server"])])];
  for (const kind of kinds) await tryOut(kind);
} finally {
  await host.close();
  rmSync(folder, { recursive: true });
}
process.exitCode = isAllRight ? 0 : 1;

async function tryOut(kind: Kind): Promise<void> {
  const server = await start(kind);
  try {
    for (const protocol of kind.protocols) {
      console.log(`\n${kind.version.split("\n")[0]}; ${checkpoint}; protocol: ${protocol}\n`);
      console.log("| | as it should be | got |\n|---|---|---|");
      const source = { endpoint: server.endpoint, protocol, model: checkpoint };
      const named: Named = (rest = {}) =>
        connect(endpointSchema.parse({ ...source, retries: 0, concurrency: AT_ONCE, ...rest }), {
          now: () => performance.now(),
          account,
        });
      const hasLogProbs = kind.givesLogProbs && PROTOCOLS[protocol].hasLogProbs;
      await compareAnswers(await named(), await named({ concurrency: 1 }));
      await compareLabels(named, hasLogProbs);
      const wrong = await named({ model: "no-such-model" });
      await tellRefusal("a wrong model's name", "no-such-model", wrong.sample(few, GREEDY));
      await runWhole({ ...source, ...(!hasLogProbs && { labels: { votes: 3 } }) });
    }
  } finally {
    server.process.kill();
  }
}

async function compareAnswers(remote: LanguageModel, oneByOne: LanguageModel): Promise<void> {
  const ours = await own.sample(questions, GREEDY);
  const { result: theirs, used } = await account.metered(() => remote.sample(questions, GREEDY));
  tellAlike(`greedy answers, ${AT_ONCE} at once`, ours, theirs);
  const [read, sampled] = (["promptTokens", "tokens"] as const).map((of) =>
    sum(ours.map((sample) => sample[of].length)),
  );
  tell(
    "tokens in the account",
    used?.read === read && used?.sampled === sampled,
    `${used?.read} read, ${used?.sampled} sampled; ours ${read}, ${sampled}`,
  );
  tellAlike("one by one", await own.sample(few, GREEDY), await oneByOne.sample(few, GREEDY));
  for (const changed of [{ stop: [" Then", " would"] }, { maxTokens: 7 }]) {
    const sampling = { ...GREEDY, ...changed };
    const [mine, their] = [await own.sample(few, sampling), await remote.sample(few, sampling)];
    const isCut = ({ finish }: Sample) => finish === "length";
    tellAlike(JSON.stringify(changed), mine, their);
    tell(
      "cut off by the limit",
      their.every((sample, i) => isCut(sample) === isCut(mine[i]!)),
      `${their.filter(isCut).length}`,
    );
  }
}

/** Labels by either way beside the probabilities that our engine computes, of the judge's question about two answers. */
async function compareLabels(named: Named, hasLogProbs: boolean): Promise<void> {
  const requests = few.map(({ conversation }) => ({
    conversation: asUser(
      feedbackQuestion(conversation, "Which response is better?", "Sure!", "I won't help."),
    ),
    prefix: "Let's think step by step: it is hard to say.\nThe answer is:",
    continuations: OPTION_LABELS,
  }));
  // Asked in words, a label is said at once, or after the words that this model likes to repeat.
  const asked = requests.map(({ conversation, prefix }) =>
    askedForLabel(conversation, prefix, ["(A)", "(B)"], "instruct"),
  );
  const spelled = async (before: string) => {
    const continuations = [`${before}(A`, `${before}(B`];
    return probabilities(await own.score(asked.map((conversation) => ({ conversation, continuations }))));
  };
  const [atOnce, repeated] = [await spelled(""), await spelled("The answer is: ")];

  const voted = probabilities(await (await named({ labels: { votes: VOTES } })).score(requests));
  const expected = atOnce.map((score, i) => score.map((p, k) => p + repeated[i]![k]!));
  const error = Math.sqrt(sum(expected.map(([a]) => (a! * (1 - a!)) / VOTES))) / few.length;
  const [share, p] = [voted, expected].map((all) => sum(all.map(([a]) => a!)) / few.length);
  tell(
    `share of (A) among ${VOTES} votes, within 3 standard errors`,
    Math.abs(share! - p!) <= 3 * error,
    `${share!.toFixed(3)}; by our engine ${p!.toFixed(3)}, standard error ${error.toFixed(3)}`,
  );
  if (!hasLogProbs)
    return tellRefusal("log-probabilities, which it lacks", "labels: votes", (await named()).score(requests));
  for (const [prefix, ours] of [
    ["instruct", repeated],
    ["continue", probabilities(await own.score(requests))],
  ] as const) {
    const theirs = probabilities(await (await named({ prefix })).score(requests));
    const worst = Math.max(...ours.flat().map((p, i) => Math.abs(p - theirs.flat()[i]!)));
    tell(
      `probabilities of labels, prefix: ${prefix}`,
      worst <= TOLERANCE,
      `from ${Math.min(...ours.flat()).toFixed(3)} to ${Math.max(...ours.flat()).toFixed(3)}, differ from ours by at most ${worst.toExponential(1)}`,
    );
  }
}

function asUser(content: string): Conversation {
  return [{ role: "user", content }];
}

function probabilities(scores: readonly Score[]): readonly (readonly number[])[] {
  return scores.map((score) => score!.map(Math.exp));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** A tiny run with its critic, reviser, feedback model and judge behind the server; and the same command again. */
async function runWhole(source: object): Promise<void> {
  const runs = mkdtempSync(join(folder, "runs-"));
  const parts = ["supervised.critiqueModel", "supervised.revisionModel", "feedback.model"];
  const command = [
    ...["run", "recipes/town-small.yaml", "--name", "remote", "--runs", runs],
    // The small counts of the tests; how long a text may be is the recipe's.
    ...sets(...TINY_RUN.filter((set) => !/ampling/.test(set))),
    ...sets(...parts.map((part) => `${part}=${JSON.stringify({ ...source, concurrency: 4 })}`)),
  ];
  const begun = performance.now();
  const { code, stderr } = await charter(...command);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  if (code !== 0) return tell("a whole run", false, stderr.slice(-500));
  const count = () => {
    const ledger = openLedger(join(runs, "remote"), { readOnly: true });
    const found = ["critique", "revision", "reading", "usage"].map(
      (kind) => [...ledger.entries(kind)].length,
    );
    ledger.close();
    return found;
  };
  const [critiques, revisions, readings, calls] = count();
  tell(
    "a whole run",
    [critiques, revisions, readings].every((found) => found! > 0),
    `${seconds} s; ${critiques} critiques, ${revisions} revisions, ${readings} comparisons read`,
  );
  const again = await charter(...command);
  const further = count()[3]! - calls!;
  tell("the same command again", again.code === 0 && further === 0, `${further} further calls`);
}
