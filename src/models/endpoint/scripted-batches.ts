// The batches of the scripted server, by either protocol: a batch is over after so many looks, its lines come in another order
// than its requests, and some are errors as it is told.

/** How a request of a batch goes wrong. */
export type LineFault =
  | { readonly expired: string }
  /** Its line breaks off. */
  | { readonly broken: true }
  | { readonly status: number; readonly type: string; readonly message: string };

/** What becomes of batches. */
export interface BatchScript {
  /** Looks at a batch before the one that finds it over. */
  readonly looks?: number;
  /** What is wrong with a request of the n-th batch (from 0), if anything is. */
  readonly line?: (n: number, body: Body) => LineFault | undefined;
  /** Why the n-th batch as a whole fails, if it does (OpenAI). */
  readonly fails?: (n: number) => { readonly code: string; readonly message: string } | undefined;
  /** What is wrong with a call such as "POST /batches", if anything is. */
  readonly refuses?: (call: string) => { readonly status: number; readonly message: string } | undefined;
  /** Milliseconds that handing in takes. */
  readonly latencyMs?: number;
}

/** A batch as it was handed in. */
export interface ServedBatch {
  readonly id: string;
  readonly requests: readonly { readonly id: string; readonly body: Body }[];
  readonly metadata: unknown;
}

interface Body {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly [key: string]: unknown;
}

/** The reply to a call, null where it is about no batch. */
export type BatchReply = { readonly status: number; readonly text: string } | null;

/** Serves batches: a function from calls to replies, and the batches it was handed. */
export function createBatchServer(
  { looks = 0, line, fails, refuses, latencyMs = 0 }: BatchScript,
  answerTo: (path: string, body: Body) => unknown,
) {
  const batches: (ServedBatch & { looks: number })[] = [];
  const files = new Map<string, string>();
  const reply = (body: unknown, status = 200) => ({ status, text: JSON.stringify(body) });
  const handIn = async (requests: ServedBatch["requests"], metadata: unknown) => {
    const batch = { id: `batch_${batches.length}`, requests, metadata, looks };
    batches.push(batch);
    await new Promise((resolve) => setTimeout(resolve, latencyMs));
    return batch;
  };
  const faultsOf = ({ id, requests }: ServedBatch) =>
    requests.map((request) => ({ request, fault: line?.(Number(id.slice(6)), request.body) })).reverse();

  function openAiBatch(batch: ServedBatch, isOver: boolean) {
    const { id, requests, metadata } = batch;
    const error = fails?.(Number(id.slice(6)));
    const failed = faultsOf(batch).filter(({ fault }) => fault !== undefined).length;
    const completed = requests.length - failed;
    const status = !isOver ? "in_progress" : error ? "failed" : "completed";
    const counts = { total: requests.length, completed: isOver ? completed : 0, failed: isOver ? failed : 0 };
    return {
      id,
      object: "batch",
      status,
      metadata,
      request_counts: counts,
      ...(status === "failed" && { errors: { object: "list", data: [error] } }),
      ...(status === "completed" && completed > 0 && { output_file_id: `output_${id}` }),
      ...(status === "completed" && failed > 0 && { error_file_id: `error_${id}` }),
    };
  }

  function openAiLines(batch: ServedBatch, areErrors: boolean): string {
    const lines = faultsOf(batch)
      .filter(({ fault }) => (fault !== undefined) === areErrors)
      .map(({ request: { id: custom_id, body }, fault }) => {
        if (fault === undefined)
          return { custom_id, response: { status_code: 200, body: answerTo("/chat/completions", body) } };
        if ("broken" in fault) return undefined;
        if ("expired" in fault)
          return { custom_id, response: null, error: { code: "batch_expired", message: fault.expired } };
        const { status, message } = fault;
        return { custom_id, response: { status_code: status, body: { error: { message } } }, error: null };
      });
    return lines.map(shownLine).join("");
  }

  function anthropicBatch({ id, requests }: ServedBatch, isOver: boolean) {
    const done = { succeeded: isOver ? requests.length : 0, errored: 0, canceled: 0, expired: 0 };
    return {
      id,
      type: "message_batch",
      processing_status: isOver ? "ended" : "in_progress",
      request_counts: { processing: isOver ? 0 : requests.length, ...done },
    };
  }

  function anthropicLines(batch: ServedBatch): string {
    const lines = faultsOf(batch).map(({ request: { id: custom_id, body }, fault }) => {
      if (fault === undefined)
        return { custom_id, result: { type: "succeeded", message: answerTo("/messages", body) } };
      if ("broken" in fault) return undefined;
      if ("expired" in fault) return { custom_id, result: { type: "expired" } };
      const { type, message } = fault;
      const error = { type: "error", error: { type, message } };
      return { custom_id, result: { type: "errored", error } };
    });
    return lines.map(shownLine).join("");
  }

  /** @param call such as "GET /batches/batch_0", below the address of the endpoint */
  async function serve(call: string, sent: string): Promise<BatchReply> {
    const [, path = ""] = call.split(" ");
    const isAnthropic = path.startsWith("/messages/batches");
    if (!isAnthropic && !/^\/(batches|files)\b/.test(path)) return null;
    const refusal = refuses?.(call);
    if (refusal !== undefined) return reply({ error: { message: refusal.message } }, refusal.status);
    const shape = isAnthropic ? anthropicBatch : openAiBatch;
    const named = batches.find(({ id }) => new RegExp(`${id}\\b`).test(path));
    if (call === "POST /files") {
      const id = `file_${files.size}`;
      files.set(id, sent);
      return reply({ id });
    }
    if (call === "POST /batches") {
      const { input_file_id, metadata } = JSON.parse(sent);
      // A multipart body: the lines of JSON among it are the requests.
      const lines = files.get(input_file_id)!.match(/^\{.*\}$/gm) ?? [];
      const requests = lines.map((one) => JSON.parse(one)).map(({ custom_id: id, body }) => ({ id, body }));
      return reply(openAiBatch(await handIn(requests, metadata), false));
    }
    if (call === "POST /messages/batches") {
      const { requests } = JSON.parse(sent) as { requests: { custom_id: string; params: Body }[] };
      const given = requests.map(({ custom_id: id, params: body }) => ({ id, body }));
      return reply(anthropicBatch(await handIn(given, null), false));
    }
    if (named === undefined) {
      const isList = /batches(\?.*)?$/.test(path);
      return isList
        ? reply({ data: batches.map((batch) => shape(batch, batch.looks < 0)), has_more: false })
        : reply({ error: { message: "no such batch" } }, 404);
    }
    if (path.endsWith("/results")) return { status: 200, text: anthropicLines(named) };
    if (path.endsWith("/content"))
      return { status: 200, text: openAiLines(named, path.startsWith("/files/error")) };
    named.looks -= 1;
    return reply(shape(named, named.looks < 0));
  }
  return { batches: batches as readonly ServedBatch[], serve };
}

const shownLine = (line: object | undefined): string =>
  line === undefined ? `{"custom_id": "req\n` : `${JSON.stringify(line)}\n`;
