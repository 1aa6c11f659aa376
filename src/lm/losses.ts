// The four losses as graphs over what is read from the model, and the metrics a trainer wants beside them. Every loss is a
// sum of terms with the caller's weights: weights that sum to 1 over a whole batch make it a mean, and parts of the batch
// add up exactly. Knows neither layers nor optimisers. A TABLE over the kinds; each row cites its equation.
import {
  add,
  exp,
  logSigmoid,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  slice,
  square,
  sub,
  sum,
} from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import type { Loss, TokenSequence } from "../models/model.ts";
import type { Group, Passage } from "./batch.ts";
import type { Head } from "./config.ts";

export type LossKind = Loss["kind"];

/** What each loss learns from. */
type Examples = { readonly [L in Loss as L["kind"]]: L["examples"][number] };

/** A loss of one kind, as the table's row of that kind takes it. */
export type LossOf<K extends LossKind> = {
  [P in K]: { readonly kind: P; readonly examples: readonly Examples[P][] };
}[K];

/** Numbers beside the reads of a loss, one a read, by name. */
type Columns = Readonly<Record<string, readonly number[]>>;

/** An example as the packer and the graph see it. */
export interface LossTerm {
  readonly passages: Group;
  readonly columns: Columns;
}

export interface LossRule<K extends LossKind = LossKind> {
  readonly head: Head;
  /** Adapters drop what they read. Not in PPO, which would compare probabilities and values under different masks (as TRL). */
  readonly drops: boolean;
  /** Names of the graph's inputs beside the reads. */
  readonly columns: readonly string[];
  term(example: Examples[K]): LossTerm;
  /** The loss, a scalar, from what is read [N] (log-probabilities or scalars), columns [N] and the clip range, a scalar. */
  graph(read: Value, column: (name: string) => Value, clip: Value): Value;
  /** Metrics that add up over parts of a batch, from unpadded numbers. */
  metrics(read: ArrayLike<number>, columns: Columns, clip: number): Readonly<Record<string, number>>;
}

