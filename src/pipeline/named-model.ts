// The models that a recipe names for a part of the method: a checkpoint on this machine, or a model behind an endpoint. Both
// are entries of the ledger, so that an answer can be traced to who gave it; both are asked alike.
import { setTimeout } from "node:timers/promises";
import { type Json, stepKey } from "../ledger/ledger.ts";
import type { Batching } from "../models/endpoint/batches.ts";
import type { EndpointOptions } from "../models/endpoint/endpoint-model.ts";
import type { Pace } from "../models/endpoint/throttle.ts";
import type { LanguageModel, ModelHost } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { batchNotes } from "./batch-notes.ts";
import { type Checkpoint, importCheckpoint } from "./checkpoints.ts";
import { lazily } from "./lazy-model.ts";
import { type Run, recordOne } from "./perform.ts";
import type { Recipe } from "./recipe.ts";

/** A checkpoint's folder, or an endpoint. */
export type ModelSource = Recipe["feedback"]["model"];
type Endpoint = Exclude<ModelSource, string>;

/** A model behind an endpoint, and the ledger entry that names it. */
export interface RemoteModel {
  /** Id of the ledger entry. */
  readonly id: string;
  readonly stage: string;
  readonly modelId: string;
  readonly endpoint: Endpoint;
}

/** A model that can be asked, until it is closed. */
export interface OpenModel extends LanguageModel {
  /** Most tokens of a conversation with its answer; absent where only its server knows. */
  readonly contextLength?: number;
  close(): Promise<void>;
}

/** Where a model is, in few words: its folder, or its name and address. */
export const shownSource = (source: ModelSource): string =>
  typeof source === "string" ? source : `${source.model} at ${source.endpoint}`;

/** Records a model that the run did not make. */
export async function importModel(
  run: Run,
  stage: string,
  source: ModelSource,
): Promise<Checkpoint | RemoteModel> {
  if (typeof source === "string") return importCheckpoint(run, stage, source);
  const { id: modelId } = await connect(source, run);
  const { endpoint, protocol, model, labels, prefix } = source;
  const body = { stage, endpoint, protocol, model, labels, prefix, modelId } as unknown as Json;
  const key = stepKey({ kind: "imported-endpoint", stage, modelId });
  const { id } = recordOne(run.ledger, key, { kind: "endpoint", body, parents: [] });
  return { id, stage, modelId, endpoint: source };
}

/** The model behind a name, opened or called when it is first asked. */
export async function openNamed(
  run: Pick<Run, "now" | "account" | "ledger" | "emit">,
  host: ModelHost,
  named: Checkpoint | RemoteModel,
): Promise<OpenModel> {
  if ("directory" in named) return lazily(host, named);
  const { batch } = named.endpoint;
  const most = batch === true ? MOST_IN_A_BATCH : batch;
  const batching = most === false ? undefined : { most, notes: batchNotes(run, named) };
  return { ...(await connect(named.endpoint, run, batching)), close: async () => {} };
}

/** Fewer than any provider refuses, and few enough that their answers fit into memory. */
const MOST_IN_A_BATCH = 10_000;

/**
 * Speaks to an endpoint, directly where it is not told how to batch. Nothing is sent before it is asked something.
 * @throws UserError when the environment has no key of the name that the recipe gives
 */
export async function connect(
  endpoint: Endpoint,
  { now, account }: Pick<Run, "now" | "account">,
  batching?: Batching,
): Promise<LanguageModel> {
  // The client library is loaded by those alone who name an endpoint.
  const { createEndpointModel } = await import("../models/endpoint/endpoint-model.ts");
  const pace: Pace = { now, sleep: (ms, signal) => setTimeout(ms, undefined, { signal }) };
  return createEndpointModel(optionsOf(endpoint), pace, account?.payer(endpoint.price), batching);
}

/**
 * Whether an endpoint that is to be asked through batches takes them; none is handed in.
 * @throws UserError when it does not
 */
export async function checkBatching(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
  if (endpoint.batch === false) return;
  const { checkBatches } = await import("../models/endpoint/batches.ts");
  await checkBatches(optionsOf(endpoint), signal);
}

function optionsOf(endpoint: Endpoint): EndpointOptions {
  const {
    apiKey,
    labels,
    timeout,
    requestsPerMinute,
    tokensPerMinute,
    price: _price,
    batch: _batch,
    ...same
  } = endpoint;
  return {
    ...same,
    apiKey: apiKey === null ? null : keyNamed(apiKey, endpoint),
    labels: labels === "log-probabilities" ? { kind: labels } : { kind: "votes", votes: labels.votes },
    timeoutMs: 1000 * timeout,
    requestsPerMinute: requestsPerMinute ?? Number.POSITIVE_INFINITY,
    tokensPerMinute: tokensPerMinute ?? Number.POSITIVE_INFINITY,
  };
}

/** The key of this name. It is sent to the endpoint and goes nowhere else. */
function keyNamed(name: string, endpoint: Endpoint): string {
  const key = process.env[name.slice(1)];
  if (key !== undefined && key !== "") return key;
  throw new UserError(
    "endpoint-key-missing",
    `${shownSource(endpoint)}: expected a key in the environment variable ${name.slice(1)}, got none`,
    `Set it before the run: export ${name.slice(1)}=...`,
  );
}
