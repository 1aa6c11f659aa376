// What a server's refusal means for the one who reads it: one message, with the fix, and never with the key in it.
import OpenAI from "openai";
import { UserError } from "../../user-error.ts";
import type { EndpointOptions } from "./endpoint-model.ts";
import { PROTOCOLS } from "./protocols.ts";

/** A failure that retrying did not mend, as a mistake that the user can put right. */
export function explainEndpointError(error: unknown, options: EndpointOptions): unknown {
  const { endpoint, model, retries, timeoutMs } = options;
  const times = retries === 0 ? "" : `, ${retries + 1} times`;
  const tell = (code: string, got: string, hint: string) =>
    new UserError(code, withoutKey(`${endpoint}: expected an answer of ${model}, got ${got}`, options), hint);
  if (error instanceof OpenAI.APIConnectionTimeoutError)
    return tell(
      "endpoint-timeout",
      `none within ${timeoutMs / 1000} s${times}`,
      "Raise `timeout`, or lower `concurrency`: a crowded server answers late. What was answered is kept.",
    );
  if (error instanceof OpenAI.APIConnectionError)
    return tell(
      "endpoint-unreachable",
      `no connection${times} (${causeOf(error)})`,
      "Start the server, or correct the address. What was answered is kept; the same command goes on.",
    );
  if (error instanceof OpenAI.APIError) {
    const { status } = error;
    // Shortened when the key is out: half a key would not be found.
    const said = `${status} ${withoutKey(error.message, options).replace(/^\d+ /, "").slice(0, 300)}`;
    if (status === 401 || status === 403)
      return tell("endpoint-key", said, "Set the environment variable that apiKey names to a valid key.");
    if (status === 404)
      return tell(
        "endpoint-model",
        said,
        `Correct the address (it ends before ${PROTOCOLS[options.protocol].path}) or the model's name.`,
      );
    if (status === 429 || status === 529)
      return tell(
        "endpoint-too-much",
        `${said}${times}`,
        "Lower requestsPerMinute, tokensPerMinute, concurrency or the number in `batch`, or wait. What was answered is kept.",
      );
    if (status !== undefined && status >= 500)
      return tell(
        "endpoint-failing",
        `${said}${times}`,
        "Look into the server's log. What was answered is kept; the same command goes on.",
      );
    return tell(
      "endpoint-refused",
      said,
      "The server does not take such a request; its words say what it lacks.",
    );
  }
  if (error instanceof SyntaxError || error instanceof TypeError)
    return tell(
      "endpoint-answer",
      `a reply that breaks off or is no JSON (${withoutKey(error.message, options)})`,
      "Look into the server's log. What was answered is kept; the same command goes on.",
    );
  return error;
}

/** A refusal with its words where the client library looks for them; it would drop them elsewhere. */
export async function inKnownShape(refusal: Response): Promise<Response> {
  const { status, headers } = refusal;
  const message = wordsOf(await refusal.text());
  return new Response(JSON.stringify({ error: { message } }), { status, headers });
}

/** What a body says, of {error: {message}} as OpenAI has it, {error} (Ollama), {detail} (FastAPI), {message} (SGLang), or any other text. */
export function wordsOf(text: string): string {
  let body: { error?: { message?: unknown }; detail?: unknown; message?: unknown } | null;
  try {
    body = JSON.parse(text);
  } catch {
    return text;
  }
  const said = body?.error?.message ?? body?.error ?? body?.detail ?? body?.message ?? body;
  return typeof said === "string" ? said : JSON.stringify(said);
}

function causeOf(error: Error): string {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  return cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : String(cause);
}

/** A text for all to read. Servers sometimes repeat the key they were sent. */
export const withoutKey = (text: string, { apiKey }: EndpointOptions): string =>
  apiKey === null ? text : text.replaceAll(apiKey, "[the key]");