export const LOSSES: { readonly [K in LossKind]: LossRule<K> } = {
  // -sum_t w_t log p(token_t | tokens before it)
  "cross-entropy": {
    head: "vocabulary",
    drops: true,
    columns: ["weight"],
    term: (sequence) => predictionTerm("cross-entropy", sequence, {}),
    graph: (logProbs, column) => neg(sum(mul(logProbs, column("weight")))),
    metrics: (read) => ({ tokens: read.length }),
  },

  // -sum w [p log s(a - b) + (1 - p) log s(b - a)], s the logistic function; a and b in turn among the reads.
  preference: {
    head: "scalar",
    drops: true,
    columns: ["probability", "weight"],
    term: ({ a, b, probability, weight }) => ({
      passages: [forked(a, b)],
      columns: { probability: [probability, probability], weight: [weight, weight] },
    }),
    graph: (scores, column) => {
      const [a, b] = pairs(scores);
      const [p] = pairs(column("probability"));
      const [weight] = pairs(column("weight"));
      const margin = sub(a, b); // [N/2]
      const logLikelihood = add(mul(p, logSigmoid(margin)), mul(sub(1, p), logSigmoid(neg(margin))));
      return neg(sum(mul(logLikelihood, weight)));
    },
    metrics: (scores, { probability, weight }) => {
      // A comparison counts as right when the better one scores higher; labels of exactly 1/2 as half right.
      let accuracy = 0;
      for (let i = 0; i < scores.length; i += 2) {
        const agreement = (scores[i]! - scores[i + 1]!) * (probability![i]! - 0.5);
        accuracy += weight![i]! * (probability![i] === 0.5 ? 0.5 : agreement > 0 ? 1 : 0);
      }
      return { comparisons: scores.length / 2, accuracy };
    },
  },

  // Schulman et al. 2017, eq. 7: -sum w min(r A, clip(r, 1 - c, 1 + c) A), r = exp(log p - old log p)
  "ppo-policy": {
    head: "vocabulary",
    drops: false,
    columns: ["weight", "oldLogProb", "advantage"],
    term: (sequence) => {
      const { oldLogProbs, advantages } = sequence;
      return predictionTerm("ppo-policy", sequence, { oldLogProb: oldLogProbs, advantage: advantages });
    },
    graph: (logProbs, column, clip) => {
      const ratio = exp(sub(logProbs, column("oldLogProb"))); // [N]
      const clipped = clamp(ratio, sub(1, clip), add(1, clip));
      const objective = minimum(mul(ratio, column("advantage")), mul(clipped, column("advantage")));
      return neg(sum(mul(objective, column("weight"))));
    },
    metrics: (logProbs, { weight, oldLogProb }, clip) => {
      let [approximateKl, clipFraction, meanRatio] = [0, 0, 0];
      for (let i = 0; i < logProbs.length; i++) {
        const logRatio = logProbs[i]! - oldLogProb![i]!;
        const ratio = Math.exp(logRatio);
        // KL(old || new), an unbiased estimate that is never negative: r - 1 - log r (Schulman 2020).
        approximateKl += weight![i]! * (ratio - 1 - logRatio);
        clipFraction += weight![i]! * (Math.abs(ratio - 1) > clip ? 1 : 0);
        meanRatio += weight![i]! * ratio;
      }
      return { tokens: logProbs.length, approximateKl, clipFraction, meanRatio };
    },
  },

  // sum w max((v - R)^2, (clip(v, old - c, old + c) - R)^2) / 2, the value loss of PPO's first implementation
  "ppo-value": {
    head: "scalar",
    drops: false,
    columns: ["weight", "oldValue", "return"],
    term: (sequence) => {
      const { oldValues, returns } = sequence;
      return predictionTerm("ppo-value", sequence, { oldValue: oldValues, return: returns });
    },
    graph: (values, column, clip) => {
      const clipped = clamp(values, sub(column("oldValue"), clip), add(column("oldValue"), clip)); // [N]
      const error = maximum(square(sub(values, column("return"))), square(sub(clipped, column("return"))));
      return mul(sum(mul(error, column("weight"))), 0.5);
    },
    metrics: (values, { weight, oldValue, return: returns }, clip) => {
      let [clipFraction, squaredError] = [0, 0];
      for (let i = 0; i < values.length; i++) {
        clipFraction += weight![i]! * (Math.abs(values[i]! - oldValue![i]!) > clip ? 1 : 0);
        squaredError += weight![i]! * (values[i]! - returns![i]!) ** 2;
      }
      return { tokens: values.length, clipFraction, squaredError };
    },
  },
};

/** The positions before the weighted tokens: where those are predicted from. */
export function predictingPositions({ tokens, weights }: TokenSequence): readonly number[] {
  if (tokens.length !== weights.length) {
    throw new Error(`sequence: expected a weight for each of ${tokens.length} tokens, got ${weights.length}`);
  }
  const positions: number[] = [];
  for (let t = 1; t < tokens.length; t++) if (weights[t]! > 0) positions.push(t - 1);
  return positions;
}

/** Two sequences as one passage, what they begin with in common read once; the ends of both are read. */
function forked(a: readonly number[], b: readonly number[]): Passage {
  let shared = 0;
  while (shared < Math.min(a.length, b.length) - 1 && a[shared] === b[shared]) shared += 1;
  const ends = [a.length - 1, a.length - 1 + b.length - shared];
  return { tokens: a.slice(0, shared), branches: [a.slice(shared), b.slice(shared)], reads: ends };
}

function predictionTerm(kind: LossKind, sequence: TokenSequence, columns: Columns): LossTerm {
  const reads = predictingPositions(sequence);
  for (const [name, numbers] of Object.entries(columns)) {
    if (numbers.length === reads.length) continue;
    throw new Error(
      `${kind}: expected ${reads.length} numbers of ${name}, one a weighted token, got ${numbers.length}`,
    );
  }
  const weight = reads.map((position) => sequence.weights[position + 1]!);
  return { passages: [{ tokens: sequence.tokens, reads }], columns: { ...columns, weight } };
}

/** [N] -> two of [N/2]: the numbers at even and at odd places. */
function pairs(numbers: Value): readonly [Value, Value] {
  const N = numbers.shape[0]!;
  const table = reshape(numbers, [N / 2, 2]);
  const column = (i: number) => reshape(slice(table, 1, i, i + 1), [N / 2]);
  return [column(0), column(1)];
}

const clamp = (x: Value, low: Value, high: Value): Value => minimum(maximum(x, low), high);
