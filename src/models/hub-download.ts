// One file of the Hugging Face hub into its cache: asked for until it comes, from where it broke off, and checked by its hash.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, existsSync, statSync } from "node:fs";
import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { UserError } from "../user-error.ts";

/** A repository of the hub, at a branch, tag or commit. */
export interface HubId {
  readonly repository: string;
  readonly revision: string;
}

/** Where the hub is and what is known of it here. */
export interface Hub {
  /** "https://huggingface.co" */
  readonly endpoint: string;
  readonly cache: string;
  readonly token: string | null;
  /** Nothing is asked of the network. */
  readonly isOffline: boolean;
}

/** Bytes of one file that are here, of those it has. */
export interface DownloadProgress {
  readonly file: string;
  readonly done: number;
  readonly total: number;
}

/** The id as a person writes it. */
export const shown = ({ repository, revision }: HubId): string =>
  revision === "main" ? repository : `${repository}@${revision}`;

const ATTEMPTS = 5;

/** Asks the hub, and asks again where that may help. */
export async function ask(id: HubId, hub: Hub, path: string, init: RequestInit): Promise<Response> {
  const headers = { ...(hub.token !== null && { authorization: `Bearer ${hub.token}` }), ...init.headers };
  for (let attempt = 1; ; attempt++) {
    let failure: string;
    try {
      const response = await fetch(hub.endpoint + path, { ...init, headers });
      if (response.ok || response.status === 416 || (response.status >= 300 && response.status < 400))
        return response;
      if (response.status === 401 || response.status === 403)
        throw new UserError(
          "hub-forbidden",
          `${shown(id)}: expected to be let in, got ${response.status}: it is private, gated or not there`,
          "Set HF_TOKEN to a token that may read it, and accept its terms on its page.",
        );
      if (response.status === 404)
        throw new UserError(
          "hub-not-there",
          `${shown(id)}: expected a model of ${hub.endpoint}, got 404: no such repository or revision`,
          "Correct the name, or name a folder on this machine.",
        );
      failure = `status ${response.status}`;
    } catch (error) {
      init.signal?.throwIfAborted();
      if (error instanceof UserError) throw error;
      failure = String((error as Error).cause ?? error);
    }
    if (attempt === ATTEMPTS)
      throw new UserError(
        "hub-unreachable",
        `${shown(id)}: expected an answer of ${hub.endpoint}, got none in ${ATTEMPTS} attempts (${failure})`,
        "Run the same command again: what was downloaded is kept. Without a network, copy the checkpoint here and name its folder.",
      );
    await setTimeout(250 * 2 ** attempt, undefined, { ...(init.signal && { signal: init.signal }) });
  }
}

/** One file into the cache: its blob, and the snapshot's link to it. Returns the link. */
export async function fetchFile(
  id: HubId,
  file: string,
  storage: string,
  hub: Hub,
  {
    onProgress,
    signal,
  }: { readonly onProgress?: (progress: DownloadProgress) => void; readonly signal?: AbortSignal },
): Promise<string> {
  const link = join(storage, "snapshots", id.revision, file);
  if (existsSync(link)) return link;
  const path = `/${id.repository}/resolve/${id.revision}/${file}`;
  const init: RequestInit = { ...(signal && { signal }) };
  const head = await ask(id, hub, path, { ...init, method: "HEAD", redirect: "manual" });
  const etag = (head.headers.get("x-linked-etag") ?? head.headers.get("etag") ?? "").replace(/^W\/|"/g, "");
  if (!/^[\w.-]+$/.test(etag))
    throw new UserError(
      "hub-answer",
      `${hub.endpoint}${path}: expected an ETag that names the file, got ${JSON.stringify(etag)}`,
      "Check HF_ENDPOINT.",
    );
  const total = Number(head.headers.get("x-linked-size") ?? head.headers.get("content-length") ?? Number.NaN);
  const blob = join(storage, "blobs", etag);
  if (!existsSync(blob)) {
    await mkdir(dirname(blob), { recursive: true });
    const partial = `${blob}.incomplete`;
    for (let attempt = 1; ; attempt++) {
      const isDone = await download(id, hub, path, partial, init, (done) =>
        onProgress?.({ file, done, total }),
      );
      const size = statSync(partial).size;
      if (isDone && (Number.isNaN(total) || size === total)) break;
      if (attempt < ATTEMPTS && size < total) continue;
      if (size > total) await rm(partial); // two that wrote one file: it is begun anew
      throw new UserError(
        "hub-broken-off",
        `${shown(id)}: ${file}: expected ${total} bytes, got ${size}`,
        "Run the same command again: it goes on from there.",
      );
    }
    await checkHash(partial, etag, `${shown(id)}: ${file}`);
    await rename(partial, blob);
  }
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { force: true }); // one that led nowhere
  await symlink(join("..", "..", "blobs", etag), link).catch((cause) => {
    if (cause.code !== "EEXIST") throw cause; // another process made it meanwhile
  });
  return link;
}

/** Adds what is missing to a partial file; false where the connection broke. */
async function download(
  id: HubId,
  hub: Hub,
  path: string,
  partial: string,
  init: RequestInit,
  onProgress: (done: number) => void,
): Promise<boolean> {
  const here = existsSync(partial) ? statSync(partial).size : 0;
  const headers = here > 0 ? { range: `bytes=${here}-` } : {};
  const response = await ask(id, hub, path, { ...init, headers });
  if (response.status === 416 || response.body === null) return true; // nothing is missing
  const isRest = response.status === 206;
  let done = isRest ? here : 0;
  const counted = async function* (source: AsyncIterable<Uint8Array>) {
    for await (const chunk of source) {
      done += chunk.length;
      onProgress(done);
      yield chunk;
    }
  };
  try {
    const body = Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]);
    await pipeline(body, counted, createWriteStream(partial, { flags: isRest ? "a" : "w" }));
    return true;
  } catch (error) {
    init.signal?.throwIfAborted();
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
    return false;
  }
}

/** Large files are named after their SHA-256; others after git's hash, which is not worth the recomputing. */
async function checkHash(file: string, name: string, where: string): Promise<void> {
  if (!/^[0-9a-f]{64}$/.test(name)) return;
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  if (hash.digest("hex") === name) return;
  await rm(file);
  throw new UserError(
    "hub-hash",
    `${where}: expected bytes whose SHA-256 is ${name}, got others`,
    "Run the same command again: the file is fetched anew.",
  );
}
