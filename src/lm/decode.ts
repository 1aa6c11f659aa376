// Sampling for many requests at once: continuous batching over a key-value cache. Rows that finish leave the batch and
// waiting requests take their places; the cache grows and shrinks in steps. What a request draws depends on its own seed and
// its own numbers; the batch it is in can move those by rounding alone. Knows tokens, not text.
import { type Random, seed } from "../engine/random.ts";
import type { Executable } from "../engine/session.ts";
import { int32, type Tensor } from "../engine/tensor.ts";
import type { Sample, Sampling } from "../models/model.ts";
import { type Fork, forks } from "./forks.ts";
import type { Parameters } from "./fused-weights.ts";
import type { InferenceGraphs } from "./inference-graphs.ts";
import { createKeyValueCache, type KeyValueCache } from "./key-value-cache.ts";
import { rowsAtOnce } from "./memory.ts";
import { positionBucket, type ReadPrompt, readPrompts, rowBucket } from "./prefill.ts";
import { sampleToken } from "./sampler.ts";
import { readShared, type SharedBeginning } from "./shared-beginning.ts";

export interface DecodeRequest {
  /** Token ids; at least one, and fewer than the model has positions. */
  readonly prompt: readonly number[];
  /** Name of the random stream: one uniform number a token. */
  readonly seed: string;
  /** [K] token ids that might come after a stop: they are scored from the cache, as it lies when the sample stops. */
  readonly continuations?: readonly (readonly number[])[];
}

/** What came after one prompt; `next`, [K], where it stopped and what might follow was asked for, and could be told. */
export type Decoded = Pick<Sample, "tokens" | "logProbs" | "finish" | "next">;

export interface DecodeOptions {
  readonly sampling: Pick<Sampling, "temperature" | "topP" | "maxTokens">;
  /** Tokens that end a turn. */
  readonly endTokens: ReadonlySet<number>;
  /** Whether the text of the tokens drawn so far holds a stop sequence; asked after every token. */
  readonly isStopped?: (tokens: readonly number[]) => boolean;
  /** Rows decoded at once at most; a power of two. */
  readonly mostRows?: number;
  /** Looked at before every step. */
  readonly signal?: { readonly aborted: boolean };
}

/** A request on its way. */
interface Row {
  readonly index: number;
  readonly prompt: readonly number[];
  readonly tokens: number[];
  readonly logProbs: number[];
  readonly random: Random;
  finish: Decoded["finish"] | null;
  /** Once it has stopped: where the continuations are still to be read, and what has been read of each. */
  readonly ahead: Fork[];
  readonly next: number[];
}

/** Unneeded positions are read in vain, but giving them up copies the rest: it waits until no more than this share is needed. */
const SHRINK_BELOW = 0.7;

/**
 * Samples one continuation per request, in the order of the requests.
 *
 * @param parameters in memory layout, as they are at the time of the call
 * @throws DOMException "AbortError" when the signal was aborted
 * @example
 * const [decoded] = await decode(graphs, parameters, [{ prompt: [5, 7], seed: "p1" }], { sampling, endTokens });
 */
export async function decode(
  graphs: InferenceGraphs,
  parameters: Parameters,
  requests: readonly DecodeRequest[],
  options: DecodeOptions,
): Promise<readonly Decoded[]> {
  const { mostRows = rowsAtOnce(graphs.config), signal } = options;
  const decoded = new Array<Decoded>(requests.length);
  // Longest first: the batch then holds rows of like length, and the cache never grows for a latecomer.
  const waiting = requests
    .map((_, index) => index)
    .sort((i, j) => requests[j]!.prompt.length - requests[i]!.prompt.length || i - j);
  const shared = await readShared(
    graphs,
    parameters,
    requests.map(({ prompt }) => prompt),
  );
  const batch = createBatch(graphs, parameters);
  while (waiting.length > 0 || batch.rows.length > 0) {
    if (signal?.aborted) throw new DOMException("sampling was aborted", "AbortError");
    const free = mostRows - batch.rows.length;
    // Reading prompts pays when there are several: wait for a quarter of the rows to be free.
    if (waiting.length > 0 && free >= Math.min(waiting.length, Math.max(1, mostRows / 4))) {
      await admit(waiting.splice(0, free));
      continue;
    }
    const probabilities = await batch.step();
    for (let row = batch.rows.length - 1; row >= 0; row--) {
      if (!goesOn(batch.rows[row]!, probabilities, row)) settle(batch.remove(row));
    }
  }
  return decoded;

  async function admit(indices: readonly number[]): Promise<void> {
    const prompts = await readPrompts(
      graphs,
      parameters,
      indices.map((index) => requests[index]!.prompt.slice(shared.length)),
      shared,
    );
    const going: { readonly row: Row; readonly read: ReadPrompt }[] = [];
    indices.forEach((index, i) => {
      const { prompt, seed: name } = requests[index]!;
      const random = seed(name).random();
      const row: Row = { index, prompt, tokens: [], logProbs: [], random, finish: null, ahead: [], next: [] };
      if (goesOn(row, prompts[i]!.probabilities, prompts[i]!.row)) going.push({ row, read: prompts[i]! });
      else settle(row);
    });
    batch.reserve(going.map(({ row }) => row));
    for (const { row, read } of going) batch.add(row, read, shared);
  }

  function settle({ index, tokens, logProbs, finish, next }: Row): void {
    // What is 0 in single precision cannot be told from the distribution.
    const isTold = next.length > 0 && next.every(Number.isFinite);
    decoded[index] = { tokens, logProbs, finish: finish!, ...(isTold && { next }) };
  }

  /** Takes what the model says after the row: the next token, then what of its continuations is read here. */
  function goesOn(row: Row, probabilities: Float32Array, at: number): boolean {
    if (row.finish === null) {
      row.finish = draw(row, probabilities, at);
      if (row.finish === "stop") lookAhead(row);
    } else {
      const V = graphs.config.vocabularySize;
      for (const { choice, token } of row.ahead.shift()!.reads)
        row.next[choice]! += Math.log(probabilities[at * V + token]!);
    }
    return row.finish === null || row.ahead.length > 0;
  }

  function lookAhead({ index, prompt, tokens, ahead, next }: Row): void {
    const { continuations = [] } = requests[index]!;
    const longest = Math.max(0, ...continuations.map(({ length }) => length));
    if (prompt.length + tokens.length + longest > graphs.config.maxPositions) return;
    next.push(...continuations.map(() => 0));
    ahead.push(...forks(continuations));
  }

  /** Draws the row's next token; says how it ends if it does. */
  function draw(row: Row, probabilities: Float32Array, at: number): Decoded["finish"] | null {
    const { sampling, endTokens, isStopped } = options;
    const V = graphs.config.vocabularySize;
    const uniform = sampling.temperature === 0 ? 0 : row.random.float();
    const token = sampleToken(probabilities, at, V, sampling, uniform);
    row.tokens.push(token);
    row.logProbs.push(Math.log(probabilities[at * V + token]!));
    if (endTokens.has(token)) return "end";
    if (isStopped?.(row.tokens)) return "stop";
    const isFull = row.prompt.length + row.tokens.length >= graphs.config.maxPositions;
    return isFull || row.tokens.length >= sampling.maxTokens ? "length" : null;
  }
}

