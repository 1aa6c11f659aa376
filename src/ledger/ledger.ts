// The ledger: the result of every step, written once, under the hash of all that determines it. Entries are content-addressed
// and name their parents; steps map keys to entries and form a hash chain in order of writing. Knows bytes and hashes, and
// nothing of what they mean. Format: docs/ledger-format.md.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { UserError } from "../user-error.ts";
import { type Json, sha256 } from "./canonical-json.ts";
import { openDatabase } from "./database.ts";
import {
  CHAIN_START,
  type Entry,
  type EntryId,
  type ParentLink,
  type StepKey,
  type StepResult,
} from "./entry.ts";
import { explainStorageError } from "./storage-error.ts";
import { type Link, type Tally, tallyOn } from "./tally.ts";
import { writerOn } from "./write.ts";

export type { Json } from "./canonical-json.ts";
export { type Entry, entryId, type NewEntry, stepKey } from "./entry.ts";
export type { Link, Tally } from "./tally.ts";

/** An open ledger: results of steps by their keys, and the entries that hold them. */
export interface Ledger extends Disposable {
  /** What a step gave, if it was ever done. */
  recall(key: StepKey): readonly Entry[] | undefined;
  /**
   * Writes the steps of a batch, all or none, and returns their entries as a later `recall` would. A step that is already
   * there with the same result is left as it is.
   * @throws UserError when the disk is full or read-only; nothing of the batch is written then
   */
  commit(batch: readonly StepResult[]): readonly (readonly Entry[])[];
  /**
   * One entry, by its id or by the beginning of it.
   * @param mostParents how many of its parents are read at most; a set of examples has thousands
   * @throws UserError when none or several begin so
   */
  get(idOrBeginning: string, mostParents?: number): Entry;
  /** Entries made from this one, in order of writing. */
  children(id: EntryId): readonly { readonly id: EntryId; readonly kind: string; readonly role: string }[];
  /** Entries of a kind that have this one as a parent in a role, in order of writing; their parents are not read. */
  made(id: EntryId, role: string, kind: string): Generator<Omit<Entry, "parents">>;
  /** Entries that this one was made from in a role, in their order; their own parents are not read. */
  madeFrom(id: EntryId, role: string): Generator<Omit<Entry, "parents">>;
  /**
   * How many ways lead along these links, by the entry or the kind they end at.
   * @example ledger.tally(trainingSet, [{ up: "example" }, { up: "principle" }], "id")
   */
  tally(id: EntryId, links: readonly Link[], by: "id" | "kind"): readonly Tally[];
  /** All entries (of one kind), in order of writing; `mostParents` as for `get`. */
  entries(kind?: string, mostParents?: number): Generator<Entry>;
  /** The last ones written (of one kind), in order of writing; `mostParents` as for `get`. */
  latest(most: number, kind?: string, mostParents?: number): readonly Entry[];
  /** The kinds that there are, in the order of the alphabet. */
  kinds(): readonly string[];
  count(): number;
  /** The last link of the hash chain: equal for equal content written in the same order. */
  chainHead(): string;
  /** Hash of all steps and their entries whatever the order of writing. */
  contentHash(): string;
  close(): void;
}

/** Path of the database within a run directory. */
export const ledgerPath = (directory: string): string => join(directory, "ledger.db");

/**
 * Opens the ledger of a run directory, and makes an empty one where there is none. After a crash the same call does: a batch
 * that was being written is wholly there or not at all.
 * @throws UserError when it is damaged, of a newer version, or (readOnly) absent
 * @example
 * using ledger = openLedger("runs/town");
 * const [[entry]] = ledger.commit([{ key: stepKey({ f: "respond", v: 1 }), entries: [{ kind: "response", body: "Hello", parents: [] }] }]);
 */
export function openLedger(directory: string, options: { readonly readOnly?: boolean } = {}): Ledger {
  const { readOnly = false } = options;
  const path = ledgerPath(directory);
  if (readOnly && !existsSync(path))
    throw new UserError(
      "not-found",
      `${directory}: expected a run directory with a ledger.db, found none`,
      "Name a run directory such as runs/town.",
    );
  try {
    if (!readOnly) mkdirSync(directory, { recursive: true });
    const database = openDatabase(path, readOnly);
    return ledgerOn(database, path);
  } catch (error) {
    throw explainStorageError(error, path);
  }
}

/**
 * Copies a ledger as it stands, also while a process writes to it.
 * @throws UserError when it cannot be read, or the copy not written
 */
export function copyLedger(from: string, to: string): void {
  try {
    mkdirSync(to, { recursive: true });
    const database = openDatabase(ledgerPath(from), true);
    try {
      database.prepare("VACUUM INTO ?").run(ledgerPath(to));
    } finally {
      database.close();
    }
  } catch (error) {
    throw explainStorageError(error, ledgerPath(to));
  }
}

/** As SQLite's LIMIT has it. */
const EVERY = -1;

interface EntryRow {
  readonly position: number;
  readonly id: string;
  readonly kind: string;
  readonly body: string;
}

