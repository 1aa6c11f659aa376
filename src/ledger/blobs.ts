// Bytes too large for a row, kept as files under the hash of what is in them: <directory>/blobs/<first two digits>/<sha-256>.
// A file with its final name is whole: it is written elsewhere, forced to disk, and renamed.
import { createHash } from "node:crypto";
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { dirname, join } from "node:path";
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

/** Where a blob to be may be written before it is kept with `moveToBlob`. What a process that died left there is written over. */
export function freshBlob(directory: string): string {
  const root = join(directory, "blobs");
  try {
    mkdirSync(root, { recursive: true });
  } catch (error) {
    throw explainStorageError(error, root);
  }
  return join(root, "writing");
}

/**
 * Keeps a file's bytes and returns their name. The file is moved, so that its bytes never are in memory all at once; after it
 * returns they survive a loss of power.
 */
export function moveToBlob(directory: string, file: string): BlobId {
  const blob = hashFile(file);
  const path = blobPath(directory, blob);
  try {
    if (existsSync(path)) {
      rmSync(file);
      return blob;
    }
    const made = mkdirSync(dirname(path), { recursive: true });
    forceToDisk(file);
    renameSync(file, path);
    forceToDisk(dirname(path));
    // A folder that is new is a name to be kept as well, and blobs/ itself may be.
    if (made !== undefined) for (const folder of [join(directory, "blobs"), directory]) forceToDisk(folder);
  } catch (error) {
    rmSync(file, { force: true });
    throw explainStorageError(error, path);
  }
  return blob;
}

/** Frees the bytes; a blob that is not there is no error. */
export function removeBlob(directory: string, blob: BlobId): void {
  rmSync(blobPath(directory, blob), { force: true });
}

/** Gives another folder the blobs of this one. What is in a blob never changes, so both may hold the same bytes of the disk. */
export function shareBlobs(from: string, to: string): void {
  for (const blob of listBlobs(from)) {
    const path = blobPath(to, blob);
    if (existsSync(path)) continue;
    try {
      mkdirSync(dirname(path), { recursive: true });
      linkSync(blobPath(from, blob), path);
    } catch (error) {
      if (!CANNOT_LINK.has((error as NodeJS.ErrnoException).code ?? ""))
        throw explainStorageError(error, path);
      copyFileSync(blobPath(from, blob), path);
    }
  }
}

/** Another disk, or one whose files have one name each. */
const CANNOT_LINK: ReadonlySet<string> = new Set(["EXDEV", "EPERM", "ENOTSUP", "EMLINK"]);

/** Names of all blobs that are there; files half written by a process that died are not blobs. */
export function* listBlobs(directory: string): Generator<BlobId> {
  const root = join(directory, "blobs");
  if (!existsSync(root)) return;
  for (const prefix of readdirSync(root).sort()) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
    for (const name of readdirSync(join(root, prefix)).sort()) if (/^[0-9a-f]{64}$/.test(name)) yield name;
  }
}

/** Whether a file is there and holds a blob's bytes, wherever it lies. */
export const holdsBlob = (file: string, blob: BlobId): boolean => existsSync(file) && hashFile(file) === blob;

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

/** Forces a file's bytes to disk, or a folder's list of names, so that a renamed file stays renamed. */
function forceToDisk(path: string): void {
  if (process.platform === "win32") return; // Windows cannot open a folder as a file, nor force what was opened for reading
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
