// A loss and its gradients layer by layer, for models too deep for one graph. One compiled layer serves all layers of its kind;
// of each layer only what goes in is kept, and what it makes inside is computed once more on the way back (Chen et al. 2016,
// arXiv 1604.06174). A third more work for the memory of one layer in place of all.
import { gradients, vectorJacobianProducts } from "../engine/backward.ts";
import { input, reshape } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import { accumulate, accumulatedGradient } from "../engine/optimizer.ts";
import { release } from "../engine/session.ts";
import { type Tensor, zeros } from "../engine/tensor.ts";
import type { BatchShape, PackedBatch } from "./batch.ts";
import { type DecoderConfig, EMBEDDING, type Head, isTrained } from "./config.ts";
import { type Dropout, maskFeeds, maskShapes, maskWidths } from "./dropout.ts";
import { memoryShapes, type Parameters } from "./fused-weights.ts";
import type { GraphCache } from "./graph-cache.ts";
import { headWeight, LAST_NORM } from "./heads.ts";
import { batchFeeds, packedInputs, readHead } from "./log-probs.ts";
import {
  type Feeds,
  feedsOf,
  keyOf,
  type LossRunner,
  lossFeeds,
  type Part,
  runOn,
  takenFrom,
} from "./loss-runner.ts";
import { decoderLayer, embeddings, type ParameterValues, packedAttention } from "./transformer.ts";

type Outputs = Readonly<Record<string, Value>>;
type Float32 = Tensor<"float32">;

/** A part's way back: its outputs, and the gradients of its trained weights in their order. */
type Backward = (
  parameters: ParameterValues,
  trained: readonly Value[],
  shape: BatchShape,
) => { readonly outputs: Outputs; readonly byWeight: readonly Value[] };

export function createLayeredLoss(config: DecoderConfig, head: Head, graphs: GraphCache): LossRunner {
  const shapes = memoryShapes(config, head);
  const widths = maskWidths(config);
  const { embedding, layers, last } = partsOf(config, head, [...shapes.keys()]);
  const dropping = layersOf(config, [...shapes.keys(), ...widths.keys()], " dropping");

  function inputsOf({ names }: Part, shape: BatchShape): ParameterValues {
    const all = new Map([...shapes, ...maskShapes(widths, shape)]);
    return new Map([...names].map(([own, name]) => [own, input(own, all.get(name)!)]));
  }

  /** Runs a graph of a part on its weights, the batch and more. */
  async function run(
    name: string,
    part: Part,
    batch: PackedBatch,
    feeds: Feeds,
    build: (parameters: ParameterValues, shape: BatchShape) => Outputs,
    into: Feeds = {},
  ): Promise<Readonly<Record<string, Float32>>> {
    const graph = await graphs.get(`${name} ${part.graph} ${keyOf(batch.shape)}`, () =>
      build(inputsOf(part, batch.shape), batch.shape),
    );
    return runOn(graph, { ...batchFeeds(batch), ...feeds }, into);
  }

  /** Room for hidden states or their gradient [BT,C], which go from graph to graph without coming back from a GPU. */
  const room = ({ rows, length }: BatchShape): Tensor => zeros([rows * length, config.hiddenSize]);

  /** Hidden states [BT,C], an input of that name. */
  const states = (name: string, { rows, length }: BatchShape): Value =>
    input(name, [rows * length, config.hiddenSize]);

  const embed = (parameters: ParameterValues, shape: BatchShape): Value =>
    embeddings(parameters, reshape(packedInputs(shape).tokens, [-1]));

  const throughLayer = (part: Part, parameters: ParameterValues, shape: BatchShape, x: Value): Value =>
    decoderLayer(config, parameters, x, layerIn(part), packedAttention(config, packedInputs(shape)));

  /** What goes into each layer, and then into the head; to be released. */
  async function* forward(
    weights: Parameters,
    batch: PackedBatch,
    dropout: Dropout | null,
  ): AsyncGenerator<Float32> {
    let { x } = await run(
      "forward",
      embedding,
      batch,
      feedsOf(embedding, weights),
      (parameters, shape) => ({ x: embed(parameters, shape) }),
      { x: room(batch.shape) },
    );
    yield x!;
    const masks = maskShapes(widths, batch.shape);
    for (const part of dropout === null ? layers : dropping) {
      ({ x } = await run(
        "forward",
        part,
        batch,
        { ...feedsOf(part, weights), ...maskFeeds(part, masks, dropout), x: x! },
        (parameters, shape) => ({
          x: throughLayer(part, parameters, shape, states("x", shape)),
        }),
        { x: room(batch.shape) },
      ));
      yield x!;
    }
  }

  return {
    parts: trainedOnce(config, [embedding, ...layers, last]),

    async read(weights, batch) {
      let x!: Float32;
      for await (const each of forward(weights, batch, null)) {
        if (x !== undefined) release([x]);
        x = each;
      }
      const { read } = await run(
        "read",
        last,
        batch,
        { ...feedsOf(last, weights), x },
        (parameters, shape) => ({
          read: readHead(config, head, parameters, states("x", shape), shape),
        }),
      );
      release([x]);
      return read!.data;
    },

    async loss(weights, lossBatch, before, into) {
      const { batch, kind, rule, dropout } = lossBatch;
      let sums = before;
      /** Runs a part's way back: what it is fed is released, the gradients it finds join the sums. */
      async function back(name: string, part: Part, feeds: Feeds, build: Backward, made: Feeds) {
        const own = feedsOf(part, sums, accumulatedGradient);
        const first = Object.keys(own).length === 0;
        const all = { ...feedsOf(part, weights), ...own, ...feeds };
        const found = await run(
          `${name} ${first ? "first" : "more"}`,
          part,
          batch,
          all,
          (parameters, shape) => {
            const trained = [...parameters].filter(([name]) => isTrained(config, name));
            const values = trained.map(([, value]) => value);
            const { outputs, byWeight } = build(parameters, values, shape);
            const named = Object.fromEntries(trained.map(([name], i) => [name, byWeight[i]!]));
            return { ...outputs, ...accumulate(named, { first }) };
          },
          { ...feedsOf(part, into, accumulatedGradient), ...made },
        );
        release(Object.values(feeds));
        sums = new Map([...sums, ...takenFrom(part, found, accumulatedGradient)]);
        return found;
      }

      const entering: Float32[] = [];
      for await (const x of forward(weights, batch, dropout)) entering.push(x);
      const found = await back(
        kind,
        last,
        { x: entering.pop()!, ...lossFeeds(lossBatch) },
        (parameters, trained, shape) => {
          const x = states("x", shape);
          const read = readHead(config, head, parameters, x, shape);
          const loss = rule.graph(read, (name) => input(name, [shape.reads]), input("clip", []));
          const [dx, ...byWeight] = gradients(loss, [x, ...trained]);
          return { outputs: { loss, read, dx: dx! }, byWeight };
        },
        { dx: room(batch.shape) },
      );
      const masks = maskShapes(widths, batch.shape);
      let dx = found["dx"]!;
      for (const part of (dropout === null ? layers : dropping).toReversed()) {
        const feeds = { x: entering.pop()!, dy: dx, ...maskFeeds(part, masks, dropout) };
        const passed = await back(
          "backward",
          part,
          feeds,
          (parameters, trained, shape) => {
            const x = states("x", shape);
            const y = throughLayer(part, parameters, shape, x);
            const [dx, ...byWeight] = vectorJacobianProducts(y, states("dy", shape), [x, ...trained]);
            return { outputs: { dx: dx! }, byWeight };
          },
          { dx: room(batch.shape) },
        );
        dx = passed["dx"]!;
      }
      if (isTrained(config, EMBEDDING)) {
        await back(
          "backward",
          embedding,
          { dy: dx },
          (parameters, trained, shape) => ({
            outputs: {},
            byWeight: vectorJacobianProducts(embed(parameters, shape), states("dy", shape), trained),
          }),
          {},
        );
      }
      release([dx]);
      return { loss: found["loss"]!.data[0]!, read: found["read"]!.data, gradients: sums };
    },
  };
}

