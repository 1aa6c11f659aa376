// Runs graphs: the one file that knows ONNX Runtime. A run blocks the thread it is called on, so everything that must
// stay responsive calls this from a worker. Outputs are copied out of the runtime, inputs are read in place.

import { availableParallelism } from "node:os";
import * as ort from "onnxruntime-node";
import { checkGraph, type InputSignature } from "./check.ts";
import type { Value } from "./graph.ts";
import { type Device, lowerGraph } from "./lower.ts";
import { formatShape, sameShape, shapeError } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

export interface CompileOptions {
  /** Named inputs whose tensors become part of the model: the runtime packs them for its matrix products. */
  readonly bound?: Readonly<Record<string, Tensor>>;
  readonly device?: Device;
  /** Threads of one run; all cores by default. */
  readonly threads?: number;
  /** A file prefix to write the runtime's own profile to. */
  readonly profile?: string;
}

/** A compiled graph. */
export interface Executable {
  /** What a run must be fed, by name. */
  readonly inputs: ReadonlyMap<string, InputSignature>;
  /**
   * Computes the outputs.
   * @throws when a fed tensor is missing, unknown, or of another shape or dtype than its input
   */
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

/**
 * Compiles a graph for one device; shapes are static, so one executable serves one set of shapes.
 * @example
 * const x = input("x", [2, 3]);
 * const double = await compile({ y: mul(x, 2) });
 * const { y } = await double.run({ x: filled([2, 3], 1) });
 */
export async function compile(
  outputs: Readonly<Record<string, Value>>,
  options: CompileOptions = {},
): Promise<Executable> {
  checkBound(outputs, options.bound ?? {});
  const { bytes, inputs } = lowerGraph(outputs, options);
  const session = await ort.InferenceSession.create(bytes, sessionOptions(options));
  const names = Object.keys(outputs);
  return {
    inputs,
    run: async (feeds) => {
      const fed = feedsOf(inputs, feeds);
      const results = await session.run(fed);
      return Object.fromEntries(names.map((name) => [name, tensorOf(name, results[`out:${name}`]!)]));
    },
    dispose: async () => {
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

function sessionOptions({
  device = "cpu",
  threads,
  profile,
}: CompileOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: device === "cpu" ? ["cpu"] : ["webgpu", "cpu"],
    intraOpNumThreads: threads ?? availableParallelism(),
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    // Graphs give their working memory back after a run: with an arena each keeps its own (700 MB for a training step of
    // 2,688 tokens), for 3% of the time.
    enableCpuMemArena: false,
    enableMemPattern: false,
    // Idle threads of the pool spin while a run lasts, and must not take a core from others after it.
    extra: { session: { force_spinning_stop: "1" } },
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
  };
}

function checkBound(outputs: Readonly<Record<string, Value>>, bound: Readonly<Record<string, Tensor>>): void {
  if (Object.keys(bound).length === 0) return;
  const inputs = checkGraph(Object.values(outputs));
  for (const [name, tensor] of Object.entries(bound)) checkFeed(inputs, name, tensor);
}

function feedsOf(
  inputs: ReadonlyMap<string, InputSignature>,
  feeds: Readonly<Record<string, Tensor>>,
): Record<string, ort.Tensor> {
  const fed: Record<string, ort.Tensor> = {};
  for (const name of inputs.keys()) {
    const tensor = feeds[name];
    if (tensor === undefined)
      throw shapeError("run", `a tensor for input ${name}`, Object.keys(feeds).join(", ") || "none");
    checkFeed(inputs, name, tensor);
    fed[`in:${name}`] = new ort.Tensor(tensor.dtype, tensor.data, tensor.shape);
  }
  const unknown = Object.keys(feeds).find((name) => !inputs.has(name));
  if (unknown !== undefined) throw shapeError("run", `inputs ${[...inputs.keys()].join(", ")}`, unknown);
  return fed;
}

function checkFeed(
  inputs: ReadonlyMap<string, InputSignature>,
  name: string,
  { dtype, shape }: Tensor,
): void {
  const wanted = inputs.get(name);
  const got = `${dtype} ${formatShape(shape)}`;
  if (wanted === undefined)
    throw shapeError("compile", `one of the inputs ${[...inputs.keys()].join(", ")}`, `${name} ${got}`);
  if (wanted.dtype === dtype && sameShape(wanted.shape, shape)) return;
  throw shapeError(`input ${name}`, `${wanted.dtype} ${formatShape(wanted.shape)}`, got);
}

function tensorOf(name: string, { type, dims, data }: ort.Tensor): Tensor {
  if (type === "float32") return { dtype: type, shape: dims, data: data as Float32Array };
  if (type === "int32") return { dtype: type, shape: dims, data: data as Int32Array };
  throw new Error(`internal: output ${name}: expected float32 or int32, got ${type}`);
}
