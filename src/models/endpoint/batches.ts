// Requests asked through a provider's batches in place of one by one. Bodies that come together are handed in together; each gets
// its own reply when the batch is over. Where a batch is noted before it is waited for, whoever asks the same again, in this
// process or a later one, waits for that batch and hands in nothing. Knows neither what is asked nor where notes are kept.
import { createHash } from "node:crypto";
import OpenAI from "openai";
import { UserError } from "../../user-error.ts";
import { BATCHES, type Failure, type Look, type Outcome } from "./batch-protocols.ts";
import { createClient } from "./client.ts";
import type { EndpointOptions } from "./endpoint-model.ts";
import { explainEndpointError, withoutKey } from "./explain.ts";
import { type SharedWork, shareWork } from "./shared-work.ts";
import type { Pace } from "./throttle.ts";

/** Where batches are remembered, and who is told of them. */
export interface BatchNotes {
  /** The last batch that a request was put in. */
  find(request: string): string | undefined;
  /** Called once a batch is handed in, before it is waited for. */
  note(batch: string, requests: readonly string[]): void;
  /** A batch is not over; it is looked at again in so many milliseconds. */
  waiting(batch: string, answered: number, total: number, ms: number): void;
  /** A batch is waited for no longer, by an interruption; the provider goes on with it. */
  left(batch: string): void;
}

/** That a model is asked through batches, and how. */
export interface Batching {
  /** Requests that are out at once at most, and so in one batch. */
  readonly most: number;
  readonly notes: BatchNotes;
}

/** A batch that requests are gathered for. */
interface Gathering {
  readonly bodies: Map<string, object>;
  bytes: number;
  /** Its handing in, until it is noted; who is interrupted meanwhile leaves afterwards. */
  handingIn: Promise<string> | undefined;
  readonly batch: SharedWork<string>;
}

/** Milliseconds without another body after which a batch is handed in. */
const QUIET = 1000;
/** Milliseconds between two looks, at first and at most: what follows is twice as long as what was before. */
const SOON = 5000;
const LONGEST = 60_000;
/** Bytes of a batch, below what any provider takes. */
const MOST_BYTES = 90e6;

/** A question to a model, asked through batches: gives the body of its reply, in the protocol's shape. */
export type AskInBatch = (
  body: object,
  seed: number | undefined,
  signal: AbortSignal | undefined,
) => Promise<unknown>;

