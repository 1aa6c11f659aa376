// The two ways in which providers take many requests at once and answer within a day, for half the price, a row each: OpenAI's
// Batch API and Anthropic's Message Batches. How a batch is handed in, looked at and read; who waits for it is not known here.
import type OpenAI from "openai";
import { toFile } from "openai";
import { z } from "zod";
import { wordsOf } from "./explain.ts";
import type { ProtocolName } from "./protocols.ts";

/** What became of one request of a batch. */
export type Outcome = { readonly kind: "reply"; readonly body: unknown } | Failure;

/** No reply. Without a status it was never put to the model: the batch expired, or was cancelled. */
export interface Failure {
  readonly kind: "failure";
  readonly status: number | undefined;
  readonly said: string;
}

/** How a batch stands. */
export interface Look {
  readonly isOver: boolean;
  readonly answered: number;
  readonly total: number;
  /** Where the lines of outcomes are, once it is over. */
  readonly results: readonly string[];
  /** What became of requests that have no line. */
  readonly rest: Failure;
}

type Options = OpenAI.RequestOptions;

type Line = readonly [request: string, outcome: Outcome];

interface BatchProtocol {
  /** What follows the endpoint's address. */
  readonly path: string;
  /** Batches that bear this mark and are well, where the provider keeps marks. */
  marked(client: OpenAI, mark: string): Promise<readonly string[]>;
  /** Hands in bodies by their names; the id of the batch. Sent once: sent again, it might be paid again. */
  submit(client: OpenAI, bodies: ReadonlyMap<string, object>, mark: string): Promise<string>;
  look(client: OpenAI, batch: string, options: Options): Promise<Look>;
  /** A line of the results: the request's name, and what became of it. */
  readonly line: z.ZodType<Line>;
}

/** Milliseconds that handing in a whole batch may take. */
const SUBMIT = { timeout: 600_000 };
const ONCE = { ...SUBMIT, maxRetries: 0 };

const failure = (status: number | undefined, said: string): Failure => ({ kind: "failure", status, said });

/** Statuses of OpenAI's batches: those that are over, and those that end without all answers. */
const OVER: ReadonlySet<string> = new Set(["completed", "failed", "expired", "cancelled"]);
const LOST: ReadonlySet<string> = new Set(["failed", "expired", "cancelling", "cancelled"]);

/** Anthropic names errors within a batch by their type alone (docs.claude.com, "Errors"). */
const STATUSES: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

const messageBatch = z.looseObject({
  processing_status: z.string(),
  request_counts: z.object({ processing: z.number() }).catchall(z.number()),
});

export const BATCHES: { readonly [Name in ProtocolName]: BatchProtocol } = {
  /** A file of requests is uploaded and named; answers and errors are two files. */
  openai: {
    path: "/batches",
    async marked(client, mark) {
      const { data } = await client.batches.list({ limit: 100 });
      return data
        .filter(({ status, metadata, request_counts: counts }) => {
          const isWell = !LOST.has(status) && (counts?.failed ?? 0) === 0;
          return isWell && metadata?.["charter"] === mark;
        })
        .map(({ id }) => id);
    },
    async submit(client, bodies, mark) {
      const url = "/v1/chat/completions";
      const lines = [...bodies].map(([custom_id, body]) =>
        JSON.stringify({ custom_id, method: "POST", url, body }),
      );
      const file = await toFile(Buffer.from(`${lines.join("\n")}\n`), "requests.jsonl");
      const { id } = await client.files.create({ file, purpose: "batch" }, SUBMIT);
      const batch = await client.batches.create(
        { input_file_id: id, endpoint: url, completion_window: "24h", metadata: { charter: mark } },
        ONCE,
      );
      return batch.id;
    },
    async look(client, batch, options) {
      const found = await client.batches.retrieve(batch, options);
      const { status, request_counts: counts, output_file_id, error_file_id } = found;
      const error = found.errors?.data?.[0];
      const said = error?.message ?? `batch ${batch} ${status}`;
      // A batch that did not pass validation would not pass it again, but for the limit of what may wait.
      const refusal = error?.code === "token_limit_exceeded" ? 429 : 400;
      return {
        isOver: OVER.has(status),
        answered: (counts?.completed ?? 0) + (counts?.failed ?? 0),
        total: counts?.total ?? 0,
        results: [output_file_id, error_file_id].filter((id) => !!id).map((id) => `/files/${id}/content`),
        rest: failure(status === "failed" ? refusal : undefined, said),
      };
    },
    line: z
      .looseObject({
        custom_id: z.string(),
        response: z.looseObject({ status_code: z.number(), body: z.unknown().optional() }).nullish(),
        error: z.looseObject({ message: z.string() }).nullish(),
      })
      .transform(({ custom_id, response, error }): Line => {
        if (!response) return [custom_id, failure(undefined, error?.message ?? "no answer")];
        const { status_code: status, body } = response;
        if (status === 200) return [custom_id, { kind: "reply", body }];
        return [custom_id, failure(status, wordsOf(JSON.stringify(body ?? null)))];
      }),
  },

  /** The requests are the body; the answers one file beside the batch. It keeps no marks. */
  anthropic: {
    path: "/messages/batches",
    marked: async () => [],
    async submit(client, bodies) {
      const requests = [...bodies].map(([custom_id, params]) => ({ custom_id, params }));
      const reply = await client.post(BATCHES.anthropic.path, { ...ONCE, body: { requests } });
      return z.looseObject({ id: z.string() }).parse(reply).id;
    },
    async look(client, batch, options) {
      const path = `${BATCHES.anthropic.path}/${batch}`;
      const found = await client.get(path, options);
      const { processing_status: status, request_counts: counts } = messageBatch.parse(found);
      const { processing, ...done } = counts;
      const answered = Object.values(done).reduce((sum, n) => sum + n, 0);
      return {
        isOver: status === "ended",
        answered,
        total: answered + processing,
        results: [`${path}/results`],
        rest: failure(undefined, `batch ${batch} ${status}`),
      };
    },
    line: z
      .looseObject({
        custom_id: z.string(),
        result: z.looseObject({
          type: z.string(),
          message: z.unknown().optional(),
          error: z.looseObject({ error: z.looseObject({ type: z.string(), message: z.string() }) }).nullish(),
        }),
      })
      .transform(({ custom_id, result: { type, message, error } }): Line => {
        if (type === "succeeded") return [custom_id, { kind: "reply", body: message }];
        if (!error) return [custom_id, failure(undefined, `the request ${type}`)];
        const { type: name, message: said } = error.error;
        return [custom_id, failure(STATUSES[name] ?? 500, said)];
      }),
  },
};
