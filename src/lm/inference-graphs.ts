// Compiled graphs for inference, made when first needed and kept: one for each kind and shape. They hold no weights, so all
// models of one configuration share them, and training a model makes none of them stale.
import type { Value } from "../engine/graph.ts";
import { type CompileOptions, compile, type Executable } from "../engine/session.ts";
import type { BatchShape } from "./batch.ts";
import type { DecoderConfig } from "./config.ts";
import { decodeStep, type StepShape } from "./decode-graph.ts";
import { readGraph } from "./log-probs.ts";
import { type PrefillShape, prefill } from "./prefill-graph.ts";

/** The compiled graphs of one configuration. */
export interface InferenceGraphs {
  readonly config: DecoderConfig;
  /** Whether steps write the cache: what lies on a GPU is not to come back for it. */
  readonly writesCache: boolean;
  step(shape: StepShape): Promise<Executable>;
  prefill(shape: PrefillShape): Promise<Executable>;
  /** Reads a `PackedBatch`: `logProbs` [N]. */
  scores(shape: BatchShape): Promise<Executable>;
  dispose(): Promise<void>;
}

/** An empty store for one configuration. */
export function createInferenceGraphs(
  config: DecoderConfig,
  options: Pick<CompileOptions, "device" | "threads"> = {},
): InferenceGraphs {
  const compiled = new Map<string, Promise<Executable>>();
  function once(key: string, build: () => Record<string, Value>): Promise<Executable> {
    let executable = compiled.get(key);
    if (executable === undefined) {
      executable = compile(build(), options);
      compiled.set(key, executable);
    }
    return executable;
  }
  const writesCache = options.device === "webgpu";
  return {
    config,
    writesCache,
    step: (shape) => once(`step ${shape.rows} ${shape.slots}`, () => decodeStep(config, shape)),
    prefill: (shape) => once(`prefill ${shape.rows} ${shape.length}`, () => prefill(config, shape)),
    scores: (shape) =>
      once(`scores ${shape.rows} ${shape.length} ${shape.reads}`, () => ({
        logProbs: readGraph(config, "vocabulary", shape).read,
      })),
    async dispose() {
      for (const executable of compiled.values()) await (await executable).dispose();
      compiled.clear();
    },
  };
}
