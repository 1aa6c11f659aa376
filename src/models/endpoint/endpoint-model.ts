// A model behind an endpoint (vLLM, SGLang, llama.cpp, Ollama, hosted ones), behind the port: answers, and log-probabilities of
// labels where the server gives them and votes where it does not. How a question is written is the protocol's; how it is sent is
// the client's (client.ts), or that of batches (batches.ts).
import { createHash } from "node:crypto";
import OpenAI from "openai";
import { textBefore } from "../../lm/stop-sequences.ts";
import { UserError } from "../../user-error.ts";
import type { LanguageModel, Sample, SampleRequest, Sampling, Score, ScoreRequest } from "../model.ts";
import { askInBatches, type Batching } from "./batches.ts";
import { askedForLabel, askedToBegin, leadOf, type Manner } from "./beginning.ts";
import { createClient } from "./client.ts";
import { explainEndpointError, withoutKey } from "./explain.ts";
import { labelAtStart, labelLogProbs } from "./labels.ts";
import { type Answer, PROTOCOLS, type ProtocolName, type Question } from "./protocols.ts";
import { type Allowance, createThrottle, type Pace } from "./throttle.ts";

/** An endpoint and how to speak to it. */
export interface EndpointOptions extends Allowance {
  /** The part before /chat/completions or /messages: "http://localhost:8000/v1". */
  readonly endpoint: string;
  readonly protocol: ProtocolName;
  readonly model: string;
  /** The key itself, from the environment; it is sent and never shown. Null for servers that take none. */
  readonly apiKey: string | null;
  /** How labels are read: from log-probabilities, or by counting this many sampled answers. */
  readonly labels:
    | { readonly kind: "log-probabilities" }
    | { readonly kind: "votes"; readonly votes: number };
  /** How an answer's given beginning is told. */
  readonly prefix: Manner;
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs: number;
  /** Further attempts after a failure that may pass. */
  readonly retries: number;
}

/** Requests and their tokens. */
export interface Usage {
  readonly requests: number;
  readonly read: number;
  readonly sampled: number;
}

/** Who pays: asked before a request for the most that it may use, told after it what it did use. */
export interface Payer {
  reserve(atMost: Usage): Promise<(used: Usage) => void>;
}

/** Times that a reply which is no answer (cut off, another shape) is asked for again. */
const REPLIES = 3;
/** Of the likeliest tokens, as many as hosted servers give. */
const ALTERNATIVES = 20;
/** Words and marks before a label, and the label. */
const LABEL_TOKENS = 16;
/** Bytes of a token, as it usually is in English, and at the least: to tell beforehand what a request takes, and may cost. */
const BYTES_A_TOKEN = { usual: 4, least: 2 };

/**
 * A model behind an endpoint. Requests go out together, as many as the allowance lets; each is answered or the whole call
 * fails, with what the server said.
 *
 * @param pace the clock, for budgets of requests and tokens a minute
 * @param payer is asked before every request, and may refuse it
 * @param batching asks through the provider's batches; the allowance is not heeded then
 * @example
 * const model = createEndpointModel({ endpoint: "http://localhost:8000/v1", model: "judge", protocol: "openai", apiKey: null, ...defaults }, pace);
 */
