// One process a run directory. The lock is SQLite's own file lock on lock.db, so it ends with the process that holds it,
// however that process ends. Knows nothing of the ledger.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { UserError } from "../user-error.ts";
import { explainStorageError } from "./storage-error.ts";

export interface Lock {
  release(): void;
}

/** Held here as well, for SQLite closes a database that nobody refers to any more, and the lock would go with it. */
const HELD = new Set<DatabaseSync>();

/**
 * Takes the run directory for this process.
 * @throws UserError when another process has it
 */
export function lockDirectory(directory: string): Lock {
  const path = join(directory, "lock.db");
  const holder = join(directory, "lock.pid");
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true });
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    writeFileSync(holder, `${process.pid}\n`);
  } catch (error) {
    database?.close();
    throw isBusy(error) ? refused(directory, holder) : explainStorageError(error, path);
  }
  const held = database;
  HELD.add(held);
  return {
    release: () => {
      if (HELD.delete(held)) held.close();
    },
  };
}

const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode ?? 0) % 256 === 5;

function refused(directory: string, holder: string): UserError {
  return new UserError(
    "run-locked",
    `${directory}: another process${namedIn(holder)} is working on this run`,
    "Wait for it or end it; or give this run another name with --name.",
  );
}

/** The process id that the holder wrote, if it can be read. For the message only: the lock itself is SQLite's. */
function namedIn(holder: string): string {
  try {
    return ` (${readFileSync(holder, "utf8").trim()})`;
  } catch {
    return "";
  }
}
