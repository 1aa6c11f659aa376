// What a ledger holds, entries and the steps that gave them, and the hashes it holds them under.
import { canonicalJson, type Json, sha256 } from "./canonical-json.ts";

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
