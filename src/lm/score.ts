// Log-probabilities of given continuations: prompts and continuations packed in few rows, the vocabulary head only where a
// continuation's token is predicted. A prompt is read once, however many continuations it has.
import { int32 } from "../engine/tensor.ts";
import { type Group, pack } from "./batch.ts";
import type { Parameters } from "./fused-weights.ts";
import type { InferenceGraphs } from "./inference-graphs.ts";
import { batchFeeds } from "./log-probs.ts";
import { rowsAfter } from "./prefill.ts";
import { readShared } from "./shared-beginning.ts";

export interface ContinuationRequest {
  /** Token ids, at least one. */
  readonly prompt: readonly number[];
  /** [K] token ids; an empty one scores 0. */
  readonly continuations: readonly (readonly number[])[];
}

/** One position to read: the log-probability of `token` there counts for continuation `choice`. */
interface Read {
  readonly choice: number;
  readonly token: number;
}

const TOKENS_PER_BATCH = 4096;
/** Of rows, as they are packed. */
const TYPICAL_LENGTH = 192;

/**
 * Log-probability of each continuation after its prompt, summed over its tokens, nats: [K] per request, in order.
 *
 * @param parameters in memory layout
 * @param signal looked at before every batch
 * @throws DOMException "AbortError" when the signal was aborted
 */
export async function scoreContinuations(
  graphs: InferenceGraphs,
  parameters: Parameters,
  requests: readonly ContinuationRequest[],
  signal?: { readonly aborted: boolean },
): Promise<readonly (readonly number[])[]> {
  const shared = await readShared(
    graphs,
    parameters,
    requests.map(({ prompt }) => prompt),
  );
  const plans = requests.map((request) =>
    planReads({ ...request, prompt: request.prompt.slice(shared.length) }),
  );
  const scores = requests.map(({ continuations }) => new Array<number>(continuations.length).fill(0));
  const weights = Object.fromEntries(parameters);
  const most = TYPICAL_LENGTH * rowsAfter(shared.length, TYPICAL_LENGTH);
  for (const batch of pack(
    plans.map(({ group }) => group),
    Math.min(TOKENS_PER_BATCH, most),
  )) {
    if (signal?.aborted) throw new DOMException("scoring was aborted", "AbortError");
    const reads = batch.groups.flatMap((group) => plans[group]!.reads.map((read) => ({ ...read, group })));
    const targets = new Int32Array(batch.shape.reads);
    reads.forEach(({ token }, i) => {
      targets[i] = token;
    });
    const executable = await graphs.scores(batch.shape, shared.length);
    const feeds = { ...weights, ...shared.feeds, ...batchFeeds(batch), targets: int32(targets) };
    const { logProbs } = await executable.run(feeds);
    reads.forEach(({ group, choice }, i) => {
      scores[group]![choice]! += logProbs!.data[i]!;
    });
  }
  return scores;
}

/** The passage of one request, the prompt with its continuations as branches, and what is read from it in order. */
function planReads({ prompt, continuations }: ContinuationRequest): {
  readonly group: Group;
  readonly reads: readonly Read[];
} {
  const places: (Read & { readonly place: number })[] = [];
  const branches: (readonly number[])[] = [];
  let end = prompt.length;
  continuations.forEach((tokens, choice) => {
    // The first token is predicted at the prompt's end, each other one at the token before it.
    tokens.forEach((token, i) => {
      places.push({ choice, token, place: i === 0 ? prompt.length - 1 : end + i - 1 });
    });
    if (tokens.length < 2) return;
    branches.push(tokens.slice(0, -1));
    end += tokens.length - 1;
  });
  places.sort((a, b) => a.place - b.place || a.choice - b.choice);
  return { group: [{ tokens: prompt, branches, reads: places.map(({ place }) => place) }], reads: places };
}

/**
 * Tokens of a continuation: those of the joined text that follow the prompt's. Where a token would run across the joint,
 * sampling could never have made it, and the continuation is encoded alone.
 *
 * @param joined tokens of prompt and continuation as one text
 * @param alone tokens of the continuation by itself
 */
export function continuationTokens(
  prompt: readonly number[],
  joined: readonly number[],
  alone: readonly number[],
): readonly number[] {
  const continues = joined.length > prompt.length && prompt.every((token, i) => token === joined[i]);
  return continues ? joined.slice(prompt.length) : alone;
}