function ledgerOn(database: DatabaseSync, path: string): Ledger {
  const select = {
    results: database.prepare(
      "SELECT e.* FROM steps s JOIN results r ON r.step = s.position JOIN entries e ON e.position = r.entry WHERE s.key = ? ORDER BY r.ordinal",
    ),
    step: database.prepare("SELECT position FROM steps WHERE key = ?"),
    parents: database.prepare(
      "SELECT e.id, p.role FROM parents p JOIN entries e ON e.position = p.parent WHERE p.child = ? ORDER BY p.ordinal LIMIT ?",
    ),
    made: "SELECT c.* FROM entries e JOIN parents p ON p.parent = e.position JOIN entries c ON c.position = p.child WHERE e.id = ? AND p.role = ? AND c.kind = ? ORDER BY c.position",
    madeFrom:
      "SELECT f.* FROM entries e JOIN parents p ON p.child = e.position JOIN entries f ON f.position = p.parent WHERE e.id = ? AND p.role = ? ORDER BY p.ordinal",
    children: database.prepare(
      "SELECT c.id, c.kind, p.role FROM entries e JOIN parents p ON p.parent = e.position JOIN entries c ON c.position = p.child WHERE e.id = ? ORDER BY c.position, p.ordinal",
    ),
    beginning: database.prepare("SELECT * FROM entries WHERE id >= ? AND id < ? ORDER BY id LIMIT 4"),
    all: "SELECT * FROM entries ORDER BY position",
    ofKind: "SELECT * FROM entries WHERE kind = ? ORDER BY position",
    latest: database.prepare("SELECT * FROM entries ORDER BY position DESC LIMIT ?"),
    latestOfKind: database.prepare("SELECT * FROM entries WHERE kind = ? ORDER BY position DESC LIMIT ?"),
    kinds: database.prepare("SELECT DISTINCT kind FROM entries ORDER BY kind"),
    count: database.prepare("SELECT count(*) AS n FROM entries"),
    head: database.prepare("SELECT chain FROM steps ORDER BY position DESC LIMIT 1"),
    content: database.prepare(
      "SELECT s.key, e.id FROM steps s LEFT JOIN results r ON r.step = s.position LEFT JOIN entries e ON e.position = r.entry ORDER BY s.key, r.ordinal",
    ),
  };

  const toEntry = ({ position, id, kind, body }: EntryRow, mostParents = EVERY): Entry => ({
    id,
    kind,
    body: JSON.parse(body) as Json,
    parents:
      mostParents === 0
        ? []
        : (select.parents.all(position, mostParents) as unknown as ParentLink[]).map((link) => ({ ...link })),
  });
  // A statement of its own for each: two iterations may be under way at once.
  const each = function* (mostParents: number, query: string, ...words: readonly string[]): Generator<Entry> {
    for (const row of database.prepare(query).iterate(...words))
      yield toEntry(row as unknown as EntryRow, mostParents);
  };
  const statements = new Map<string, StatementSync>();
  const prepared = (query: string): StatementSync => {
    const known = statements.get(query) ?? database.prepare(query);
    statements.set(query, known);
    return known;
  };
  const recall = (key: StepKey): readonly Entry[] | undefined => {
    const rows = select.results.all(key) as unknown as EntryRow[];
    if (rows.length === 0 && select.step.get(key) === undefined) return undefined;
    return rows.map((row) => toEntry(row));
  };
  const chainHead = (): string => (select.head.get() as { chain: string } | undefined)?.chain ?? CHAIN_START;
  const commit = writerOn(database, path, recall, chainHead);

  return {
    recall,
    commit,
    chainHead,
    get: (idOrBeginning, mostParents) => {
      const rows = select.beginning.all(idOrBeginning, `${idOrBeginning}g`) as unknown as EntryRow[];
      if (rows.length === 1) return toEntry(rows[0]!, mostParents);
      throw rows.length === 0 ? unknownEntry(idOrBeginning) : ambiguousEntry(idOrBeginning, rows);
    },
    children: (id) => select.children.all(id) as unknown as { id: EntryId; kind: string; role: string }[],
    made: (id, role, kind) => each(0, select.made, id, role, kind),
    madeFrom: (id, role) => each(0, select.madeFrom, id, role),
    tally: (id, links, by) => tallyOn(prepared, id, links, by),
    entries: (kind, mostParents = EVERY) =>
      kind === undefined ? each(mostParents, select.all) : each(mostParents, select.ofKind, kind),
    latest: (most, kind, mostParents) => {
      const rows = kind === undefined ? select.latest.all(most) : select.latestOfKind.all(kind, most);
      return (rows as unknown as EntryRow[]).reverse().map((row) => toEntry(row, mostParents));
    },
    kinds: () => (select.kinds.all() as { kind: string }[]).map(({ kind }) => kind),
    count: () => (select.count.get() as { n: number }).n,
    contentHash: () => {
      const lines = (select.content.all() as { key: string; id: string | null }[]).map(
        ({ key, id }) => `${key} ${id}\n`,
      );
      return sha256(lines.join(""));
    },
    close: () => database.close(),
    [Symbol.dispose]: () => database.close(),
  };
}

const unknownEntry = (id: string): UserError =>
  new UserError(
    "unknown-entry",
    `ledger: expected the id of an entry, or its beginning, got "${id}"`,
    "Ids are 64 hexadecimal digits; the first 8 do. `charter show` without an id lists the latest.",
  );

const ambiguousEntry = (id: string, rows: readonly EntryRow[]): UserError =>
  new UserError(
    "ambiguous-entry",
    `ledger: "${id}" is the beginning of several ids: ${rows
      .slice(0, 3)
      .map((row) => `${row.id.slice(0, 12)} (${row.kind})`)
      .join(", ")}${rows.length > 3 ? ", ..." : ""}`,
    "Give more digits.",
  );
