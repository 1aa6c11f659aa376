// A loss and the gradient of every weight as one graph, for models whose layers' activations all fit: the fastest way.
import { gradients } from "../engine/backward.ts";
import { input } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import { accumulate, accumulatedGradient } from "../engine/optimizer.ts";
import type { Shape } from "../engine/shape.ts";
import type { BatchShape } from "./batch.ts";
import { type DecoderConfig, type Head, isTrained } from "./config.ts";
import { maskFeeds, maskShapes, maskWidths } from "./dropout.ts";
import { memoryShapes } from "./fused-weights.ts";
import type { GraphCache } from "./graph-cache.ts";
import { batchFeeds, readGraph } from "./log-probs.ts";
import { feedsOf, keyOf, type LossRunner, lossFeeds, type Part, runOn, takenFrom } from "./loss-runner.ts";
import type { LossRule } from "./losses.ts";

export function createWholeLoss(config: DecoderConfig, head: Head, graphs: GraphCache): LossRunner {
  const names = [...memoryShapes(config, head).keys()];
  const widths = maskWidths(config);
  const partOf = (names: readonly string[]): Part => ({
    graph: "whole",
    names: new Map(names.map((name) => [name, name])),
  });
  const all = partOf([...names, ...widths.keys()]);
  const trained = partOf(names.filter((name) => isTrained(config, name)));
  return {
    parts: [trained],

    async read(weights, batch) {
      const graph = await graphs.get(`read ${keyOf(batch.shape)}`, () => ({
        read: readGraph(config, head, batch.shape).read,
      }));
      const { read } = await runOn(graph, { ...feedsOf(all, weights), ...batchFeeds(batch) });
      return read!.data;
    },

    async loss(weights, lossBatch, before, into) {
      const { batch, kind, rule, dropout } = lossBatch;
      const first = before.size === 0;
      const masks = dropout === null ? new Map() : maskShapes(widths, batch.shape);
      const graph = await graphs.get(`${kind} ${keyOf(batch.shape)} ${first ? "first" : "more"}`, () =>
        lossGraph(config, head, rule, batch.shape, first, masks),
      );
      const feeds = {
        ...feedsOf(all, weights),
        ...feedsOf(trained, before, accumulatedGradient),
        ...batchFeeds(batch),
        ...lossFeeds(lossBatch),
        ...maskFeeds(all, masks, dropout),
      };
      const found = await runOn(graph, feeds, feedsOf(trained, into, accumulatedGradient));
      return {
        loss: found["loss"]!.data[0]!,
        read: found["read"]!.data,
        gradients: takenFrom(trained, found, accumulatedGradient),
      };
    },
  };
}

/** The loss, what was read, and the gradient of every weight, added to what is fed of it unless it is the first. */
function lossGraph(
  config: DecoderConfig,
  head: Head,
  rule: LossRule<never>,
  shape: BatchShape,
  first: boolean,
  masks: ReadonlyMap<string, Shape>,
): Readonly<Record<string, Value>> {
  const { parameters, read } = readGraph(config, head, shape, { masks });
  const loss = rule.graph(read, (name) => input(name, [shape.reads]), input("clip", []));
  const trained = [...parameters].filter(([name]) => isTrained(config, name));
  const found = gradients(
    loss,
    trained.map(([, value]) => value),
  );
  const named = Object.fromEntries(trained.map(([name], i) => [name, found[i]!]));
  return { loss, read, ...accumulate(named, { first }) };
}
