// The batches that an endpoint's requests are in, kept in the run's ledger: noted as soon as one is handed in, so that a run that
// is killed while it waits takes the same batch up again.
import { stepKey } from "../ledger/ledger.ts";
import type { BatchNotes } from "../models/endpoint/batches.ts";
import { type Run, recordOne } from "./perform.ts";

/** The body of a "batch" entry. */
interface NotedBatch {
  readonly modelId: string;
  /** The provider's id. */
  readonly batch: string;
  /** Hashes of what was asked, body and seed. */
  readonly requests: readonly string[];
}

/** Notes of one model's batches. The ledger is read when a request is first looked for. */
export function batchNotes(
  { ledger, emit }: Pick<Run, "ledger" | "emit">,
  { id, modelId }: { readonly id: string; readonly modelId: string },
): BatchNotes {
  const batches = new Map<string, string>();
  let isRead = false;
  const keep = ({ batch, requests }: NotedBatch) => {
    for (const request of requests) batches.set(request, batch);
  };
  return {
    find(request) {
      if (!isRead)
        for (const { body } of ledger.entries("batch")) {
          const noted = body as unknown as NotedBatch;
          if (noted.modelId === modelId) keep(noted);
        }
      isRead = true;
      return batches.get(request);
    },
    note(batch, requests) {
      const body = { modelId, batch, requests };
      const parents = [{ id, role: "model" }];
      const key = stepKey({ kind: "batch", modelId, batch });
      recordOne(ledger, key, { kind: "batch", body, parents });
      keep(body);
    },
    waiting: (batch, answered, total, ms) => emit({ kind: "batch-wait", batch, answered, total, ms }),
    left: (batch) =>
      emit({
        kind: "note",
        level: "info",
        text: `batch ${batch} goes on at the provider; the same command takes it up again`,
      }),
  };
}
