// How a loss on one batch is computed from weights: as one graph (`whole-loss.ts`), or layer by layer (`layered-loss.ts`). What
// the two and the trainer share. Knows no optimiser.
import type { Executable } from "../engine/session.ts";
import { float32, scalar, type Tensor } from "../engine/tensor.ts";
import type { BatchShape, PackedBatch } from "./batch.ts";
import type { Dropout } from "./dropout.ts";
import type { Parameters } from "./fused-weights.ts";
import type { LossRule } from "./losses.ts";

/** Weights (and masks) that one compiled graph reads: its names for them, to the model's. Parts of one `graph` share what is compiled. */
export interface Part {
  readonly graph: string;
  readonly names: ReadonlyMap<string, string>;
}

/** A batch and what its loss takes beside what is read. */
export interface LossBatch {
  readonly batch: PackedBatch;
  readonly kind: string;
  readonly rule: LossRule<never>;
  /** [N] each, by name; no longer than the reads. */
  readonly columns: Readonly<Record<string, readonly number[]>>;
  readonly clip: number;
  /** How what adapters read is dropped; null where nothing is. */
  readonly dropout: Dropout | null;
}

export interface BatchLoss {
  readonly loss: number;
  /** [N] */
  readonly read: Float32Array;
  /** Of every trained weight, by memory name. */
  readonly gradients: Parameters;
}

export interface LossRunner {
  /** Every trained weight once, in groups that the optimiser takes one after the other. */
  readonly parts: readonly Part[];
  /** What is read at a batch's read positions, [N]; the weights in memory layout. */
  read(weights: Parameters, batch: PackedBatch): Promise<Float32Array>;
  /**
   * @param before gradients of earlier batches, to which this one's are added; none, or of every trained weight
   * @param into where the gradients of every trained weight are written, `before` itself included
   */
  loss(weights: Parameters, batch: LossBatch, before: Parameters, into: Parameters): Promise<BatchLoss>;
}

export type Feeds = Readonly<Record<string, Tensor>>;

/** Runs a graph on those of the tensors that it reads. */
export function runOn(
  graph: Executable,
  tensors: Feeds,
  into: Feeds = {},
): Promise<Record<string, Tensor<"float32">>> {
  const feeds = Object.fromEntries([...graph.inputs.keys()].map((name) => [name, tensors[name]!]));
  return graph.run(feeds, into) as Promise<Record<string, Tensor<"float32">>>; // no graph of a model gives out int32
}

/** Tensors of a part under its graph's names; those that there are. */
export function feedsOf(
  { names }: Part,
  tensors: Parameters,
  nameOf: (name: string) => string = (name) => name,
): Feeds {
  const found = [...names].flatMap(([own, name]): [string, Tensor][] => {
    const tensor = tensors.get(name);
    return tensor === undefined ? [] : [[nameOf(own), tensor]];
  });
  return Object.fromEntries(found);
}

/** The tensors of a run that belong to a part, under the model's names: the inverse of `feedsOf`. */
export function takenFrom(
  { names }: Part,
  found: Readonly<Record<string, Tensor<"float32">>>,
  nameOf: (name: string) => string = (name) => name,
): Parameters {
  return new Map(
    [...names].flatMap(([own, name]) => {
      const tensor = found[nameOf(own)];
      return tensor === undefined ? [] : [[name, tensor]];
    }),
  );
}

export const keyOf = ({ rows, length, reads }: BatchShape): string => `${rows}x${length}:${reads}`;

/** What a graph reads of a loss. */
export function lossFeeds({ batch, columns, clip }: LossBatch): Feeds {
  const padded = Object.entries(columns).map(([name, numbers]): [string, Tensor] => {
    const data = new Float32Array(batch.shape.reads);
    data.set(numbers);
    return [name, float32(data)];
  });
  return { ...Object.fromEntries(padded), clip: scalar(clip) };
}