/** Asks through batches. A request without an answer goes into another batch, as often as the options retry. */
export function askInBatches(options: EndpointOptions, pace: Pace, { most, notes }: Batching): AskInBatch {
  const api = BATCHES[options.protocol];
  const client = createClient(options);
  const watches = new Map<string, SharedWork<(request: string) => Outcome>>();
  /** The batch whose outcome a request has had here: asked again, it goes into another. */
  const had = new Map<string, string>();
  let open: Gathering | undefined;

  function gather(request: string, body: object, signal: AbortSignal | undefined): Promise<string> {
    const bytes = Buffer.byteLength(JSON.stringify(body));
    const hasRoom = open && open.bodies.size < most && open.bytes + bytes <= MOST_BYTES;
    if (!hasRoom) open = begin();
    const gathering = open!;
    if (!gathering.bodies.has(request)) gathering.bytes += bytes;
    gathering.bodies.set(request, body);
    return gathering.batch.wait(signal, () => gathering.handingIn);
  }

  function begin(): Gathering {
    const gathering: Gathering = {
      bodies: new Map(),
      bytes: 0,
      handingIn: undefined,
      batch: shareWork((signal) => handIn(gathering, signal)),
    };
    return gathering;
  }

  async function handIn(gathering: Gathering, signal: AbortSignal): Promise<string> {
    const { bodies } = gathering;
    try {
      for (let before = -1; bodies.size > before && bodies.size < most; ) {
        before = bodies.size;
        await pace.sleep(QUIET, signal);
      }
    } finally {
      if (open === gathering) open = undefined;
    }
    for (let left = options.retries, wait = SOON; ; left--, wait = Math.min(2 * wait, LONGEST)) {
      signal.throwIfAborted();
      try {
        gathering.handingIn = handInOnce(bodies);
        return await gathering.handingIn;
      } catch (error) {
        gathering.handingIn = undefined;
        if (hasNoBatches(error)) throw noBatches(options);
        if (left === 0 || !(error instanceof OpenAI.APIError) || !mayPass(error.status)) throw error;
        await pace.sleep(wait, signal);
      }
    }
  }

  /** Takes a batch up that was handed in and not noted, where the provider can tell; hands it in otherwise. */
  async function handInOnce(bodies: ReadonlyMap<string, object>): Promise<string> {
    const requests = [...bodies.keys()].toSorted(); // the same note and mark, in whatever order they came
    const mark = sha256(requests.join());
    const marked = await api.marked(client, mark);
    const known = new Set(requests.flatMap((request) => [had.get(request), notes.find(request)]));
    const batch = marked.find((id) => !known.has(id)) ?? (await api.submit(client, bodies, mark));
    notes.note(batch, requests);
    return batch;
  }

  /** Looks at a batch until it is over, and reads what became of its requests. */
  async function watch(batch: string, signal: AbortSignal): Promise<(request: string) => Outcome> {
    try {
      for (let wait = SOON; ; wait = Math.min(2 * wait, LONGEST)) {
        const look = await api.look(client, batch, { signal });
        if (look.isOver) return await outcomesIn(look, signal);
        notes.waiting(batch, look.answered, look.total, wait);
        await pace.sleep(wait, signal);
      }
    } catch (error) {
      if (signal.aborted) notes.left(batch);
      if (!(error instanceof OpenAI.NotFoundError)) throw error;
      return () => ({ kind: "failure", status: undefined, said: `the provider has batch ${batch} no more` });
    } finally {
      watches.delete(batch);
    }
  }

  async function outcomesIn({ results, rest }: Look, signal: AbortSignal) {
    const outcomes = new Map<string, Outcome>();
    for (const path of results)
      for (const [request, outcome] of await linesAt(path, signal)) outcomes.set(request, outcome);
    return (request: string) => outcomes.get(request) ?? rest;
  }

  async function linesAt(path: string, signal: AbortSignal) {
    const response = await client.get(path, { signal }).asResponse();
    const lines = (await response.text()).split("\n").filter((line) => line.trim() !== "");
    // A line that breaks off or has another shape is none: what it was about is asked again.
    return lines.flatMap((line) => {
      const { data } = api.line.safeParse(parsed(line));
      return data === undefined ? [] : [data];
    });
  }

  async function outcomeOf(batch: string, request: string, signal?: AbortSignal): Promise<Outcome> {
    const watched = watches.get(batch) ?? shareWork((until) => watch(batch, until));
    watches.set(batch, watched);
    return (await watched.wait(signal))(request);
  }

  return async (body, seed, signal) => {
    const request = sha256(JSON.stringify([body, seed ?? null]));
    for (let left = options.retries, wait = SOON; ; ) {
      signal?.throwIfAborted();
      const noted = notes.find(request);
      const isFromBefore = noted !== undefined && noted !== had.get(request);
      const batch = isFromBefore ? noted : await gather(request, body, signal);
      const outcome = await outcomeOf(batch, request, signal);
      had.set(request, batch);
      if (outcome.kind === "reply") return outcome.body;
      // What was refused in an earlier sitting may have been mended since, and cost nothing.
      if (isFromBefore) continue;
      if (left === 0 || !mayPass(outcome.status)) throw errorOf(outcome, options);
      left -= 1;
      await pace.sleep(wait, signal);
      wait = Math.min(2 * wait, LONGEST);
    }
  };
}

/**
 * Whether an endpoint takes batches; none is handed in.
 * @throws UserError when it does not
 */
export async function checkBatches(options: EndpointOptions, signal?: AbortSignal): Promise<void> {
  try {
    await createClient(options).get(BATCHES[options.protocol].path, {
      query: { limit: 1 },
      ...(signal && { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw hasNoBatches(error) ? noBatches(options) : explainEndpointError(error, options);
  }
}

/** What another attempt may mend: a broken connection, an expired batch, too much asked, a failing server. */
const mayPass = (status: number | undefined): boolean =>
  status === undefined || status < 400 || status >= 500 || [408, 409, 429].includes(status);

const hasNoBatches = (error: unknown): boolean =>
  error instanceof OpenAI.APIError && [404, 405, 501].includes(error.status);

const noBatches = ({ endpoint, protocol }: EndpointOptions): UserError =>
  new UserError(
    "endpoint-no-batches",
    `${endpoint}: expected a server that takes batches (${BATCHES[protocol].path}), got one that does not`,
    "Leave `batch` out: the model is asked directly then.",
  );

/** A refusal within a batch, as if it had been the server's direct answer. */
function errorOf({ status, said }: Failure, options: EndpointOptions): Error {
  if (status !== undefined)
    return OpenAI.APIError.generate(status, { error: { message: said } }, undefined, new Headers());
  const { endpoint, model, retries } = options;
  return new UserError(
    "endpoint-batch",
    withoutKey(
      `${endpoint}: expected an answer of ${model}, got none: ${said}, ${retries + 1} times`,
      options,
    ),
    "Run the same command again later. What was answered is kept.",
  );
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
