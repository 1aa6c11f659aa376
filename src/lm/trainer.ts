// A model in training: weights, gradients added up since the last step, masks of dropout. Losses run as compiled graphs, one
// for each kind and shape, kept while there is room. Knows no text and no files; blocks its thread while a graph runs.
import type { Device } from "../engine/device.ts";
import { type Seed, seed } from "../engine/random.ts";
import { release, settle } from "../engine/session.ts";
import { float32, int32, type Tensor } from "../engine/tensor.ts";
import type { AdamW, Loss, TokenSequence } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { createOptimizer } from "./adamw.ts";
import { type Group, pack } from "./batch.ts";
import { type DecoderConfig, type Head, isTrained } from "./config.ts";
import type { Dropout } from "./dropout.ts";
import { fuse, memoryShapes, type Parameters, split, zerosOf } from "./fused-weights.ts";
import { createGraphCache } from "./graph-cache.ts";
import { createLayeredLoss } from "./layered-loss.ts";
import { checkSequences, readCount } from "./log-probs.ts";
import { LOSSES, type LossKind, type LossOf, type LossRule, predictingPositions } from "./losses.ts";
import { isDeep, tokensAtOnce } from "./memory.ts";
import { createWholeLoss } from "./whole-loss.ts";

export interface TrainerOptions {
  readonly config: DecoderConfig;
  readonly head: Head;
  /** In memory layout (`fuse`). Never written to: what is trained moves into tensors of the trainer's own. */
  readonly weights: Parameters;
  /** Most tokens that go through the model at once, padding included. Bounds memory; does not change results. */
  readonly tokensPerMicrobatch?: number;
  /** One layer at a time, what it makes computed again on the way back: by default where a model `isDeep`. */
  readonly layered?: boolean;
  /** What masks of dropout are drawn from, each step's and batch's from a stream of its own. */
  readonly masksFrom?: Seed;
  readonly device?: Device;
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
  /** Brings what training left on a GPU back here, where the functions below show it. */
  settle(): Promise<void>;
  /** The weights in Hugging Face layout, not copied. */
  parameters(): Parameters;
  /** The weights in memory layout, not copied: the next step or `importState` changes them. For sampling. */
  weights(): Parameters;
  /**
   * Trained weights, their moments and the step count by name: `parameters/<name>`, `m/<name>`, `v/<name>` in Hugging Face layout,
   * and `step`. Not copied: the next step changes them.
   */
  exportState(): Map<string, Tensor>;
  /** Copies what `exportState` gave, bit for bit; gradients added up since the last step are forgotten. */
  importState(state: ReadonlyMap<string, Tensor>): void;
  dispose(): Promise<void>;
}

/** Batches of mixed lengths take some forty shapes in turn; compiling one costs as much as training on it. */
const MAX_COMPILED = 64;

