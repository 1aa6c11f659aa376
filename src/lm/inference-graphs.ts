// Compiled graphs for inference, made when first needed and kept: one for each kind and shape. They hold no weights, so all
// models of one configuration share them, and training a model makes none of them stale.
import type { CompileOptions, Executable } from "../engine/session.ts";
import type { BatchShape } from "./batch.ts";
import type { DecoderConfig } from "./config.ts";
import { decodeStep, type StepShape } from "./decode-graph.ts";
import { createGraphCache } from "./graph-cache.ts";
import { readGraph } from "./log-probs.ts";
import { type PrefillShape, prefill } from "./prefill-graph.ts";

/** The compiled graphs of one configuration. */
export interface InferenceGraphs {
  readonly config: DecoderConfig;
  /** Whether steps write the cache: what lies on a GPU is not to come back for it. */
  readonly writesCache: boolean;
  step(shape: StepShape): Promise<Executable>;
  prefill(shape: PrefillShape): Promise<Executable>;
  /** Reads a `PackedBatch` after so many shared positions: `logProbs` [N]. */
  scores(shape: BatchShape, shared: number): Promise<Executable>;
  dispose(): Promise<void>;
}

/** An empty store for one configuration. */
export function createInferenceGraphs(config: DecoderConfig, options: CompileOptions = {}): InferenceGraphs {
  const graphs = createGraphCache(options, Number.POSITIVE_INFINITY);
  const writesCache = options.device === "webgpu";
  return {
    config,
    writesCache,
    step: (shape) => graphs.get(`step ${shape.rows} ${shape.slots}`, () => decodeStep(config, shape)),
    prefill: (shape) =>
      graphs.get(`prefill ${shape.rows} ${shape.length} ${shape.shared}`, () => prefill(config, shape)),
    scores: (shape, shared) =>
      graphs.get(`scores ${shape.rows} ${shape.length} ${shape.reads} ${shared}`, () => ({
        logProbs: readGraph(config, "vocabulary", shape, { shared }).read,
      })),
    dispose: graphs.dispose,
  };
}
