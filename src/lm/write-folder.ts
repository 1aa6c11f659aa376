// A folder written whole or not at all, so that nobody ever reads half a checkpoint.
import { readdirSync } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { UserError } from "../user-error.ts";

/** What a file is to hold: all at once, or piece by piece. */
export type Contents = Uint8Array | Iterable<Uint8Array>;

/** JSON as people read it. */
export const jsonBytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/**
 * That nothing would be replaced: the folder is not there yet, or empty.
 *
 * @param shownAs the folder as a person named it
 * @throws UserError when there is something
 */
export function checkNothingThere(directory: string, shownAs: string): void {
  const refuse = (found: string, cause?: unknown) => {
    const message = `${shownAs}: expected no such folder, or an empty one, got ${found}`;
    return new UserError("folder-not-empty", message, "Name another folder.", { cause });
  };
  let names: readonly string[];
  try {
    names = readdirSync(directory);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    throw refuse(code === "ENOTDIR" ? "a file" : message, cause);
  }
  if (names.length > 0) throw refuse("one with files in it");
}

/**
 * Writes files into a folder beside the target first, forced to disk, then renamed, so that the target is either what it was
 * or whole.
 *
 * @throws UserError when the disk is full or the folder cannot be written
 */
export async function writeFolder(
  directory: string,
  files: readonly (readonly [name: string, contents: Contents])[],
): Promise<void> {
  const target = resolve(directory);
  const fresh = join(dirname(target), `.${basename(target)}.writing`);
  const former = join(dirname(target), `.${basename(target)}.replaced`);
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    for (const [name, contents] of files) await writeDurably(join(fresh, name), contents);
    await syncDirectory(fresh);
    await rm(former, { recursive: true, force: true });
    await rename(target, former).catch((cause) => {
      if (cause.code !== "ENOENT") throw cause;
    });
    await rename(fresh, target);
    await syncDirectory(dirname(target));
    await rm(former, { recursive: true, force: true });
  } catch (cause) {
    throw unwritable(directory, cause);
  }
}

/**
 * Writes a file and forces it to disk.
 *
 * @throws UserError when the disk is full or the file cannot be written
 */
export async function writeDurably(path: string, contents: Contents): Promise<void> {
  try {
    const file = await open(path, "w");
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** Makes renames and new names last through a power cut. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What to do about the errors of a file system that a user can mend. */
const DISK_HINTS: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full: free some space and run the same command again",
  EDQUOT: "the disk quota is used up: free some space and run the same command again",
  EROFS: "the file system is read-only: choose another folder",
  EACCES: "the folder may not be written by this user: choose another or change its permissions",
  EPERM: "the folder may not be written by this user: choose another or change its permissions",
  ENOTDIR: "a part of the path is a file: choose another folder",
};

function unwritable(path: string, cause: unknown): unknown {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const hint = DISK_HINTS[code];
  if (hint === undefined) return cause;
  return new UserError(
    "checkpoint-unwritable",
    `checkpoint ${path}: expected to write it, got ${message}`,
    hint,
    { cause },
  );
}
