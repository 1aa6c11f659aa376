// A model in training: weights, gradients added up since the last step, AdamW's moments. Losses run as compiled graphs, one
// for each kind and shape, kept while there is room. Knows no text and no files; blocks its thread while a graph runs.
import { gradients } from "../engine/backward.ts";
import { input } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import {
  type AdamWSettings,
  accumulate,
  accumulatedGradient,
  adamW,
  firstMoment,
  secondMoment,
  stepFeeds,
} from "../engine/optimizer.ts";
import type { CompileOptions, Executable } from "../engine/session.ts";
import { float32, int32, scalar, type Tensor, zeros } from "../engine/tensor.ts";
import type { AdamW, Loss, TokenSequence } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { type BatchShape, type Group, type PackedBatch, pack } from "./batch.ts";
import { type DecoderConfig, type Head, isTrained } from "./config.ts";
import { fuse, type Parameters, split } from "./fused-weights.ts";
import { createGraphCache } from "./graph-cache.ts";
import { checkSequences, readCount, readGraph } from "./log-probs.ts";
import { LOSSES, type LossKind, type LossOf, type LossRule, predictingPositions } from "./losses.ts";
import { parameterInputs } from "./transformer.ts";

export interface TrainerOptions {
  readonly config: DecoderConfig;
  readonly head: Head;
  /** In memory layout (`fuse`). Never written to: what is trained moves into tensors of the trainer's own. */
  readonly weights: Parameters;
  /** Most tokens that go through the model at once, padding included. Bounds memory; does not change results. */
  readonly tokensPerMicrobatch?: number;
  readonly device?: NonNullable<CompileOptions["device"]>;
  readonly threads?: number;
}

export interface Trainer {
  readonly config: DecoderConfig;
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
  /** Trained weights, their moments and the step count by name: `parameters/<name>`, `m/<name>`, `v/<name>` in Hugging Face layout, and `step`. */
  exportState(): Map<string, Tensor>;
  /** Takes back what `exportState` gave, bit for bit; gradients added up since the last step are forgotten. */
  importState(state: ReadonlyMap<string, Tensor>): void;
  dispose(): Promise<void>;
}

/** Rows of 160 to 320 tokens fill it; activations of more leave the caches (bench/train-step.ts). */
const DEFAULT_TOKENS_PER_MICROBATCH = 1600;
/** Batches of mixed lengths take some forty shapes in turn; compiling one costs as much as training on it. */
const MAX_COMPILED = 64;

