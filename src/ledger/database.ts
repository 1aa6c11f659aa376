// The SQLite file under the ledger: its tables, its version, and how it is opened. Nothing else writes SQL that changes them.
import { existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { UserError } from "../user-error.ts";

/** Raised whenever the tables change; kept in SQLite's user_version. */
const LEDGER_VERSION = 1;

const TABLES = `
CREATE TABLE entries (
  position INTEGER PRIMARY KEY,       -- order of writing
  id TEXT NOT NULL UNIQUE,            -- hex SHA-256 of the canonical JSON of {body, kind, parents}
  kind TEXT NOT NULL,
  body TEXT NOT NULL                  -- canonical JSON
) STRICT;
CREATE INDEX entries_by_kind ON entries (kind);
CREATE TABLE parents (
  child INTEGER NOT NULL REFERENCES entries,
  ordinal INTEGER NOT NULL,
  parent INTEGER NOT NULL REFERENCES entries,
  role TEXT NOT NULL,
  PRIMARY KEY (child, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX parents_by_parent ON parents (parent);
CREATE TABLE steps (
  position INTEGER PRIMARY KEY,       -- order of writing
  key TEXT NOT NULL UNIQUE,           -- all that determines the result, hashed
  chain TEXT NOT NULL                 -- hex SHA-256 of {entries, key, previous}
) STRICT;
CREATE TABLE results (
  step INTEGER NOT NULL REFERENCES steps,
  ordinal INTEGER NOT NULL,
  entry INTEGER NOT NULL REFERENCES entries,
  PRIMARY KEY (step, ordinal)
) STRICT, WITHOUT ROWID;
CREATE INDEX results_by_entry ON results (entry);
PRAGMA user_version = ${LEDGER_VERSION};
`;

/** Opens the database, making its tables when it is new. Every commit is on the disk when it returns. */
export function openDatabase(path: string, readOnly: boolean): DatabaseSync {
  if (readOnly) return openReadOnly(path);
  const database = new DatabaseSync(path, { timeout: 2000 });
  try {
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    checkVersion(database, path);
    if (versionOf(database) === 0) database.exec(`BEGIN IMMEDIATE; ${TABLES} COMMIT`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLITE_READONLY and SQLITE_CANTOPEN: what a reader is told that may not make the index beside the database. */
const NEEDS_TO_WRITE: ReadonlySet<number> = new Set([8, 14]);

/** In a folder that cannot be written, SQLite reads a write-ahead database only when told that nobody changes it. */
function openReadOnly(path: string): DatabaseSync {
  const open = (location: string | URL): DatabaseSync => {
    const database = new DatabaseSync(location, { readOnly: true, timeout: 2000 });
    try {
      checkVersion(database, path);
      if (versionOf(database) === 0)
        throw new UserError(
          "ledger-empty",
          `${path}: expected a ledger, got a database without one`,
          "Its copy or its first moment was cut short: copy it again, or run the recipe again.",
        );
      // A lineage jumps about in the file: 64 MiB of it stay at hand rather than SQLite's two.
      database.exec("PRAGMA cache_size = -65536");
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return open(path);
  } catch (error) {
    const { errcode } = error as { readonly errcode?: number };
    const needsToWrite = errcode !== undefined && NEEDS_TO_WRITE.has(errcode & 0xff);
    if (!needsToWrite || existsSync(`${path}-wal`)) throw error;
    const location = pathToFileURL(path);
    location.searchParams.set("immutable", "1");
    return open(location);
  }
}

const versionOf = (database: DatabaseSync): number =>
  (database.prepare("PRAGMA user_version").get() as { user_version: number }).user_version;

function checkVersion(database: DatabaseSync, path: string): void {
  const version = versionOf(database);
  if (version > LEDGER_VERSION)
    throw new UserError(
      "ledger-newer",
      `${path}: expected a ledger of version ${LEDGER_VERSION} or older, got version ${version}`,
      "It was written by a newer Charter. Update Charter, or use another run directory.",
    );
}
