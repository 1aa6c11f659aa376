// A model in training: weights, gradients added up since the last step, AdamW's moments. Losses run as compiled graphs, one
// for each kind and shape, kept while there is room. Knows no text and no files; blocks its thread while a graph runs.
import { gradients } from "../engine/backward.ts";
import { input } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import { accumulate, accumulatedGradient, adamW, firstMoment, secondMoment, stepFeeds } from "../engine/optimizer.ts";
import { type CompileOptions, compile, type Executable } from "../engine/session.ts";
import { float32, int32, scalar, type Tensor, zeros } from "../engine/tensor.ts";
import { UserError } from "../engine/user-error.ts";
import { type BatchShape, type Group, type PackedBatch, pack } from "./batch.ts";
import type { Head, LlamaConfig } from "./config.ts";
import { fuse, memoryShapes, type Parameters, split } from "./fused-weights.ts";
import { readRows, scalars, targetLogProbs } from "./heads.ts";
import {
  LOSSES,
  type Loss,
  type LossKind,
  type LossRule,
  predictingPositions,
  type TokenSequence,
} from "./losses.ts";
import { hiddenStates, parameterInputs } from "./transformer.ts";

export interface TrainerOptions {
  readonly config: LlamaConfig;
  readonly head: Head;
  /** Hugging Face layout; copied. A scalar head that is absent starts at zero. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  /** Most tokens that go through the model at once, padding included. Bounds memory; does not change results. */
  readonly tokensPerMicrobatch?: number;
  readonly device?: NonNullable<CompileOptions["device"]>;
  readonly threads?: number;
}

export interface AdamW {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Per unit of learning rate, on matrices alone: gains are left free. */
  readonly weightDecay: number;
  /** Largest global norm of the gradient; Infinity leaves it alone. */
  readonly clipNorm: number;
}

export interface Trainer {
  readonly config: LlamaConfig;
  readonly head: Head;
  /**
   * Adds the gradient of a loss to those since the last step. The weights of the examples are taken as they are: scaled to
   * sum to 1 over the batch, the loss is a mean.
   *
   * @returns `loss` and the metrics of `losses.ts`; `fill`, the share of computed tokens that are not padding
   */
  forwardBackward(loss: Loss): Promise<Readonly<Record<string, number>>>;
  /** One step of AdamW with the gradients added up, which are then forgotten. Returns their norm before clipping. */
  optimStep(adamW: AdamW): Promise<{ readonly gradientNorm: number }>;
  /** Per sequence [R]: the log-probability of each weighted token (nats), or the scalar at the position before it. */
  forward(sequences: readonly TokenSequence[]): Promise<readonly (readonly number[])[]>;
  /** Scalar head: the scalar at each sequence's last token. */
  scoreLast(sequences: readonly (readonly number[])[]): Promise<readonly number[]>;
  /** The weights in Hugging Face layout, copied. */
  parameters(): Parameters;
  /** The weights in memory layout, not copied: the next step or `importState` changes them. For sampling. */
  weights(): Parameters;
  /** Weights, moments and step count by name: `parameters/<name>`, `m/<name>`, `v/<name>` in Hugging Face layout, and `step`. */
  exportState(): Map<string, Tensor>;
  /** Takes back what `exportState` gave, bit for bit; gradients added up since the last step are forgotten. */
  importState(state: ReadonlyMap<string, Tensor>): void;
  dispose(): Promise<void>;
}

const DEFAULT_TOKENS_PER_MICROBATCH = 2688;
/** A compiled graph holds on to its working memory, so only the latest few are kept. */
const MAX_COMPILED = 6;