/** Makes a model ready to train, at step 0. */
export function createTrainer(options: TrainerOptions): Trainer {
  const {
    config,
    head,
    device = "cpu",
    threads,
    tokensPerMicrobatch = tokensAtOnce(config, head),
    layered = isDeep(config, tokensPerMicrobatch),
    masksFrom = seed("dropout"),
  } = options;
  const graphs = createGraphCache({ device, ...(threads === undefined ? {} : { threads }) }, MAX_COMPILED);
  const losses = (layered ? createLayeredLoss : createWholeLoss)(config, head, graphs);
  const trainedShapes = new Map([...memoryShapes(config, head)].filter(([name]) => isTrained(config, name)));
  const optimizer = createOptimizer(losses.parts, trainedShapes, graphs);
  let weights = options.weights;
  let accumulated: Parameters | null = null;
  /** Where the gradients lie, from step to step. */
  let buffers: Parameters | null = null;
  /** Batches whose gradients were added up since the last step. */
  let batchesSince = 0;

  /** Everything that training writes. */
  const held = (): readonly Tensor[] => [
    ...trained().values(),
    ...optimizer.held(),
    ...(buffers?.values() ?? []),
  ];

  /** The weights that change. */
  const trained = (): Parameters => new Map([...weights].filter(([name]) => isTrained(config, name)));

  /** Of the next batch: named by what a state holds or begins anew, so that a training taken up goes on with the same masks. */
  function nextDropout(): Dropout | null {
    const share = config.lora?.dropout ?? 0;
    return share === 0 ? null : { share, from: masksFrom.child(optimizer.step(), batchesSince) };
  }

  function needHead(wanted: Head, what: string): void {
    if (head === wanted) return;
    throw new Error(`${what}: expected a model with a ${wanted} head, got one with a ${head} head`);
  }

  /** Reads every group, batch by batch: for each group what was read, in order. */
  async function readAll(groups: readonly Group[]): Promise<readonly (readonly number[])[]> {
    checkSequences(groups, config);
    const results: (readonly number[])[] = groups.map(() => []);
    for (const batch of pack(groups, tokensPerMicrobatch)) {
      const read = await losses.read(weights, batch);
      let start = 0;
      for (const group of batch.groups) {
        const count = readCount(groups[group]!);
        results[group] = Array.from(read.subarray(start, start + count));
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
    buffers ??= zerosOf(trainedShapes);
    const metrics: Record<string, number> = { loss: 0 };
    for (const batch of batches) {
      const column = (name: string) => batch.groups.flatMap((group) => terms[group]!.columns[name]!);
      const columns = Object.fromEntries(rule.columns.map((name) => [name, column(name)]));
      const found = await losses.loss(
        weights,
        {
          batch,
          kind,
          rule: rule as LossRule<never>,
          columns,
          clip,
          dropout: rule.drops ? nextDropout() : null,
        },
        accumulated ?? new Map(),
        buffers,
      );
      batchesSince += 1;
      accumulated = found.gradients;
      const count = columns[rule.columns[0]!]!.length;
      const parts = rule.metrics(found.read.subarray(0, count), columns, clip);
      for (const [name, value] of Object.entries({ loss: found.loss, ...parts })) {
        metrics[name] = (metrics[name] ?? 0) + value;
      }
    }
    const computed = batches.reduce((sum, { shape }) => sum + shape.rows * shape.length, 0);
    const fill = batches.reduce((sum, { filled }) => sum + filled, 0) / computed;
    return { ...metrics, fill };
  }

  async function optimStep(settings: AdamW): Promise<{ readonly gradientNorm: number }> {
    if (accumulated === null) throw new Error("optimStep: expected a forwardBackward before it, got none");
    const stepped = await optimizer.apply(weights, accumulated, settings);
    weights = stepped.weights;
    accumulated = null;
    batchesSince = 0;
    return { gradientNorm: stepped.gradientNorm };
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
      const named = Object.entries({ parameters: trained(), ...optimizer.moments() }).flatMap(
        ([part, tensors]) =>
          [...split(tensors, config, head)].map(([name, tensor]): [string, Tensor] => [
            `${part}/${name}`,
            tensor,
          ]),
      );
      return new Map<string, Tensor>([...named, ["step", int32([optimizer.step()])]]);
    },
    importState(state) {
      const part = (prefix: string): Parameters => {
        const own = [...state].filter(([name]) => name.startsWith(prefix));
        const named = new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
        const fused = fuse(named, config, head, (name) => isTrained(config, name));
        return new Map([...fused].map(([name, { data, shape }]) => [name, float32(data.slice(), shape)]));
      };
      const [step] = state.get("step")?.data ?? [];
      if (step === undefined) {
        throw new UserError(
          "state-step",
          "training state: expected a tensor step, got none",
          "restore a state that was saved here",
        );
      }
      release(held());
      weights = new Map([...weights, ...part("parameters/")]);
      optimizer.restore(step, { m: part("m/"), v: part("v/") });
      accumulated = null;
      batchesSince = 0;
    },
    settle: () => settle(held()),
    async dispose() {
      release(held());
      await graphs.dispose();
    },
  };
}
