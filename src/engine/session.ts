// Runs graphs: the one file that knows ONNX Runtime. A run blocks the thread it is called on, so everything that must
// stay responsive calls this from a worker. Outputs are copied out of the runtime, inputs are read in place. On a GPU a tensor
// that a run writes into stays there, and is read there by whoever is fed it, until its numbers are wanted here.

import { availableParallelism } from "node:os";
import * as ort from "onnxruntime-node";
import { UserError } from "../user-error.ts";
import type { InputSignature } from "./check.ts";
import { DEVICES, type Device, MISSING } from "./device.ts";
import { input } from "./functions.ts";
import type { Value } from "./graph.ts";
import { lowerGraph } from "./lower.ts";
import { formatShape, sameShape, shapeError } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

export interface CompileOptions {
  readonly device?: Device;
  /** Threads of one run; all cores by default. */
  readonly threads?: number;
}

/** A compiled graph. */
export interface Executable {
  /** What a run must be fed, by name. */
  readonly inputs: ReadonlyMap<string, InputSignature>;
  /**
   * Computes the outputs.
   * @param into outputs that are written where a tensor lies already, which is then returned. That may be a fed tensor, where the
   *   graph has no more use for it by the time the output is known: a sum over what is added to, a weight over the weight. On a GPU the
   *   tensor lies there from then on, and its numbers here are old until `settle` brings the new ones.
   * @throws when a fed tensor is missing, unknown, or of another shape or dtype than its input
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>>;
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
  const { bytes, inputs } = lowerGraph(outputs, options.device);
  const isOnGpu = options.device === "webgpu";
  /** By the outputs that stay on the GPU, which is settled when a session is made. On the CPU there is one. */
  const sessions = new Map<string, Session>();
  async function sessionFor(staying: readonly string[]): Promise<Session> {
    const key = isOnGpu ? staying.join("\n") : "";
    const session = sessions.get(key) ?? (await createSession(bytes, options, isOnGpu ? staying : []));
    sessions.set(key, session);
    return session;
  }
  if (!isOnGpu) await sessionFor([]);
  return {
    inputs,
    run: async (feeds, into = {}) => {
      for (const [name, tensor] of Object.entries(into))
        checkTensor(`output ${name}`, outputs[name]!, tensor);
      const fed = feedsOf(inputs, feeds, isOnGpu);
      const session = await sessionFor(Object.keys(into));
      const fetches = Object.keys(outputs).map((name) => {
        const given = isOnGpu ? undefined : into[name];
        return [`out:${name}`, given === undefined ? null : runtimeTensor(given)] as const;
      });
      const results = await session.runtime.run(fed, Object.fromEntries(fetches));
      if (isOnGpu) {
        for (const [name, tensor] of Object.entries(into)) hold(tensor, results[`out:${name}`]!, session);
      }
      const fresh = Object.keys(outputs).filter((name) => into[name] === undefined);
      return {
        ...tensorsOf(Object.fromEntries(fresh.map((name) => [name, results[`out:${name}`]!]))),
        ...into,
      };
    },
    dispose: async () => {
      for (const session of sessions.values()) await dismiss(session);
    },
  };
}

/** The runtime's session, which must outlive what it left on the GPU (onnxruntime-node 1.30). */
interface Session {
  readonly runtime: ort.InferenceSession;
  /** Tensors on the GPU that it made. */
  held: number;
  isDismissed: boolean;
}

/** What tensors are on the GPU, where their numbers there are the present ones, and who made them. */
const onGpu = new WeakMap<Tensor, { readonly value: ort.Tensor; readonly madeBy: Session }>();

function hold(tensor: Tensor, value: ort.Tensor, madeBy: Session): void {
  release([tensor]);
  onGpu.set(tensor, { value, madeBy });
  madeBy.held += 1;
}

/** Lets a session go once nothing of it is left on the GPU. */
async function dismiss(session: Session): Promise<void> {
  session.isDismissed = true;
  if (session.held === 0) await session.runtime.release();
}

/** Brings tensors' numbers to the GPU, for all runs there to come: weights, which would otherwise cross over at every run. */
export async function upload(tensors: Iterable<Tensor>): Promise<void> {
  const here = [...new Set(tensors)].filter((tensor) => !onGpu.has(tensor));
  await passThrough(here, here.map(runtimeTensor), true);
}

/** Brings back the numbers of tensors that runs on a GPU have written into; others are left as they are. */
export async function settle(tensors: Iterable<Tensor>): Promise<void> {
  const there = [...new Set(tensors)].filter((tensor) => onGpu.has(tensor));
  const results = await passThrough(
    there,
    there.map((tensor) => onGpu.get(tensor)!.value),
    false,
  );
  there.forEach(({ data }, i) => {
    data.set(results[i]!.data as Float32Array);
  });
}

/** Frees what tensors take on the GPU. Their numbers here, which may be old, count again. */
export function release(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) {
    const held = onGpu.get(tensor);
    if (held === undefined) continue;
    held.value.dispose();
    onGpu.delete(tensor);
    held.madeBy.held -= 1;
    if (held.madeBy.isDismissed) void dismiss(held.madeBy);
  }
}