/** Makes a model ready to train, at step 0. */
export function createTrainer(options: TrainerOptions): Trainer {
  const { config, head, tokensPerMicrobatch = DEFAULT_TOKENS_PER_MICROBATCH } = options;
  let weights = fuse(options.parameters, config, head);
  let moments = { m: zerosLike(weights), v: zerosLike(weights) };
  let step = 0;
  const noGradients = zerosLike(weights);
  let accumulated: Parameters | null = null;
  const compiled = new Map<string, Promise<Executable>>();

  async function compiledFor(key: string, build: () => Readonly<Record<string, Value>>): Promise<Executable> {
    const executable =
      compiled.get(key) ?? compile(build(), { device: options.device ?? "cpu", ...threads(options) });
    compiled.delete(key);
    compiled.set(key, executable); // the latest used is last
    for (const [oldest, evicted] of compiled) {
      if (compiled.size <= MAX_COMPILED) break;
      compiled.delete(oldest);
      await (await evicted).dispose();
    }
    return executable;
  }

  /** Runs a graph on a batch with the weights of now. */
  function run(executable: Executable, batch: PackedBatch, columns: Readonly<Record<string, Tensor>>) {
    const available: Readonly<Record<string, Tensor>> = {
      ...Object.fromEntries(weights),
      ...batchFeeds(batch),
      ...columns,
    };
    return executable.run(
      Object.fromEntries([...executable.inputs.keys()].map((name) => [name, available[name]!])),
    );
  }

  function needHead(wanted: Head, what: string): void {
    if (head === wanted) return;
    throw new Error(`${what}: expected a model with a ${wanted} head, got one with a ${head} head`);
  }

  /** Reads every group, batch by batch: for each group what was read, in order. */
  async function readAll(groups: readonly Group[]): Promise<readonly (readonly number[])[]> {
    checkLengths(groups, config);
    const results: (readonly number[])[] = groups.map(() => []);
    for (const batch of pack(groups, tokensPerMicrobatch)) {
      const executable = await compiledFor(`read ${keyOf(batch.shape)}`, () => ({
        read: readGraph(config, head, batch.shape).read,
      }));
      const { read } = await run(executable, batch, {});
      let start = 0;
      for (const group of batch.groups) {
        const count = readCount(groups[group]!);
        results[group] = Array.from(read!.data.subarray(start, start + count));
        start += count;
      }
    }
    return results;
  }

  async function forwardBackward<K extends LossKind>(
    loss: Loss<K>,
  ): Promise<Readonly<Record<string, number>>> {
    const kind: K = loss.kind;
    const rule: LossRule<K> = LOSSES[kind];
    needHead(rule.head, kind);
    const clip = "clip" in loss ? (loss.clip as number) : 0;
    const terms = loss.examples
      .map((example) => rule.term(example))
      .filter(({ passages }) => readCount(passages) > 0);
    if (terms.length === 0)
      throw new Error(`${kind}: expected at least one example with a weighted token, got none`);
    const groups = terms.map(({ passages }) => passages);
    checkLengths(groups, config);
    const batches = pack(groups, tokensPerMicrobatch);
    const metrics: Record<string, number> = { loss: 0 };
    for (const batch of batches) {
      const executable = await compiledFor(`${kind} ${keyOf(batch.shape)}`, () =>
        lossGraph(config, head, rule as LossRule<never>, batch.shape),
      );
      const columns = Object.fromEntries(
        rule.columns.map((name) => [name, batch.groups.flatMap((group) => terms[group]!.columns[name]!)]),
      );
      const {
        loss: part,
        read,
        ...found
      } = await run(executable, batch, {
        ...Object.fromEntries(rule.columns.map((name) => [name, padTo(columns[name]!, batch.shape.reads)])),
        clip: scalar(clip),
      });
      accumulated = addGradients(accumulated, found);
      const count = columns[rule.columns[0]!]!.length;
      const parts = rule.metrics(read!.data.subarray(0, count), columns, clip);
      for (const [name, value] of Object.entries({ loss: part!.data[0]!, ...parts })) {
        metrics[name] = (metrics[name] ?? 0) + value;
      }
    }
    const computed = batches.reduce((sum, { shape }) => sum + shape.rows * shape.length, 0);
    const fill = batches.reduce((sum, { filled }) => sum + filled, 0) / computed;
    return { ...metrics, fill };
  }

  return {
    config,
    head,
    forwardBackward,
    async optimStep(adamW) {
      if (accumulated === null) throw new Error("optimStep: expected a forwardBackward before it, got none");
      step += 1;
      const gradientNorm = updateWeights({ weights, ...moments }, accumulated, adamW, step);
      accumulated = null;
      return { gradientNorm };
    },
    forward: (sequences) =>
      readAll(
        sequences.map((sequence) => [{ tokens: sequence.tokens, reads: predictingPositions(sequence) }]),
      ),
    async scoreLast(sequences) {
      needHead("scalar", "scoreLast");
      const read = await readAll(sequences.map((tokens) => [{ tokens, reads: [tokens.length - 1] }]));
      return read.map(([score]) => score!);
    },
    parameters: () => split(weights, config, head),
    weights: () => weights,
    exportState() {
      if (accumulated !== null)
        throw new Error("exportState: expected no gradients since the last step, got some");
      const named = Object.entries({ parameters: weights, ...moments }).flatMap(([part, tensors]) =>
        [...split(tensors, config, head)].map(([name, tensor]): [string, Tensor] => [
          `${part}/${name}`,
          tensor,
        ]),
      );
      return new Map<string, Tensor>([...named, ["step", int32([step])]]);
    },
    importState(state) {
      const part = (prefix: string): Parameters => {
        const own = [...state].filter(([name]) => name.startsWith(`${prefix}/`));
        return fuse(
          new Map(own.map(([name, tensor]) => [name.slice(prefix.length + 1), tensor])),
          config,
          head,
        );
      };
      const [taken] = state.get("step")?.data ?? [];
      if (taken === undefined) {
        throw new UserError(
          "state-step",
          "training state: expected a tensor step, got none",
          "restore a state that was saved here",
        );
      }
      weights = part("parameters");
      moments = { m: part("m"), v: part("v") };
      step = taken;
      accumulated = null;
    },
    async dispose() {
      for (const executable of compiled.values()) await (await executable).dispose();
      compiled.clear();
    },
  };
}

