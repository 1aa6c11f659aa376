// The client library, as an endpoint is spoken to through it: retries, deadlines and keep-alive are the library's, and nothing of
// the environment but the key goes out.
import OpenAI from "openai";
import type { EndpointOptions } from "./endpoint-model.ts";
import { inKnownShape } from "./explain.ts";
import { PROTOCOLS } from "./protocols.ts";

/** Statuses by which a server says that it is asked too much. */
const TOO_MUCH: ReadonlySet<number> = new Set([429, 503, 529]);

/**
 * A client of one endpoint.
 *
 * @param beforeSending is called for every attempt; what it gives is called when the server complains that it is asked too much
 */
export function createClient(
  { endpoint, protocol, apiKey, timeoutMs, retries }: EndpointOptions,
  beforeSending?: () => () => void,
): OpenAI {
  return new OpenAI({
    baseURL: endpoint,
    apiKey: apiKey ?? "none",
    defaultHeaders: PROTOCOLS[protocol].headers(apiKey),
    timeout: timeoutMs,
    maxRetries: retries,
    // Nothing else from the environment, and nothing to the terminal.
    organization: null,
    project: null,
    logLevel: "off",
    fetch: async (url, init) => {
      const complained = beforeSending?.();
      const response = await fetch(url, init);
      if (TOO_MUCH.has(response.status)) complained?.();
      return response.ok ? response : inKnownShape(response);
    },
  });
}
