// Runs graphs: the one file that knows ONNX Runtime. A run blocks the thread it is called on, so everything that must
// stay responsive calls this from a worker. Outputs are copied out of the runtime, inputs are read in place.

import { availableParallelism } from "node:os";
import * as ort from "onnxruntime-node";
import { UserError } from "../user-error.ts";
import { checkGraph, type InputSignature } from "./check.ts";
import { input } from "./functions.ts";
import type { Value } from "./graph.ts";
import { lowerGraph } from "./lower.ts";
import type { Device } from "./lowering.ts";
import { formatShape, sameShape, shapeError } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

export interface CompileOptions {
  /** Named inputs whose tensors become part of the model: the runtime packs them for its matrix products. */
  readonly bound?: Readonly<Record<string, Tensor>>;
  readonly device?: Device;
  /**
   * Outputs that stay where they were computed and, where an input has the same name, are its value at the next run:
   * weights and moments in training, which would otherwise cross to the GPU and back at every step.
   */
  readonly keepOnDevice?: readonly string[];
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
   * Computes the outputs, all but those kept on the device. What a run before kept need not be fed, and is replaced if fed.
   * @param into outputs that are written where a tensor lies already, which is then returned. On the CPU that may be a fed tensor,
   *   where the graph has no more use for it by the time the output is known: a sum over what is added to, a weight over the weight.
   * @throws when a fed tensor is missing, unknown, or of another shape or dtype than its input
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>>;
  /** The present values of all outputs kept on the device. */
  read(): Promise<Record<string, Tensor>>;
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
  const session = await createSession(bytes, options);
  const kept = new Map<string, ort.Tensor>();
  const keep = new Set(options.keepOnDevice);
  const returned = Object.keys(outputs).filter((name) => !keep.has(name));
  return {
    inputs,
    run: async (feeds, into = {}) => {
      const fetches = Object.entries(outputs).map(([name, { shape, dtype }]) => {
        const given = into[name];
        if (given !== undefined) checkTensor(`output ${name}`, { shape, dtype }, given);
        return [`out:${name}`, given === undefined ? null : runtimeTensor(given)] as const;
      });
      const results = await session.run(feedsOf(inputs, feeds, kept), Object.fromEntries(fetches));
      for (const name of keep) {
        kept.get(name)?.dispose();
        kept.set(name, results[`out:${name}`]!);
      }
      const fresh = returned.filter((name) => into[name] === undefined);
      return {
        ...tensorsOf(Object.fromEntries(fresh.map((name) => [name, results[`out:${name}`]!]))),
        ...into,
      };
    },
    read: async () => {
      if (kept.size < keep.size) throw shapeError("read", "a run before it", "none");
      return options.device === "webgpu" ? download(outputs, kept) : tensorsOf(Object.fromEntries(kept));
    },
    dispose: async () => {
      for (const tensor of kept.values()) tensor.dispose();
      kept.clear();
      if (options.profile !== undefined) session.endProfiling();
      await session.release();
    },
  };
}

async function createSession(bytes: Uint8Array, options: CompileOptions): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(bytes, sessionOptions(options));
  } catch (cause) {
    if (!String(cause).includes("WebGPU adapter")) throw cause;
    throw new UserError(
      "no-gpu",
      "device webgpu: expected a GPU with a driver for Vulkan, Metal or Direct3D 12, got none",
      "Use the device cpu, or install the driver of your GPU.",
      { cause },
    );
  }
}

function sessionOptions({
  device = "cpu",
  threads,
  profile,
  keepOnDevice = [],
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
    ...(device === "webgpu" && keepOnDevice.length > 0
      ? {
          preferredOutputLocation: Object.fromEntries(
            keepOnDevice.map((name) => [`out:${name}`, "gpu-buffer" as const]),
          ),
        }
      : {}),
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
  kept: ReadonlyMap<string, ort.Tensor>,
): Record<string, ort.Tensor> {
  const fed: Record<string, ort.Tensor> = {};
  for (const name of inputs.keys()) {
    const tensor = feeds[name];
    const known = kept.get(name);
    if (tensor === undefined && known !== undefined) {
      fed[`in:${name}`] = known;
      continue;
    }
    if (tensor === undefined)
      throw shapeError("run", `a tensor for input ${name}`, Object.keys(feeds).join(", ") || "none");
    checkFeed(inputs, name, tensor);
    fed[`in:${name}`] = runtimeTensor(tensor);
  }
  const unknown = Object.keys(feeds).find((name) => !inputs.has(name));
  if (unknown !== undefined) throw shapeError("run", `inputs ${[...inputs.keys()].join(", ")}`, unknown);
  return fed;
}

const runtimeTensor = ({ dtype, data, shape }: Tensor): ort.Tensor => new ort.Tensor(dtype, data, shape);

function checkFeed(inputs: ReadonlyMap<string, InputSignature>, name: string, tensor: Tensor): void {
  const wanted = inputs.get(name);
  if (wanted === undefined)
    throw shapeError(
      "compile",
      `one of the inputs ${[...inputs.keys()].join(", ")}`,
      `${name} ${formatTensor(tensor)}`,
    );
  checkTensor(`input ${name}`, wanted, tensor);
}

function checkTensor(what: string, wanted: Pick<Tensor, "dtype" | "shape">, tensor: Tensor): void {
  if (wanted.dtype === tensor.dtype && sameShape(wanted.shape, tensor.shape)) return;
  throw shapeError(what, formatTensor(wanted), formatTensor(tensor));
}

const formatTensor = ({ dtype, shape }: Pick<Tensor, "dtype" | "shape">): string =>
  `${dtype} ${formatShape(shape)}`;

/**
 * Brings tensors from the GPU by running a graph that passes them through: asking a GPU tensor for its numbers ends the
 * process (onnxruntime-node 1.30).
 */
async function download(
  outputs: Readonly<Record<string, Value>>,
  kept: ReadonlyMap<string, ort.Tensor>,
): Promise<Record<string, Tensor>> {
  const names = [...kept.keys()];
  const passed = names.map(
    (name) => [name, input(name, outputs[name]!.shape, outputs[name]!.dtype)] as const,
  );
  const { bytes } = lowerGraph(Object.fromEntries(passed), { device: "webgpu" });
  const session = await createSession(bytes, { device: "webgpu" });
  const results = await session.run(
    Object.fromEntries([...kept].map(([name, tensor]) => [`in:${name}`, tensor])),
  );
  await session.release();
  return tensorsOf(Object.fromEntries(names.map((name) => [name, results[`out:${name}`]!])));
}

function tensorsOf(results: Readonly<Record<string, ort.Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensorOf(name, tensor)]));
}

function tensorOf(name: string, { type, dims, data }: ort.Tensor): Tensor {
  if (type === "float32") return { dtype: type, shape: dims, data: data as Float32Array };
  if (type === "int32") return { dtype: type, shape: dims, data: data as Int32Array };
  throw new Error(`internal: output ${name}: expected float32 or int32, got ${type}`);
}