/** What the head reads at a batch's read positions: [N] log-probabilities of the targets, or scalars. */
function readGraph(config: LlamaConfig, head: Head, { rows: B, length: T, reads: N }: BatchShape) {
  const parameters = parameterInputs(config, head);
  const packed = {
    tokens: input("tokens", [B, T], "int32"),
    positions: input("positions", [B, T], "int32"),
    segments: input("segments", [B, T], "int32"),
  };
  const hidden = readRows(hiddenStates(config, parameters, packed), input("reads", [N], "int32")); // [N,C]
  const read =
    head === "scalar"
      ? scalars(parameters, hidden)
      : targetLogProbs(config, parameters, hidden, input("targets", [N], "int32"));
  return { parameters, read }; // read [N]
}

/** The loss, what was read, and the gradient of every weight under the weight's name. */
function lossGraph(
  config: LlamaConfig,
  head: Head,
  rule: LossRule<never>,
  shape: BatchShape,
): Record<string, Value> {
  const { parameters, read } = readGraph(config, head, shape);
  const loss = rule.graph(read, (name) => input(name, [shape.reads]), input("clip", []));
  const found = gradients(loss, [...parameters.values()]);
  return { loss, read, ...Object.fromEntries([...parameters.keys()].map((name, i) => [name, found[i]!])) };
}

function batchFeeds({
  tokens,
  positions,
  segments,
  reads,
  targets,
}: PackedBatch): Readonly<Record<string, Tensor>> {
  return { tokens, positions, segments, reads, targets };
}

function addGradients(
  accumulated: Map<string, Float32Array> | null,
  found: Readonly<Record<string, Tensor>>,
): Map<string, Float32Array> {
  if (accumulated === null) {
    return new Map(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]));
  }
  for (const [name, total] of accumulated) {
    const { data } = found[name]!;
    for (let i = 0; i < total.length; i++) total[i]! += data[i]!;
  }
  return accumulated;
}

function checkLengths(groups: readonly Group[], { maxPositions, vocabularySize }: LlamaConfig): void {
  for (const { tokens } of groups.flat()) {
    if (tokens.length === 0) throw new Error("sequence: expected at least one token, got none");
    if (tokens.length > maxPositions) {
      throw new UserError(
        "sequence-length",
        `sequence: expected at most ${maxPositions} tokens, got ${tokens.length}`,
        "shorten the conversation, or use a model with more positions",
      );
    }
    const foreign = tokens.find((token) => !(token >= 0 && token < vocabularySize));
    if (foreign !== undefined) {
      throw new Error(`sequence: expected token ids below ${vocabularySize}, got ${foreign}`);
    }
  }
}

const threads = ({ threads }: TrainerOptions) => (threads === undefined ? {} : { threads });
const keyOf = ({ rows, length, reads }: BatchShape) => `${rows}x${length}:${reads}`;
const readCount = (group: Group) => group.reduce((count, { reads }) => count + reads.length, 0);
const zerosLike = (tensors: Parameters): Parameters =>
  new Map([...tensors].map(([name, { shape }]) => [name, zeros(shape)]));

function padTo(numbers: readonly number[], size: number): Tensor<"float32"> {
  const data = new Float32Array(size);
  data.set(numbers);
  return float32(data);
}