/**
 * Tensors through a graph that does nothing, to the GPU or back: asking a GPU tensor for its numbers ends the process
 * (onnxruntime-node 1.30).
 */
async function passThrough(
  tensors: readonly Tensor[],
  values: readonly ort.Tensor[],
  staysThere: boolean,
): Promise<readonly ort.Tensor[]> {
  if (tensors.length === 0) return [];
  const named = tensors.map(({ shape, dtype }, i) => [`${i}`, input(`${i}`, shape, dtype)] as const);
  const { bytes } = lowerGraph(Object.fromEntries(named), "webgpu");
  const names = named.map(([name]) => name);
  const session = await createSession(bytes, { device: "webgpu" }, staysThere ? names : []);
  const fed = names.map((name, i) => [`in:${name}`, values[i]!] as const);
  const results = await session.runtime.run(Object.fromEntries(fed));
  const passed = names.map((name) => results[`out:${name}`]!);
  if (staysThere)
    tensors.forEach((tensor, i) => {
      hold(tensor, passed[i]!, session);
    });
  await dismiss(session);
  return passed;
}

/** Devices that ONNX Runtime carries on this system, whether or not there is a GPU for them. */
export function offeredDevices(): readonly Device[] {
  const carried = ort.listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? [name] : []));
  return DEVICES.filter((device) => carried.includes(device));
}

/** A device that the runtime does not know it would pass over in silence. */
function checkDevice(device: Device): void {
  const known = ort.listSupportedBackends().map(({ name }) => name);
  if (known.includes(device)) return;
  throw new UserError(
    "no-device",
    `device ${device}: expected one that ONNX Runtime has on this system (${DEVICES.filter((one) => known.includes(one)).join(", ")}), got ${device}`,
    "Name one of these.",
  );
}

/** @param staying outputs that are left on the GPU */
async function createSession(
  bytes: Uint8Array,
  options: CompileOptions,
  staying: readonly string[],
): Promise<Session> {
  checkDevice(options.device ?? "cpu");
  try {
    const runtime = await ort.InferenceSession.create(bytes, sessionOptions(options, staying));
    return { runtime, held: 0, isDismissed: false };
  } catch (cause) {
    const { device = "cpu" } = options;
    const missing = MISSING[device];
    if (missing === undefined || !missing.sign.test(String(cause))) throw cause;
    throw new UserError(
      "no-device",
      `device ${device}: expected ${missing.expected}, got none`,
      missing.fix,
      {
        cause,
      },
    );
  }
}

function sessionOptions(
  { device = "cpu", threads }: CompileOptions,
  staying: readonly string[],
): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: device === "cpu" ? ["cpu"] : [device, "cpu"],
    intraOpNumThreads: threads ?? availableParallelism(),
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    // Graphs give their working memory back after a run: with an arena each keeps its own (700 MB for a training step of
    // 2,688 tokens), for 3% of the time.
    enableCpuMemArena: false,
    enableMemPattern: false,
    // Idle threads of the pool spin while a run lasts, and must not take a core from others after it.
    extra: { session: { force_spinning_stop: "1" } },
    ...(staying.length > 0 && {
      preferredOutputLocation: Object.fromEntries(
        staying.map((name) => [`out:${name}`, "gpu-buffer" as const]),
      ),
    }),
  };
}

function feedsOf(
  inputs: ReadonlyMap<string, InputSignature>,
  feeds: Readonly<Record<string, Tensor>>,
  isOnGpu: boolean,
): Record<string, ort.Tensor> {
  const fed: Record<string, ort.Tensor> = {};
  for (const [name, wanted] of inputs) {
    const tensor = feeds[name];
    if (tensor === undefined)
      throw shapeError("run", `a tensor for input ${name}`, Object.keys(feeds).join(", ") || "none");
    checkTensor(`input ${name}`, wanted, tensor);
    fed[`in:${name}`] = (isOnGpu ? onGpu.get(tensor)?.value : undefined) ?? runtimeTensor(tensor);
  }
  const unknown = Object.keys(feeds).find((name) => !inputs.has(name));
  if (unknown !== undefined) throw shapeError("run", `inputs ${[...inputs.keys()].join(", ")}`, unknown);
  return fed;
}

const runtimeTensor = ({ dtype, data, shape }: Tensor): ort.Tensor => new ort.Tensor(dtype, data, shape);

function checkTensor(what: string, wanted: Pick<Tensor, "dtype" | "shape">, tensor: Tensor): void {
  if (wanted.dtype === tensor.dtype && sameShape(wanted.shape, tensor.shape)) return;
  throw shapeError(what, formatTensor(wanted), formatTensor(tensor));
}

const formatTensor = ({ dtype, shape }: Pick<Tensor, "dtype" | "shape">): string =>
  `${dtype} ${formatShape(shape)}`;

function tensorsOf(results: Readonly<Record<string, ort.Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensorOf(name, tensor)]));
}

function tensorOf(name: string, { type, dims, data }: ort.Tensor): Tensor {
  if (type === "float32") return { dtype: type, shape: dims, data: data as Float32Array };
  if (type === "int32") return { dtype: type, shape: dims, data: data as Int32Array };
  throw new Error(`internal: output ${name}: expected float32 or int32, got ${type}`);
}