/** Rows on their way, packed at the front of a cache. The last token of each is not in the cache yet. */
function createBatch(graphs: InferenceGraphs, parameters: Parameters) {
  const rows: Row[] = [];
  const weights = Object.fromEntries(parameters);
  let cache: KeyValueCache | null = null;
  let executable: Executable;
  let tokens: Int32Array;
  let positions: Int32Array;
  let feeds: Readonly<Record<string, Tensor>>;
  let isCurrent = false;

  /** The tokens of a continuation that a row goes on with after its own. */
  const path = (row: Row): readonly number[] => row.ahead[0]?.path ?? [];
  /** Positions of a row that are in the cache: all but its last token. */
  const cached = (row: Row): number => row.prompt.length + row.tokens.length + path(row).length - 1;

  /** Room for so many rows, and one more position than the longest of them has. Every change copies what is held. */
  function makeRoom(count: number, longest: number): void {
    const needed = positionBucket(longest + 1);
    const now = cache?.shape.slots ?? 0;
    const slots = needed > now || needed <= now * SHRINK_BELOW ? needed : now;
    const shape = { rows: rowBucket(count), slots, writesCache: graphs.writesCache };
    if (cache !== null && cache.shape.rows === shape.rows && now === slots) return;
    cache = cache === null ? createKeyValueCache(graphs.config, shape) : cache.resized(shape, rows.length);
    isCurrent = false;
  }

  async function prepare(current: KeyValueCache): Promise<void> {
    const { rows: B } = current.shape;
    executable = await graphs.step(current.shape);
    tokens = new Int32Array(B);
    positions = new Int32Array(B);
    feeds = { ...weights, ...current.feeds, tokens: int32(tokens), positions: int32(positions) };
    isCurrent = true;
  }

  return {
    rows: rows as readonly Row[],
    /** Makes room for rows about to be added. */
    reserve(coming: readonly Row[]): void {
      const all = [...rows, ...coming];
      if (all.length > 0) makeRoom(all.length, Math.max(...all.map(cached)));
    },
    /** Adds a row whose prompt has been read. */
    add(row: Row, read: ReadPrompt, { keysValues, length: P }: SharedBeginning): void {
      cache!.fill(rows.length, 0, P, keysValues, 0, P);
      cache!.fill(rows.length, P, cached(row) - P, read.keysValues, read.row, read.length);
      rows.push(row);
    },
    /** Takes a row out; the last one moves into its place. */
    remove(at: number): Row {
      const row = rows[at]!;
      const last = rows.length - 1;
      cache!.move(last, at);
      cache!.clear(last);
      rows[at] = rows[last]!;
      rows.length = last;
      return row;
    },
    /** Reads every row's last token; returns the distributions of the next ones, [B,V]. */
    async step(): Promise<Float32Array> {
      makeRoom(
        rows.length,
        rows.reduce((longest, row) => Math.max(longest, cached(row)), 0),
      );
      const current = cache!;
      if (!isCurrent) await prepare(current);
      rows.forEach((row, i) => {
        tokens[i] = (path(row).at(-1) ?? row.tokens.at(-1))!;
        positions[i] = cached(row);
        current.expect(i, cached(row));
      });
      tokens.fill(0, rows.length);
      positions.fill(0, rows.length);
      const { probabilities, keysValues } = await executable.run(feeds, current.written);
      const made = keysValues!.data as Float32Array;
      rows.forEach((row, i) => {
        current.append(i, cached(row), made, i);
      });
      return probabilities!.data as Float32Array;
    },
  };
}
