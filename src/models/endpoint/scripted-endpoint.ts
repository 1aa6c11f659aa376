// A model behind a scripted server, for tests of the adapter; the server ends with the test.
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";
import type { LanguageModel } from "../model.ts";
import type { Batching, BatchNotes } from "./batches.ts";
import { createEndpointModel, type EndpointOptions, type Payer } from "./endpoint-model.ts";
import { type ScriptedServer, type ServerScript, startScriptedServer } from "./scripted-server.ts";
import type { Pace } from "./throttle.ts";

/** The key that it is asked with, which nobody may be shown. */
export const PLANTED_KEY = "sk-planted-secret";

/** Starts a server with this script, and a model behind it; unlimited and impatient, but for what is changed. */
export async function startScriptedEndpoint(
  script: ServerScript,
  changed: Partial<EndpointOptions> = {},
  payer?: Payer,
  batching?: Batching,
): Promise<{ readonly model: LanguageModel; readonly server: ScriptedServer }> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  const options = scriptedOptions(server, changed);
  // Time stands still: without limits a minute nobody waits.
  const pace = { now: () => 0, sleep: () => Promise.resolve() };
  return {
    model: createEndpointModel(options, batching === undefined ? pace : FAST, payer, batching),
    server,
  };
}

/** How a scripted server is asked. */
export function scriptedOptions(
  { endpoint }: ScriptedServer,
  changed: Partial<EndpointOptions> = {},
): EndpointOptions {
  return {
    endpoint,
    protocol: "openai",
    model: "judge-1",
    apiKey: PLANTED_KEY,
    labels: { kind: "log-probabilities" },
    prefix: "instruct",
    timeoutMs: 2000,
    retries: 2,
    concurrency: 8,
    requestsPerMinute: Number.POSITIVE_INFINITY,
    tokensPerMinute: Number.POSITIVE_INFINITY,
    ...changed,
  };
}

/** A sleeper of FAST, and the moment it wakes. */
interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

const sleepers = new Set<Sleeper>();
let moment = 0;
let isLeaping = false;

/**
 * Time that leaps to the next moment anyone wakes. Who fell asleep together for as long wakes together, on however busy a
 * machine: what is asked together still is together.
 */
export const FAST: Pace = {
  now: () => moment,
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", leave);
        settle();
      };
      const leave = () => end(() => reject(signal!.reason));
      const sleeper: Sleeper = { due: moment + ms, wake: () => end(resolve) };
      if (signal?.aborted) return reject(signal.reason);
      signal?.addEventListener("abort", leave);
      sleepers.add(sleeper);
      if (!isLeaping) void leap();
    }),
};

async function leap(): Promise<void> {
  isLeaping = true;
  for (;;) {
    await setTimeout(1);
    if (sleepers.size === 0) break;
    moment = Math.min(...[...sleepers].map(({ due }) => due));
    for (const { due, wake } of sleepers) if (due === moment) wake();
  }
  isLeaping = false;
}

/** Notes of batches in memory, and what was told of them. */
export function notesInMemory(): BatchNotes & { readonly told: string[] } {
  const batches = new Map<string, string>();
  const told: string[] = [];
  return {
    told,
    find: (request) => batches.get(request),
    note: (batch, requests) => {
      for (const request of requests) batches.set(request, batch);
    },
    waiting: (batch, answered, total, ms) => told.push(`${batch}: ${answered} of ${total}, ${ms} ms`),
    left: (batch) => told.push(`${batch} left`),
  };
}
