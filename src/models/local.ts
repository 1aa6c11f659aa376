// Models on this machine. They live in one worker thread, so that neither the terminal nor a server ever waits for the
// engine; here are their proxies, which pass tokens and numbers. Knows nothing of how a model computes.
import { Worker } from "node:worker_threads";
import {
  type Call,
  type Method,
  type Opened,
  type Reply,
  restoreError,
  type WorkerOptions,
} from "./local-protocol.ts";
import type { ModelHost, TrainableModel } from "./model.ts";

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A worker that answers calls. */
interface Line {
  send(call: Call): Promise<unknown>;
  end(): Promise<void>;
}

/**
 * Starts a worker thread for models on this machine. It computes one thing at a time; calls wait for their turn.
 *
 * The `id` of an opened model is its checkpoint's. Training changes the weights and not the id: save the model and open
 * what was saved before remembering anything under its id. A host that was forgotten does not keep the process alive.
 *
 * @param options `threads` of one computation, all cores by default; `device` "cpu" by default
 * @example
 * const host = await openHost({ threads: 2 });
 * const model = await host.open("models/town");
 * const [sample] = await model.sample([{ conversation, seed: "hello" }], { temperature: 1, topP: 1, maxTokens: 64, stop: [] });
 */
export async function openHost(options: WorkerOptions = {}): Promise<ModelHost> {
  const line = startWorker(options);
  return {
    async open(directory, { head, adapters } = {}) {
      const call = { kind: "open", directory, ...(head && { head }), ...(adapters && { adapters }) } as const;
      const opened = (await line.send(call)) as Opened;
      return proxyOf(opened, line);
    },
    async close() {
      await line.send({ kind: "close" });
      await line.end();
    },
  };
}

function proxyOf({ model, id, head, contextLength, capabilities }: Opened, line: Line): TrainableModel {
  /** Calls a method; the signal, which cannot cross over, becomes a number in shared memory. */
  async function call<M extends Method>(
    method: M,
    args: readonly unknown[],
    signal?: AbortSignal,
  ): Promise<Awaited<ReturnType<TrainableModel[M]>>> {
    signal?.throwIfAborted();
    const abort = new Int32Array(new SharedArrayBuffer(4));
    const stop = () => Atomics.store(abort, 0, 1);
    signal?.addEventListener("abort", stop);
    try {
      const value = await line.send({ kind: "model", model, method, args, ...(signal && { abort }) });
      return value as Awaited<ReturnType<TrainableModel[M]>>;
    } catch (error) {
      // Whoever aborted knows why better than the worker does.
      if (error instanceof DOMException && error.name === "AbortError") signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }
  return {
    id,
    head,
    contextLength,
    capabilities,
    sample: (requests, sampling, signal) => call("sample", [requests, sampling], signal),
    score: (requests, signal) => call("score", [requests], signal),
    tokenize: (conversations) => call("tokenize", [conversations]),
    forward: (sequences) => call("forward", [sequences]),
    scoreLast: (sequences) => call("scoreLast", [sequences]),
    forwardBackward: (loss) => call("forwardBackward", [loss]),
    optimStep: (adamW) => call("optimStep", [adamW]),
    save: (directory) => call("save", [directory]),
    saveState: (file) => call("saveState", [file]),
    loadState: (file) => call("loadState", [file]),
    close: () => call("close", []),
  };
}

function startWorker(options: WorkerOptions): Line {
  const worker = new Worker(new URL("./local-worker.ts", import.meta.url), { workerData: options });
  const waiting = new Map<number, Waiting>();
  let sent = 0;
  let failure: Error | null = null;

  function settle(id: number): Waiting | undefined {
    const call = waiting.get(id);
    waiting.delete(id);
    // Only an unanswered call keeps the process alive.
    if (waiting.size === 0) worker.unref();
    return call;
  }
  function fail(error: Error): void {
    failure ??= error;
    for (const id of [...waiting.keys()]) settle(id)?.reject(error);
  }
  worker.unref();
  worker.on("message", (reply: Reply) => {
    const call = settle(reply.id);
    if (reply.kind === "value") call?.resolve(reply.value);
    else call?.reject(restoreError(reply.error));
  });
  worker.on("error", (cause) => fail(new Error("local models: the worker failed", { cause })));
  worker.on("exit", (code) => fail(new Error(`local models: the host is closed (exit code ${code})`)));

  return {
    send: (call) =>
      new Promise((resolve, reject) => {
        if (failure !== null) return reject(failure);
        const id = sent++;
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, call });
      }),
    async end() {
      await worker.terminate();
    },
  };
}
