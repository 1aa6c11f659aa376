// AdamW over a model's trained weights: their moments and the count of steps. A step is a compiled graph for each part of the
// weights, after one that gives the part's share of the gradients' norm. Knows no losses and no files.
import { input } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import {
  type AdamWSettings,
  accumulatedGradient,
  adamW,
  firstMoment,
  secondMoment,
  squaredNorm,
  stepFeeds,
} from "../engine/optimizer.ts";
import { release } from "../engine/session.ts";
import type { Shape } from "../engine/shape.ts";
import { scalar, type Tensor } from "../engine/tensor.ts";
import type { AdamW } from "../models/model.ts";
import { type Parameters, zerosOf } from "./fused-weights.ts";
import type { GraphCache } from "./graph-cache.ts";
import { feedsOf, type Part, runOn, takenFrom } from "./loss-runner.ts";

/** First and second moment of every trained weight, by memory name. */
export interface Moments {
  readonly m: Parameters;
  readonly v: Parameters;
}

export interface Optimizer {
  /**
   * One step.
   *
   * @param weights those of the model. The first step leaves them as they are and makes new ones, which the later ones write over
   * @param sums gradients of every trained weight
   * @returns the weights after it, and the norm of the gradients before clipping
   */
  apply(
    weights: Parameters,
    sums: Parameters,
    settings: AdamW,
  ): Promise<{ readonly weights: Parameters; readonly gradientNorm: number }>;
  /** Steps done. */
  step(): number;
  /** Zeros before the first step. Not copied: the next step changes them. */
  moments(): Moments;
  /** Takes up a training where it was left, on trained weights that the next step may write over. */
  restore(step: number, moments: Moments): void;
  /** What steps write beside the weights. */
  held(): readonly Tensor[];
}

/**
 * AdamW at step 0.
 *
 * @param parts every trained weight once
 * @param shapes of the trained weights, by memory name
 */
export function createOptimizer(
  parts: readonly Part[],
  shapes: ReadonlyMap<string, Shape>,
  graphs: GraphCache,
): Optimizer {
  let step = 0;
  let kept: Moments | null = null;
  /** Whether the trained weights lie in tensors that are nobody else's, to be written over. */
  let ownsWeights = false;
  const moments = (): Moments => kept ?? { m: zerosOf(shapes), v: zerosOf(shapes) };

  async function normOf(sums: Parameters): Promise<number> {
    let squared = 0;
    for (const part of parts) {
      const graph = await graphs.get(`norm ${part.graph}`, () => normGraph(part, shapes));
      const found = await runOn(graph, feedsOf(part, sums, accumulatedGradient));
      squared += found["squared"]!.data[0]!;
    }
    return Math.fround(Math.sqrt(squared));
  }

  return {
    async apply(weights, sums, { learningRate, clipNorm, ...rest }) {
      const settings = { ...rest, maxGradientNorm: clipNorm };
      const gradientNorm = await normOf(sums);
      const scalars = {
        ...stepFeeds(step + 1, learningRate, settings),
        gradientNorm: scalar(gradientNorm),
      };
      kept = moments();
      let after = weights;
      for (const part of parts) {
        const graph = await graphs.get(`adamW ${part.graph} ${Object.values(settings)}`, () =>
          stepGraph(part, shapes, settings),
        );
        const state = { ...feedsOf(part, kept.m, firstMoment), ...feedsOf(part, kept.v, secondMoment) };
        const own = feedsOf(part, weights);
        const gradients = feedsOf(part, sums, accumulatedGradient);
        const found = await runOn(
          graph,
          { ...own, ...state, ...gradients, ...scalars },
          ownsWeights ? { ...own, ...state } : state,
        );
        if (!ownsWeights) release(Object.values(own));
        after = new Map([...after, ...takenFrom(part, found)]);
      }
      ownsWeights = true;
      step += 1;
      return { weights: after, gradientNorm };
    },
    step: () => step,
    moments,
    restore(taken, given) {
      step = taken;
      kept = given;
      ownsWeights = true;
    },
    held: () => (kept === null ? [] : [...kept.m.values(), ...kept.v.values()]),
  };
}

/** The square of the gradients' norm, of one part. */
function normGraph({ names }: Part, shapes: ReadonlyMap<string, Shape>): Readonly<Record<string, Value>> {
  const fed = [...names].map(([own, name]) => input(accumulatedGradient(own), shapes.get(name)!));
  return { squared: squaredNorm(fed) };
}

/** AdamW on the gradients that are fed, of one part. */
function stepGraph(
  { names }: Part,
  shapes: ReadonlyMap<string, Shape>,
  settings: AdamWSettings,
): Readonly<Record<string, Value>> {
  const parameters = [...names].map(([own, name]) => {
    const shape = shapes.get(name)!;
    const gradient = input(accumulatedGradient(own), shape);
    return { name: own, value: input(own, shape), gradient, decays: shape.length > 1 };
  });
  return adamW(parameters, input("gradientNorm", []), settings);
}
