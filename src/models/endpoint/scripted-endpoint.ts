// A model behind a scripted server, for tests of the adapter; the server ends with the test.
import { onTestFinished } from "vitest";
import type { LanguageModel } from "../model.ts";
import { createEndpointModel, type EndpointOptions, type Payer } from "./endpoint-model.ts";
import { type ScriptedServer, type ServerScript, startScriptedServer } from "./scripted-server.ts";

/** The key that it is asked with, which nobody may be shown. */
export const PLANTED_KEY = "sk-planted-secret";

/** Starts a server with this script, and a model behind it; unlimited and impatient, but for what is changed. */
export async function startScriptedEndpoint(
  script: ServerScript,
  changed: Partial<EndpointOptions> = {},
  payer?: Payer,
): Promise<{ readonly model: LanguageModel; readonly server: ScriptedServer }> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  const options: EndpointOptions = {
    endpoint: server.endpoint,
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
  // Time stands still: without limits a minute nobody waits.
  const pace = { now: () => 0, sleep: () => Promise.resolve() };
  return { model: createEndpointModel(options, pace, payer), server };
}
