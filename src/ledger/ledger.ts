// The ledger: the result of every step, written once, under the hash of all that determines it. Entries are content-addressed
// and name their parents; steps map keys to entries and form a hash chain in order of writing. Knows bytes and hashes, and
// nothing of what they mean. Format: docs/ledger-format.md.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { UserError } from "../user-error.ts";
import { canonicalJson, type Json, sha256 } from "./canonical-json.ts";
import { openDatabase } from "./database.ts";
import { explainStorageError } from "./storage-error.ts";
import { type Link, type Tally, tallyOn } from "./tally.ts";

export type { Json } from "./canonical-json.ts";
export type { Link, Tally } from "./tally.ts";

/** Hex SHA-256 of the canonical JSON of {body, kind, parents}. */
export type EntryId = string;
/** What determines a step's result, hashed. */
export type StepKey = string;

/** An entry that this one was made from, and as what. */
export interface ParentLink {
  readonly id: EntryId;
  readonly role: string;
}

/** What is to be written: its kind, its content, and what it was made from. */
export interface NewEntry {
  readonly kind: string;
  readonly body: Json;
  readonly parents: readonly ParentLink[];
}

/** What is written, under the hash of its content. */
export interface Entry extends NewEntry {
  readonly id: EntryId;
}

/** A step and what came of it, in order. */
export interface StepResult {
  readonly key: StepKey;
  readonly entries: readonly NewEntry[];
}

/** An open ledger: results of steps by their keys, and the entries that hold them. */
export interface Ledger {
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
  /** The kinds that there are, in the order of the alphabet. */
  kinds(): readonly string[];
  count(): number;
  /** The last link of the hash chain: equal for equal content written in the same order. */
  chainHead(): string;
  /** Hash of all steps and their entries whatever the order of writing. */
  contentHash(): string;
  close(): void;
}

/** Hash of everything that determines a step's result. */
export function stepKey(parts: Json): StepKey {
  return sha256(canonicalJson(parts));
}

/** The id an entry has, or would have. */
export function entryId({ kind, body, parents }: NewEntry): EntryId {
  return sha256(canonicalJson({ body, kind, parents: parents.map(({ id, role }) => ({ id, role })) }));
}

/** The chain before anything is written. */
export const CHAIN_START = "0".repeat(64);

/** The chain after a step: SHA-256 of the previous link and what the step wrote. */
export function chainLink(previous: string, key: StepKey, entries: readonly EntryId[]): string {
  return sha256(canonicalJson({ entries, key, previous }));
}

/** Path of the database within a run directory. */
export const ledgerPath = (directory: string): string => join(directory, "ledger.db");

/**
 * Opens the ledger of a run directory, and makes an empty one where there is none. After a crash the same call does: a batch
 * that was being written is wholly there or not at all.
 * @throws UserError when it is damaged, of a newer version, or (readOnly) absent
 * @example
 * const ledger = openLedger("runs/town");
 * const [[entry]] = ledger.commit([{ key: stepKey({ f: "respond", v: 1 }), entries: [{ kind: "response", body: "Hello", parents: [] }] }]);
 * ledger.close();
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
    position: database.prepare("SELECT position FROM entries WHERE id = ?"),
    beginning: database.prepare("SELECT * FROM entries WHERE id >= ? AND id < ? ORDER BY id LIMIT 4"),
    all: "SELECT * FROM entries ORDER BY position",
    ofKind: "SELECT * FROM entries WHERE kind = ? ORDER BY position",
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
    kinds: () => (select.kinds.all() as { kind: string }[]).map(({ kind }) => kind),
    count: () => (select.count.get() as { n: number }).n,
    contentHash: () => {
      const lines = (select.content.all() as { key: string; id: string | null }[]).map(
        ({ key, id }) => `${key} ${id}\n`,
      );
      return sha256(lines.join(""));
    },
    close: () => database.close(),
  };
}

/** The only function that writes. */
function writerOn(
  database: DatabaseSync,
  path: string,
  recall: Ledger["recall"],
  chainHead: () => string,
): Ledger["commit"] {
  const position = database.prepare("SELECT position FROM entries WHERE id = ?");
  const insertEntry = database.prepare(
    "INSERT INTO entries (id, kind, body) VALUES (?, ?, ?) RETURNING position",
  );
  const insertParent = database.prepare(
    "INSERT INTO parents (child, ordinal, parent, role) VALUES (?, ?, ?, ?)",
  );
  const insertStep = database.prepare("INSERT INTO steps (key, chain) VALUES (?, ?) RETURNING position");
  const insertResult = database.prepare("INSERT INTO results (step, ordinal, entry) VALUES (?, ?, ?)");
  const positionOf = (id: EntryId): number | undefined =>
    (position.get(id) as { position: number } | undefined)?.position;

  const writeEntry = (entry: NewEntry): { readonly at: number; readonly entry: Entry } => {
    const { kind, parents } = entry;
    const id = entryId(entry);
    const body = canonicalJson(entry.body);
    const written: Entry = {
      id,
      kind,
      body: JSON.parse(body) as Json,
      parents: parents.map(({ id, role }) => ({ id, role })),
    };
    const known = positionOf(id);
    if (known !== undefined) return { at: known, entry: written };
    const at = (insertEntry.get(id, kind, body) as { position: number }).position;
    parents.forEach((parent, ordinal) => {
      const from = positionOf(parent.id);
      if (from === undefined)
        throw new Error(
          `internal: ledger.commit: expected the ${parent.role} of a ${kind} to be written before it, got ${parent.id}`,
        );
      insertParent.run(at, ordinal, from, parent.role);
    });
    return { at, entry: written };
  };

  const writeStep = (
    { key, entries }: StepResult,
    chain: string,
  ): { readonly entries: readonly Entry[]; readonly chain: string } => {
    const known = recall(key);
    if (known !== undefined) {
      const given = entries.map(entryId);
      if (given.join() !== known.map(({ id }) => id).join())
        throw new Error(
          `internal: ledger.commit: step ${key} is already there with another result: ${describe(known)}, now ${describe(entries)}`,
        );
      return { entries: known, chain };
    }
    const written = entries.map(writeEntry);
    const link = chainLink(
      chain,
      key,
      written.map(({ entry }) => entry.id),
    );
    const step = (insertStep.get(key, link) as { position: number }).position;
    written.forEach(({ at }, ordinal) => {
      insertResult.run(step, ordinal, at);
    });
    return { entries: written.map(({ entry }) => entry), chain: link };
  };

  return (batch) => {
    try {
      database.exec("BEGIN IMMEDIATE");
      let chain = chainHead();
      const all: (readonly Entry[])[] = [];
      for (const step of batch) {
        const written = writeStep(step, chain);
        chain = written.chain;
        all.push(written.entries);
      }
      database.exec("COMMIT");
      return all;
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw explainStorageError(error, path);
    }
  };
}

const describe = (entries: readonly NewEntry[]): string =>
  canonicalJson(entries.map(({ kind, body }) => ({ kind, body }))).slice(0, 400);

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
