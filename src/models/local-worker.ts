// The worker's side of local.ts: the engine and the models live here, where a run may block the thread. Answers calls one
// after the other. Models of one configuration share their compiled graphs.
import { parentPort, workerData } from "node:worker_threads";
import { readCheckpoint } from "../lm/checkpoint.ts";
import type { Lora } from "../lm/config.ts";
import { parseConfig } from "../lm/config-json.ts";
import { createInferenceGraphs, type InferenceGraphs } from "../lm/inference-graphs.ts";
import { createLocalModel, type FrozenWeights, type LocalModel } from "./local-model.ts";
import {
  type Call,
  carryError,
  type Opened,
  type Reply,
  type Request,
  type WorkerOptions,
} from "./local-protocol.ts";

const port = parentPort;
if (port === null) throw new Error("internal: local-worker: expected to run in a worker thread");
const options: WorkerOptions = workerData;
const models = new Map<number, LocalModel>();
const graphs = new Map<string, InferenceGraphs>();
let opened = 0;

let queue: Promise<void> = Promise.resolve();
port.on("message", (request: Request) => {
  queue = queue.then(() => answer(request));
});

async function answer({ id, call }: Request): Promise<void> {
  let reply: Reply;
  try {
    reply = { id, kind: "value", value: await perform(call) };
  } catch (error) {
    reply = { id, kind: "error", error: carryError(error) };
  }
  port!.postMessage(reply);
}

async function perform(call: Call): Promise<unknown> {
  switch (call.kind) {
    case "open":
      return open(call);
    case "model":
      return invoke(call);
    case "close": {
      for (const model of models.values()) await model.close();
      for (const compiled of graphs.values()) await compiled.dispose();
      models.clear();
      graphs.clear();
      return null;
    }
    default:
      return call satisfies never;
  }
}

async function open({ directory, head, adapters }: Extract<Call, { kind: "open" }>): Promise<Opened> {
  const checkpoint = await readCheckpoint(directory);
  const lora = checkpoint.adapters?.lora ?? adapters ?? null;
  const plain = parseConfig(checkpoint.config, `${directory}/config.json`);
  const config = lora === null ? plain : { ...plain, lora: onlyLora(lora) };
  const key = JSON.stringify(config);
  const compiled = graphs.get(key) ?? createInferenceGraphs(config, options);
  graphs.set(key, compiled);
  const frozen = config.lora === null ? new Map() : frozenOf(checkpoint.adapters?.base.id ?? checkpoint.id);
  const model = await createLocalModel(checkpoint, compiled, {
    ...options,
    frozen,
    ...(head && { head }),
    ...(adapters && { adaptersFrom: adapters.seed }),
  });
  const handle = opened++;
  models.set(handle, model);
  const { id, head: ofModel, contextLength, capabilities } = model;
  return { model: handle, id, head: ofModel, contextLength, capabilities };
}

const onlyLora = ({ rank, alpha, targets, dropout }: Lora): Lora => ({
  rank,
  alpha,
  targets,
  ...(dropout && { dropout }),
});

/** Frozen weights of each base checkpoint, held as long as a model that stands on them. */
const bases = new Map<string, WeakRef<FrozenWeights>>();

function frozenOf(base: string): FrozenWeights {
  const held = bases.get(base)?.deref() ?? new Map();
  bases.set(base, new WeakRef(held));
  return held;
}

async function invoke({
  model: handle,
  method,
  args,
  abort,
}: Extract<Call, { kind: "model" }>): Promise<unknown> {
  const model = models.get(handle);
  if (model === undefined && method === "close") return;
  if (model === undefined) throw new Error(`${method}: expected an open model, got one that was closed`);
  if (method === "close") models.delete(handle);
  const flag = abort && {
    get aborted() {
      return Atomics.load(abort, 0) === 1;
    },
  };
  if (flag?.aborted) throw new DOMException(`${method} was aborted`, "AbortError");
  const called = model[method] as (...args: readonly unknown[]) => Promise<unknown>;
  return called(...args, ...(flag ? [flag] : []));
}