export function createEndpointModel(
  options: EndpointOptions,
  pace: Pace,
  payer?: Payer,
  batching?: Batching,
): LanguageModel {
  const { endpoint, model, labels, prefix: manner } = options;
  const protocol = PROTOCOLS[options.protocol];
  const server = `${endpoint} ${model}`;
  const throttle = createThrottle(batching === undefined ? options : allowanceOf(batching), pace);
  const client = createClient(options, () => {
    const sentAt = pace.now();
    return () => throttle.complained(sentAt);
  });
  const send =
    batching === undefined
      ? (body: object, _seed: number | undefined, signal: AbortSignal | undefined) =>
          client.post<unknown>(protocol.path, { body, ...(signal && { signal }) })
      : askInBatches(options, pace, batching);

  /** One answer, whatever it takes. */
  async function ask(question: Question, signal?: AbortSignal): Promise<Answer> {
    const { conversation, maxTokens: sampled } = question;
    const bytes = Buffer.byteLength(JSON.stringify(conversation));
    const paid = async () => {
      const settle = await payer?.reserve({ requests: 1, read: bytes / BYTES_A_TOKEN.least, sampled });
      let used: Usage = { requests: 1, read: 0, sampled: 0 };
      try {
        const answer = await attempt(question, REPLIES, signal);
        used = { requests: 1, ...(answer.used ?? { read: Math.ceil(bytes / BYTES_A_TOKEN.usual), sampled }) };
        return answer;
      } finally {
        settle?.(used);
      }
    };
    return throttle.run(bytes / BYTES_A_TOKEN.usual + sampled, paid, signal);
  }

  async function attempt(question: Question, left: number, signal?: AbortSignal): Promise<Answer> {
    const limitKey = namesOfLimit.get(server) ?? "max_tokens";
    const body = { model, [limitKey]: question.maxTokens, ...protocol.body(question) };
    let reply: unknown;
    try {
      reply = await send(body, question.seed, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (wantsOtherLimit(error, body)) {
        namesOfLimit.set(server, "max_completion_tokens");
        return attempt(question, left, signal);
      }
      // A reply cut off in the middle: the server answered, and may do better.
      const isCut = !(error instanceof OpenAI.APIError || error instanceof UserError) && left > 1;
      if (isCut) return attempt(question, left - 1, signal);
      throw explainEndpointError(error, options);
    }
    const parsed = protocol.answer.safeParse(reply);
    if (!parsed.success) {
      if (left > 1) return attempt(question, left - 1, signal);
      throw new UserError(
        "endpoint-answer",
        `${endpoint}: expected ${protocol.answers}, got ${withoutKey(`${JSON.stringify(reply)}`, options).slice(0, 200)} (${REPLIES} times)`,
        `Check the protocol (${options.protocol}), and the address: it is the server's up to and without ${protocol.path}.`,
      );
    }
    checkModel(parsed.data.model, options);
    return parsed.data;
  }

  async function sampleOne(
    request: SampleRequest,
    sampling: Sampling,
    signal?: AbortSignal,
  ): Promise<Sample> {
    const { conversation, prefix = "", seed } = request;
    const { temperature, topP, maxTokens, stop } = sampling;
    const answer = await ask(
      {
        conversation: askedToBegin(conversation, prefix, manner),
        maxTokens,
        temperature,
        topP,
        ...(stop.length > 0 && { stop }),
        seed: seedNumber(seed),
      },
      signal,
    );
    const said = answer.text.trimStart();
    const begun = prefix !== "" && said.startsWith(prefix) ? said.slice(prefix.length) : said;
    // Some servers end at a stop sequence and leave it in the text.
    const text = textBefore(begun, stop);
    const finish = text !== begun ? "stop" : answer.finish;
    return { text, promptTokens: [], tokens: [], logProbs: [], finish };
  }

  async function scoreOne(request: ScoreRequest, signal?: AbortSignal): Promise<Score> {
    const { conversation, prefix = "", continuations } = request;
    const names = continuations.map((text) => text.trim());
    const question = {
      conversation: askedForLabel(conversation, prefix, names, manner),
      maxTokens: LABEL_TOKENS,
    };
    const lead = leadOf(prefix, manner);
    if (labels.kind === "votes") return vote(question, labels.votes, names, lead, signal);
    const { tokens } = await ask({ ...question, temperature: 0, alternatives: ALTERNATIVES }, signal);
    if (tokens === undefined)
      throw new UserError(
        "endpoint-log-probabilities",
        `${endpoint}: expected log-probabilities of the answer's tokens, got none from ${model}`,
        "Set labels: votes for this model, so that labels are counted from sampled answers.",
      );
    return labelLogProbs(tokens, names, lead);
  }

  /** The share of sampled answers for each label; null where none of them is one. */
  async function vote(
    question: Omit<Question, "temperature">,
    votes: number,
    names: readonly string[],
    lead: string,
    signal?: AbortSignal,
  ): Promise<Score> {
    const texts = await Promise.all(
      Array.from({ length: votes }, async (_, i) => {
        // Its own for each question: servers that heed it would err on all of them alike.
        const seed = seedNumber(`${i} ${JSON.stringify(question.conversation)}`);
        return (await ask({ ...question, temperature: 1, seed }, signal)).text;
      }),
    );
    const found = texts.map((text) => labelAtStart(text, names, lead));
    if (found.every((own) => own < 0)) return null;
    return names.map((_, label) => {
      const count = found.filter((own) => own === label).length;
      return Math.log(Math.max(count / votes, UNSAID));
    });
  }

  return {
    id: idOf(options),
    capabilities: { logProbs: true, training: false, inFlight: batching?.most ?? options.concurrency },
    sample: (requests, sampling, signal) =>
      together(requests, signal, (request, own) => sampleOne(request, sampling, own)),
    score: (requests, signal) => together(requests, signal, scoreOne),
  };
}

/** Probability of a label that was never said, nor among the likeliest: not nothing, or two such would compare as 0 / 0. */
const UNSAID = 1e-6;

/** A provider has limits of its own for batches. */
const allowanceOf = ({ most }: Batching): Allowance => ({
  concurrency: most,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  tokensPerMinute: Number.POSITIVE_INFINITY,
});

/**
 * How a server calls the limit of tokens for a model, where it has refused the usual name. Known to the whole process: the
 * check before a run learns it, and no batch comes back a day later with that refusal on every line.
 */
const namesOfLimit = new Map<string, "max_completion_tokens">();

/** All requests at once; the first failure stops those that wait, and is what is thrown. */
async function together<R, S>(
  requests: readonly R[],
  signal: AbortSignal | undefined,
  one: (request: R, signal: AbortSignal) => Promise<S>,
): Promise<readonly S[]> {
  signal?.throwIfAborted();
  const either = new AbortController();
  const stop = () => either.abort(signal!.reason);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.all(requests.map((request) => one(request, either.signal)));
  } catch (error) {
    either.abort(error);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}

/** Newer hosted models refuse the older name of the limit, and say which one they take. */
const wantsOtherLimit = (error: unknown, body: Readonly<Record<string, unknown>>): boolean =>
  error instanceof OpenAI.BadRequestError &&
  error.message.includes("max_completion_tokens") &&
  "max_tokens" in body;

/** A name as the whole number that servers take for a seed. */
const seedNumber = (name: string): number =>
  createHash("sha256").update(name).digest().readUInt32BE(0) & 0x7fff_ffff;

/** All that determines what is asked; the key and the pace do not. */
function idOf({ endpoint, model, labels, prefix, protocol }: EndpointOptions): string {
  // The first protocol goes unnamed, as it was before there was a second.
  const how = { endpoint, model, labels, prefix, ...(protocol !== "openai" && { protocol }) };
  return createHash("sha256").update(JSON.stringify(how)).digest("hex");
}

/** Servers name a dated version of the model asked for, or put their own name before it; another model is a mistake. */
function checkModel(answered: string | undefined, { endpoint, model }: EndpointOptions): void {
  if (answered === undefined) return;
  const [given, asked] = [answered.toLowerCase(), model.toLowerCase()];
  if (given.includes(asked) || asked.includes(given)) return;
  throw new UserError(
    "endpoint-other-model",
    `${endpoint}: expected answers of ${model}, got answers of ${answered}`,
    "Write the model's name as the server lists it under /models.",
  );
}
