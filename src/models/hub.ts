// Checkpoints of the Hugging Face hub, in the cache that Python's huggingface_hub shares: blobs by their hash, snapshots of links
// to them by commit, refs that say which commit a branch is at. A download that broke off goes on where it stopped.
// Source: huggingface.co/docs/huggingface_hub/guides/manage-cache; file_download.py of huggingface_hub.
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../user-error.ts";
import { ask, type DownloadProgress, fetchFile, type Hub, type HubId, shown } from "./hub-download.ts";

/** "HuggingFaceTB/SmolLM2-135M-Instruct", perhaps with "@" and a revision; undefined for any other text. */
export function parseHubId(text: string): HubId | undefined {
  const [, repository, revision = "main"] = /^([\w-][\w.-]*\/[\w-][\w.-]*?)(?:@([\w.-]+))?$/.exec(text) ?? [];
  return repository === undefined ? undefined : { repository, revision };
}

/** The hub as the environment describes it, by the names that Python's library reads. */
export function hubOf(environment: Readonly<Record<string, string | undefined>>): Hub {
  const home = environment["HF_HOME"] ?? join(homedir(), ".cache", "huggingface");
  const tokenFile = environment["HF_TOKEN_PATH"] ?? join(home, "token");
  const kept = existsSync(tokenFile) ? readFileSync(tokenFile, "utf8").trim() : "";
  const token = environment["HF_TOKEN"] ?? environment["HUGGING_FACE_HUB_TOKEN"] ?? kept;
  return {
    endpoint: (environment["HF_ENDPOINT"] ?? "https://huggingface.co").replace(/\/+$/, ""),
    cache: environment["HF_HUB_CACHE"] ?? environment["HUGGINGFACE_HUB_CACHE"] ?? join(home, "hub"),
    token: token === "" ? null : token,
    isOffline: /^(1|on|yes|true)$/i.test(environment["HF_HUB_OFFLINE"] ?? ""),
  };
}

/** The id, pinned to a commit, of a folder that is a snapshot in the cache; undefined for any other folder. */
export function hubIdOfFolder(folder: string): string | undefined {
  const found = /[/\\]models--([^/\\]+)[/\\]snapshots[/\\]([0-9a-f]{40})$/.exec(folder);
  return found === null ? undefined : `${found[1]!.replace("--", "/")}@${found[2]}`;
}

const COMMIT = /^[0-9a-f]{40}$/;
/** What a checkpoint is read from, beside its weights. */
const TEXT_FILES = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
];
const INDEX = "model.safetensors.index.json";
const WEIGHTS = "model.safetensors";

/**
 * The folder of a repository's checkpoint, downloaded where the cache lacks it.
 *
 * @throws UserError when there is no such repository or revision, it may not be read, it has no safetensors weights, or the hub
 * cannot be reached; what was downloaded is kept
 * @example await fetchCheckpoint({ repository: "HuggingFaceTB/SmolLM2-135M-Instruct", revision: "main" }, hubOf(process.env));
 */
export async function fetchCheckpoint(
  id: HubId,
  hub: Hub,
  options: { readonly onProgress?: (progress: DownloadProgress) => void; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const storage = join(hub.cache, `models--${id.repository.replaceAll("/", "--")}`);
  const snapshotOf = (commit: string) => join(storage, "snapshots", commit);
  const known = COMMIT.test(id.revision) ? id.revision : await commitOfRef(storage, id.revision);
  // A commit never changes; a branch may, so that its newest state is asked for.
  if (known !== undefined && (hub.isOffline || COMMIT.test(id.revision)) && isWhole(snapshotOf(known)))
    return snapshotOf(known);
  if (hub.isOffline)
    throw new UserError(
      "hub-offline",
      `${shown(id)}: expected it in ${hub.cache}, since HF_HUB_OFFLINE is set, got ${known === undefined ? "none" : "part of it"}`,
      "Unset HF_HUB_OFFLINE for one run, or copy the cache from a machine that has it.",
    );
  const { sha, files } = await describe(id, hub, options.signal);
  const snapshot = snapshotOf(sha);
  const get = (file: string) =>
    fetchFile({ repository: id.repository, revision: sha }, file, storage, hub, options);
  for (const file of TEXT_FILES) if (files.includes(file)) await get(file);
  for (const file of await weightFiles(id, files, get)) await get(file);
  if (!COMMIT.test(id.revision)) {
    await mkdir(join(storage, "refs"), { recursive: true });
    await writeFile(join(storage, "refs", id.revision), sha);
  }
  return snapshot;
}

async function commitOfRef(storage: string, revision: string): Promise<string | undefined> {
  const path = join(storage, "refs", revision);
  return existsSync(path) ? (await readFile(path, "utf8")).trim() : undefined;
}

/** Whether configuration, tokenizer and all weights are in a snapshot. */
function isWhole(snapshot: string): boolean {
  const has = (file: string) => existsSync(join(snapshot, file));
  if (!has("config.json") || !has("tokenizer.json")) return false;
  return has(INDEX) ? shardsOf(join(snapshot, INDEX)).every(has) : has(WEIGHTS);
}

function shardsOf(index: string): readonly string[] {
  const { weight_map } = z
    .looseObject({ weight_map: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(index, "utf8")));
  return [...new Set(Object.values(weight_map))];
}

/** One file of weights, or as many as the index names. */
async function weightFiles(
  id: HubId,
  files: readonly string[],
  get: (file: string) => Promise<string>,
): Promise<readonly string[]> {
  if (files.includes(INDEX)) {
    const shards = shardsOf(await get(INDEX));
    const strange = shards.find((shard) => !files.includes(shard) || !/^[\w.-]+$/.test(shard));
    if (strange === undefined) return shards;
    throw new UserError(
      "hub-index",
      `${shown(id)}: ${INDEX}: expected names of files beside it, got ${JSON.stringify(strange)}`,
      "Name another revision: this one is not whole.",
    );
  }
  if (files.includes(WEIGHTS)) return [WEIGHTS];
  throw new UserError(
    "hub-no-weights",
    `${shown(id)}: expected ${WEIGHTS} or ${INDEX}, got ${files.filter((file) => /\.(bin|gguf|pt|safetensors)$/.test(file)).join(", ") || "no weights"}`,
    "Name a repository with safetensors weights in the layout of transformers.",
  );
}

const describedSchema = z.looseObject({
  sha: z.string().regex(COMMIT),
  siblings: z.array(z.looseObject({ rfilename: z.string() })),
});

async function describe(
  id: HubId,
  hub: Hub,
  signal?: AbortSignal,
): Promise<{ readonly sha: string; readonly files: readonly string[] }> {
  const path = `/api/models/${id.repository}/revision/${encodeURIComponent(id.revision)}`;
  const response = await ask(id, hub, path, { ...(signal && { signal }) });
  const parsed = describedSchema.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success)
    throw new UserError(
      "hub-answer",
      `${hub.endpoint}${path}: expected the description of a model, got something else`,
      "Check HF_ENDPOINT.",
    );
  const { sha, siblings } = parsed.data;
  return { sha, files: siblings.map(({ rfilename }) => rfilename) };
}