interface Parts {
  readonly embedding: Part;
  readonly layers: readonly Part[];
  /** The last normalisation and the head. */
  readonly last: Part;
}

function partsOf(config: DecoderConfig, head: Head, names: readonly string[]): Parts {
  const same = (graph: string, own: readonly string[]): Part => ({
    graph,
    names: new Map(own.map((name) => [name, name])),
  });
  return {
    embedding: same("embedding", [EMBEDDING]),
    layers: layersOf(config, names),
    last: same("head", [LAST_NORM, headWeight(config, head)]),
  };
}

/** Layers that turn queries and keys by their positions share the first such layer's graphs, and so do those that do not. */
function layersOf(config: DecoderConfig, names: readonly string[], kind = ""): readonly Part[] {
  const isTurned = (layer: number) => !config.unrotatedLayers.includes(layer);
  return Array.from({ length: config.layers }, (_, layer): Part => {
    const own = names.filter((name) => name.startsWith(layerPrefix(layer)));
    const like = Array.from({ length: layer + 1 }, (_, i) => i).find((i) => isTurned(i) === isTurned(layer))!;
    return {
      graph: `layer ${like}${kind}`,
      names: new Map(own.map((name) => [layerPrefix(like) + name.slice(layerPrefix(layer).length), name])),
    };
  });
}

const layerPrefix = (layer: number): string => `model.layers.${layer}.`;

/** The layer that a part's graph is built as. */
const layerIn = ({ graph }: Part): number => Number(graph.split(" ")[1]);

/** The trained weights of each part, those that parts share in the first; no part without any. */
function trainedOnce(config: DecoderConfig, parts: readonly Part[]): readonly Part[] {
  const seen = new Set<string>();
  const trained = parts.map(({ graph, names }): Part => {
    const own = [...names].filter(([, name]) => isTrained(config, name) && !seen.has(name));
    for (const [, name] of own) seen.add(name);
    return { graph, names: new Map(own) };
  });
  return trained.filter(({ names }) => names.size > 0);
}
