// What two runs were made of and made, from their ledgers: the bytes of the files that their recipes name, and how many records of
// each kind are the same in both. Knows ids and hashes, not what is in a record.
import { basename } from "node:path";
import type { Ledger } from "../ledger/ledger.ts";
import type { Recipe } from "./recipe.ts";
import { filesOf } from "./recipe-files.ts";

/** A file as a run read it last; its hash is null where the run never came to it. */
export interface ReadFile {
  readonly file: string;
  readonly sha256: string | null;
}

export interface ComparedData {
  /** By the recipe's keys; null where a recipe names none. */
  readonly files: readonly {
    readonly keys: readonly string[];
    readonly a: ReadFile | null;
    readonly b: ReadFile | null;
    readonly bytes: "same" | "other" | "unknown";
  }[];
  /** Records of each kind that there are, by their ids. */
  readonly records: readonly {
    readonly kind: string;
    readonly both: number;
    readonly onlyA: number;
    readonly onlyB: number;
  }[];
}

/** Kinds of records, in the order of the method. */
const RECORDS = [
  "prompt",
  "demonstration",
  "preference",
  "response",
  "critique",
  "revision",
  "comparison",
  "reading",
  "label",
] as const;

/** What one run was made of and made. */
export interface DataOf {
  /** By the recipe's keys. */
  readonly files: ReadonlyMap<string, ReadFile>;
  /** Ids by kind. */
  readonly records: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What a ledger tells of the files that a recipe names, and of records. */
export function dataIn(ledger: Ledger, recipe: Recipe): DataOf {
  const hashes = new Map<string, string>();
  for (const { body } of ledger.entries("file", 0)) {
    const { file, sha256 } = body as { readonly file: string; readonly sha256: string };
    hashes.set(file, sha256);
  }
  const read = filesOf(recipe);
  const files = read.map(({ key, file }) => {
    const name = basename(file);
    // Kept by name alone: which of two files of one name an entry is of cannot be told.
    const isAlone = read.every((other) => basename(other.file) !== name || other.file === file);
    return [key, { file: name, sha256: (isAlone ? hashes.get(name) : undefined) ?? null }] as const;
  });
  const records = RECORDS.map(
    (kind) => [kind, new Set(ledger.entries(kind, 0).map(({ id }) => id))] as const,
  );
  return { files: new Map(files), records: new Map(records) };
}

/** Two runs' data beside each other. */
export function compareData(a: DataOf, b: DataOf): ComparedData {
  const named = [...new Set([...a.files.keys(), ...b.files.keys()])].map((key) => ({
    key,
    a: a.files.get(key) ?? null,
    b: b.files.get(key) ?? null,
  }));
  // One file is often read for several purposes.
  const alike = Map.groupBy(named, ({ key: _, ...read }) => JSON.stringify(read));
  const records = RECORDS.flatMap((kind) => {
    const [own, other] = [a.records.get(kind)!, b.records.get(kind)!];
    const both = own.intersection(other).size;
    const found = { kind, both, onlyA: own.size - both, onlyB: other.size - both };
    return own.size + other.size === 0 ? [] : [found];
  });
  return {
    files: [...alike.values()].map((group) => {
      const { key: _, ...read } = group[0]!;
      return { keys: group.map(({ key }) => key), ...read, bytes: bytesOf(read.a, read.b) };
    }),
    records,
  };
}

function bytesOf(a: ReadFile | null, b: ReadFile | null): "same" | "other" | "unknown" {
  if (a === null || b === null || a.sha256 === null || b.sha256 === null) return "unknown";
  return a.sha256 === b.sha256 ? "same" : "other";
}