/** Makes a model ready to train, at step 0. */
export function createTrainer(options: TrainerOptions): Trainer {
  const {
    config,
    head,
    device = "cpu",
    threads,
    tokensPerMicrobatch = DEFAULT_TOKENS_PER_MICROBATCH,
  } = options;
  const graphs = createGraphCache({ device, ...(threads === undefined ? {} : { threads }) }, MAX_COMPILED);
  let weights = options.weights;
  let moments: { readonly m: Parameters; readonly v: Parameters } | null = null;
  let accumulated: Parameters | null = null;
  let step = 0;

  /** The weights that change. */
  const trained = (): Parameters => new Map([...weights].filter(([name]) => isTrained(config, name)));

  function needHead(wanted: Head, what: string): void {
    if (head === wanted) return;
    throw new Error(`${what}: expected a model with a ${wanted} head, got one with a ${head} head`);
  }

  /** Reads every group, batch by batch: for each group what was read, in order. */
  async function readAll(groups: readonly Group[]): Promise<readonly (readonly number[])[]> {
    checkSequences(groups, config);
    const results: (readonly number[])[] = groups.map(() => []);
    for (const batch of pack(groups, tokensPerMicrobatch)) {
      const name = `read ${keyOf(batch.shape)}`;
      const graph = await graphs.get(name, () => ({ read: readGraph(config, head, batch.shape).read }));
      const { read } = await run(graph, { ...byName(weights), ...batchFeeds(batch) });
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
    loss: LossOf<K>,
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
    checkSequences(groups, config);
    const batches = pack(groups, tokensPerMicrobatch);
    const metrics: Record<string, number> = { loss: 0 };
    for (const batch of batches) {
      const first = accumulated === null;
      const graph = await graphs.get(`${kind} ${keyOf(batch.shape)} ${first ? "first" : "more"}`, () =>
        lossGraph(config, head, rule as LossRule<never>, batch.shape, first),
      );
      const column = (name: string) => batch.groups.flatMap((group) => terms[group]!.columns[name]!);
      const columns = Object.fromEntries(rule.columns.map((name) => [name, column(name)]));
      const found = await run(graph, {
        ...byName(weights),
        ...(accumulated === null ? {} : byName(accumulated, accumulatedGradient)),
        ...batchFeeds(batch),
        ...Object.fromEntries(rule.columns.map((name) => [name, padTo(columns[name]!, batch.shape.reads)])),
        clip: scalar(clip),
      });
      accumulated = take(trained(), found, accumulatedGradient);
      const count = columns[rule.columns[0]!]!.length;
      const parts = rule.metrics(found["read"]!.data.subarray(0, count), columns, clip);
      for (const [name, value] of Object.entries({ loss: found["loss"]!.data[0]!, ...parts })) {
        metrics[name] = (metrics[name] ?? 0) + value;
      }
    }
    const computed = batches.reduce((sum, { shape }) => sum + shape.rows * shape.length, 0);
    const fill = batches.reduce((sum, { filled }) => sum + filled, 0) / computed;
    return { ...metrics, fill };
  }

  async function optimStep({
    learningRate,
    clipNorm,
    ...rest
  }: AdamW): Promise<{ readonly gradientNorm: number }> {
    if (accumulated === null) throw new Error("optimStep: expected a forwardBackward before it, got none");
    const settings = { ...rest, maxGradientNorm: clipNorm };
    const graph = await graphs.get(`adamW ${Object.values(settings)}`, () =>
      stepGraph(config, head, settings),
    );
    const { m, v } = moments ?? { m: zerosLike(trained()), v: zerosLike(trained()) };
    const found = await run(graph, {
      ...byName(weights),
      ...byName(m, firstMoment),
      ...byName(v, secondMoment),
      ...byName(accumulated, accumulatedGradient),
      ...stepFeeds(step + 1, learningRate, settings),
    });
    moments = { m: take(trained(), found, firstMoment), v: take(trained(), found, secondMoment) };
    weights = new Map([...weights, ...take(trained(), found)]);
    accumulated = null;
    step += 1;
    return { gradientNorm: found["gradientNorm"]!.data[0]! };
  }

  return {
    config,
    head,
    forwardBackward,
    optimStep,
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
      const { m, v } = moments ?? { m: zerosLike(trained()), v: zerosLike(trained()) };
      const named = Object.entries({ parameters: trained(), m, v }).flatMap(([part, tensors]) =>
        [...split(tensors, config, head)].map(([name, tensor]): [string, Tensor] => [
          `${part}/${name}`,
          tensor,
        ]),
      );
      return new Map<string, Tensor>([...named, ["step", int32([step])]]);
    },
    importState(state) {
      const part = (prefix: string): Parameters => {
        const own = [...state].filter(([name]) => name.startsWith(prefix));
        const named = new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
        return fuse(named, config, head, (name) => isTrained(config, name));
      };
      const [taken] = state.get("step")?.data ?? [];
      if (taken === undefined) {
        throw new UserError(
          "state-step",
          "training state: expected a tensor step, got none",
          "restore a state that was saved here",
        );
      }
      weights = new Map([...weights, ...part("parameters/")]);
      moments = { m: part("m/"), v: part("v/") };
      step = taken;
      accumulated = null;
    },
    dispose: () => graphs.dispose(),
  };
}

/** The loss, what was read, and the gradient of every weight, added to what is fed of it unless it is the first. */
function lossGraph(
  config: DecoderConfig,
  head: Head,
  rule: LossRule<never>,
  shape: BatchShape,
  first: boolean,
): Readonly<Record<string, Value>> {
  const { parameters, read } = readGraph(config, head, shape);
  const loss = rule.graph(read, (name) => input(name, [shape.reads]), input("clip", []));
  const trained = [...parameters].filter(([name]) => isTrained(config, name));
  const found = gradients(
    loss,
    trained.map(([, value]) => value),
  );
  const named = Object.fromEntries(trained.map(([name], i) => [name, found[i]!]));
  return { loss, read, ...accumulate(named, { first }) };
}

/** AdamW on the gradients that are fed. */
function stepGraph(
  config: DecoderConfig,
  head: Head,
  settings: AdamWSettings,
): Readonly<Record<string, Value>> {
  const trained = [...parameterInputs(config, head)].filter(([name]) => isTrained(config, name));
  const parameters = trained.map(([name, value]) => ({
    name,
    value,
    gradient: input(accumulatedGradient(name), value.shape),
    decays: value.shape.length > 1,
  }));
  return adamW(parameters, settings);
}

/** Runs a graph on those of the tensors that it reads. */
function run(graph: Executable, tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
  return graph.run(Object.fromEntries([...graph.inputs.keys()].map((name) => [name, tensors[name]!])));
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

const byName = (parameters: Parameters, nameOf = (name: string) => name): Record<string, Tensor> =>
  Object.fromEntries([...parameters].map(([name, tensor]) => [nameOf(name), tensor]));

/** The tensors of a run that belong to the weights, under the weights' names. */
const take = (
  weights: Parameters,
  found: Readonly<Record<string, Tensor>>,
  nameOf = (name: string) => name,
): Parameters => new Map([...weights.keys()].map((name) => [name, found[nameOf(name)] as Tensor<"float32">]));

const zerosLike = (tensors: Parameters): Parameters =>
  new Map([...tensors].map(([name, { shape }]) => [name, zeros(shape)]));

const keyOf = ({ rows, length, reads }: BatchShape): string => `${rows}x${length}:${reads}`;

function padTo(numbers: readonly number[], size: number): Tensor<"float32"> {
  const data = new Float32Array(size);
  data.set(numbers);
  return float32(data);
}
