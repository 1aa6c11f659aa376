// Bytes too large for a row, kept as files under the hash of what is in them: <directory>/blobs/<first two digits>/<sha-256>.
// A file with its final name is whole: it is written beside, forced to disk, and renamed.
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { sha256 } from "./canonical-json.ts";
import { explainStorageError } from "./storage-error.ts";

/** Hex SHA-256 of the bytes. */
export type BlobId = string;

/** Where a blob lies, or would lie. */
export function blobPath(directory: string, blob: BlobId): string {
  return join(directory, "blobs", blob.slice(0, 2), blob);
}

export function hasBlob(directory: string, blob: BlobId): boolean {
  return existsSync(blobPath(directory, blob));
}

/** Keeps the bytes and returns their name. After it returns they survive a loss of power. */
export function putBlob(directory: string, bytes: Uint8Array): BlobId {
  const blob = sha256(bytes);
  const path = blobPath(directory, blob);
  if (existsSync(path)) return blob;
  const fresh = `${path}.${process.pid}.writing`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeDurably(fresh, bytes);
    renameSync(fresh, path);
    forceToDisk(dirname(path));
  } catch (error) {
    rmSync(fresh, { force: true });
    throw explainStorageError(error, path);
  }
  return blob;
}

/** Frees the bytes; a blob that is not there is no error. */
export function removeBlob(directory: string, blob: BlobId): void {
  rmSync(blobPath(directory, blob), { force: true });
}

/** Names of all blobs that are there; files half written by a process that died are not blobs. */
export function* listBlobs(directory: string): Generator<BlobId> {
  const root = join(directory, "blobs");
  if (!existsSync(root)) return;
  for (const prefix of readdirSync(root).sort())
    for (const name of readdirSync(join(root, prefix)).sort()) if (/^[0-9a-f]{64}$/.test(name)) yield name;
}

/** Hash of a file's bytes, read in pieces. */
export function hashFile(path: string): BlobId {
  const hash = createHash("sha256");
  const piece = new Uint8Array(1 << 20);
  const file = openSync(path, "r");
  try {
    for (let read = readSync(file, piece); read > 0; read = readSync(file, piece))
      hash.update(piece.subarray(0, read));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}

function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, "w");
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Forces a folder's list of names to disk, so that a renamed file stays renamed. */
function forceToDisk(directory: string): void {
  if (process.platform === "win32") return; // Windows cannot open a folder as a file
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
