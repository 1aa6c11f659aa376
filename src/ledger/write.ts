// Writing to a ledger: a batch of steps in one transaction, each with its entries, their parents and the next link of the chain.
// Nothing else writes.
import type { DatabaseSync } from "node:sqlite";
import { canonicalJson, type Json } from "./canonical-json.ts";
import { chainLink, type Entry, type EntryId, entryId, type NewEntry, type StepResult } from "./entry.ts";
import type { Ledger } from "./ledger.ts";
import { explainStorageError } from "./storage-error.ts";

/**
 * The function that writes batches to an open ledger.
 *
 * @param recall what a step gave, if it was ever done
 * @param chainHead the last link of the chain
 */
export function writerOn(
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
