// A chat server for tests, of either protocol: answers by a function, records what it was asked, and fails as it is told.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type BatchScript, createBatchServer, type ServedBatch } from "./scripted-batches.ts";

/** One request as it came in. */
export interface ServedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly role: string; readonly content: string }[];
    readonly [key: string]: unknown;
  };
}

/** How an attempt goes wrong. */
export type Fault =
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly message?: string;
      /** The whole body, for servers that put their words elsewhere. */
      readonly body?: unknown;
    }
  /** The connection breaks before anything is said, or in the middle of the body. */
  | { readonly kind: "reset" }
  | { readonly kind: "reset-mid-body" }
  /** Never answers. */
  | { readonly kind: "hang" }
  /** Answers 200 with this text. */
  | { readonly kind: "body"; readonly text: string };

/** What the server says. */
export interface ServerScript {
  /** The text of an answer, or the whole body of one. */
  readonly answer?: (request: ServedRequest) => string | object;
  /** The fault of the n-th request (from 0), if it has any. */
  readonly fault?: (n: number, request: ServedRequest) => Fault | undefined;
  /** Milliseconds before every answer. */
  readonly latencyMs?: number;
  /** What becomes of batches; without it the server takes none. */
  readonly batches?: BatchScript;
}

/** A running server. */
export interface ScriptedServer {
  /** "http://127.0.0.1:<port>/v1" */
  readonly endpoint: string;
  readonly requests: readonly ServedRequest[];
  /** What was handed in together, in order. */
  readonly batches: readonly ServedBatch[];
  /** Most requests that were there at once. */
  readonly mostAtOnce: () => number;
  close(): Promise<void>;
}

/** How the protocols shape what is said. */
const OPENAI = {
  answerOf: (content: string, model: string) => ({
    model,
    choices: [{ message: { role: "assistant", content }, finish_reason: "stop" }],
  }),
  refusalOf: (message: string) => ({ error: { message } }),
};
const ANTHROPIC = {
  answerOf: (text: string, model: string) => ({
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
  }),
  refusalOf: (message: string) => ({ type: "error", error: { type: "some_error", message } }),
};

/** Starts a server on a port of its own. */
export async function startScriptedServer({
  answer,
  fault,
  latencyMs = 0,
  batches = { refuses: () => ({ status: 404, message: "Not Found" }) },
}: ServerScript): Promise<ScriptedServer> {
  const requests: ServedRequest[] = [];
  let there = 0;
  let most = 0;
  const inBatches = createBatchServer(batches, (path, body) => bodyOf({ path, headers: {}, body }));

  function bodyOf(request: ServedRequest): unknown {
    const said = answer?.(request) ?? "";
    const { answerOf } = request.path.endsWith("/messages") ? ANTHROPIC : OPENAI;
    return typeof said === "string" ? answerOf(said, request.body.model) : said;
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const sent = Buffer.concat(chunks).toString("utf8");
    const call = `${incoming.method} ${incoming.url?.replace(/^\/v1/, "")}`;
    const ofBatch = await inBatches.serve(call, sent);
    if (ofBatch !== null) {
      const { status, text } = ofBatch;
      outgoing.writeHead(status, { "content-type": "application/json", "retry-after-ms": "1" }).end(text);
      return;
    }
    const request: ServedRequest = {
      path: incoming.url ?? "",
      headers: incoming.headers,
      body: JSON.parse(sent),
    };
    const n = requests.push(request) - 1;
    if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    const wrong = fault?.(n, request);
    const { refusalOf } = request.path.endsWith("/messages") ? ANTHROPIC : OPENAI;
    const body = JSON.stringify(bodyOf(request));
    switch (wrong?.kind) {
      case undefined:
        outgoing.writeHead(200, { "content-type": "application/json" }).end(body);
        return;
      case "status":
        outgoing
          .writeHead(wrong.status, { "content-type": "application/json", ...wrong.headers })
          .end(JSON.stringify(wrong.body ?? refusalOf(wrong.message ?? `told to answer ${wrong.status}`)));
        return;
      case "body":
        outgoing.writeHead(200, { "content-type": "application/json" }).end(wrong.text);
        return;
      case "reset":
        incoming.socket.destroy();
        return;
      case "reset-mid-body":
        outgoing.writeHead(200, { "content-type": "application/json", "content-length": body.length });
        outgoing.write(body.slice(0, body.length / 2), () => incoming.socket.destroy());
        return;
      case "hang":
        return;
      default:
        wrong satisfies never;
    }
  }

  const server = createServer((incoming, outgoing) => {
    there += 1;
    most = Math.max(most, there);
    outgoing.on("close", () => {
      there -= 1;
    });
    serve(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    batches: inBatches.batches,
    mostAtOnce: () => most,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
