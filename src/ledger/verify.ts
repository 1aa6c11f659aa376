// Recomputes a ledger from its bytes: every id, every link of the chain, every parent, every step's result, every blob. It
// reads the tables itself, so that an error in the ledger's own code cannot hide in both.
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { blobPath, hasBlob, hashFile, listBlobs } from "./blobs.ts";
import { canonicalJson, type Json } from "./canonical-json.ts";
import { openDatabase } from "./database.ts";
import { CHAIN_START } from "./entry.ts";
import { ledgerPath, openLedger } from "./ledger.ts";
import { explainStorageError } from "./storage-error.ts";

/** One thing that is not as the bytes say it should be. */
export interface Problem {
  /** The entry, step or blob. */
  readonly where: string;
  readonly problem: string;
}

/** What a verification looked at and what it found. */
export interface Verification {
  readonly entries: number;
  readonly steps: number;
  readonly blobs: number;
  /** Note it down elsewhere to prove later that nothing was taken off the end. */
  readonly chainHead: string;
  readonly problems: readonly Problem[];
}

/** Kinds of entry whose blobs may be freed once a later entry has replaced them. */
const RELEASABLE: ReadonlySet<string> = new Set(["training-state"]);

/**
 * Checks everything that can be checked without running anything again.
 * @throws UserError when the ledger is absent, newer, or no database at all
 */
export function verifyLedger(directory: string): Verification {
  openLedger(directory, { readOnly: true }).close();
  const path = ledgerPath(directory);
  try {
    const database = openDatabase(path, true);
    try {
      return verifyTables(database, directory);
    } finally {
      database.close();
    }
  } catch (error) {
    throw explainStorageError(error, path);
  }
}

function verifyTables(database: DatabaseSync, directory: string): Verification {
  const problems: Problem[] = [];
  const entries = verifyEntries(database, directory, problems);
  const { steps, chainHead } = verifySteps(database, problems);
  let blobs = 0;
  for (const blob of listBlobs(directory)) {
    if (!hasBlob(directory, blob)) continue; // a run at work has freed it since
    blobs += 1;
    const found = hashFile(blobPath(directory, blob));
    if (found !== blob)
      problems.push({ where: `blob ${short(blob)}`, problem: `its bytes hash to ${short(found)}` });
  }
  return { entries, steps, blobs, chainHead, problems };
}

function verifyEntries(database: DatabaseSync, directory: string, problems: Problem[]): number {
  const parents = database.prepare(
    "SELECT e.id, p.role, p.parent, p.ordinal FROM parents p LEFT JOIN entries e ON e.position = p.parent WHERE p.child = ? ORDER BY p.ordinal",
  );
  const isWritten = database.prepare("SELECT 1 FROM results WHERE entry = ? LIMIT 1");
  let count = 0;
  for (const row of database.prepare("SELECT * FROM entries ORDER BY position").iterate()) {
    const { position, id, kind, body } = row as { position: number; id: string; kind: string; body: string };
    const report = (problem: string) => problems.push({ where: `${kind} ${short(id)}`, problem });
    count += 1;
    const links = parents.all(position) as {
      id: string | null;
      role: string;
      parent: number;
      ordinal: number;
    }[];
    links.forEach((link, i) => {
      if (link.ordinal !== i) report(`its parents are not numbered 0 to ${links.length - 1}`);
      if (link.id === null) report(`its ${link.role} is missing`);
      else if (link.parent >= position) report(`its ${link.role} was written after it`);
    });
    const content = parseBody(body);
    if (content === undefined) {
      report("its body is not JSON");
      continue;
    }
    const found = hash({ body: content, kind, parents: links.map(({ id, role }) => ({ id, role })) });
    if (found !== id) report(`its content hashes to ${short(found)}`);
    if (canonicalJson(content) !== body) report("its body is not canonical JSON");
    if (isWritten.get(position) === undefined) report("no step wrote it");
    for (const blob of blobsOf(content))
      if (!RELEASABLE.has(kind) && !hasBlob(directory, blob)) report(`its blob ${short(blob)} is missing`);
  }
  return count;
}

function verifySteps(
  database: DatabaseSync,
  problems: Problem[],
): { readonly steps: number; readonly chainHead: string } {
  const results = database.prepare(
    "SELECT e.id, r.ordinal FROM results r LEFT JOIN entries e ON e.position = r.entry WHERE r.step = ? ORDER BY r.ordinal",
  );
  let previous = CHAIN_START;
  let steps = 0;
  for (const row of database.prepare("SELECT * FROM steps ORDER BY position").iterate()) {
    const { position, key, chain } = row as { position: number; key: string; chain: string };
    const report = (problem: string) => problems.push({ where: `step ${short(key)}`, problem });
    steps += 1;
    const entries = results.all(position) as { id: string | null; ordinal: number }[];
    if (entries.some(({ id }) => id === null)) report("one of its results is missing");
    if (entries.some(({ ordinal }, i) => ordinal !== i)) report("its results are not numbered from 0");
    const found = hash({ entries: entries.map(({ id }) => id), key, previous });
    if (found !== chain) report(`the chain breaks here: expected ${short(found)}, got ${short(chain)}`);
    previous = chain; // so that one break is reported once
  }
  return { steps, chainHead: previous };
}

/** Blobs an entry names: the values of its `files` or `blobs`. */
function blobsOf(body: Json): readonly string[] {
  if (body === null || typeof body !== "object" || Array.isArray(body)) return [];
  const { files, blobs } = body as { readonly files?: unknown; readonly blobs?: unknown };
  const named = [files, blobs].flatMap((map) =>
    map !== null && typeof map === "object" ? Object.values(map) : [],
  );
  return named.filter((value): value is string => typeof value === "string" && /^[0-9a-f]{64}$/.test(value));
}

function parseBody(body: string): Json | undefined {
  try {
    return JSON.parse(body) as Json;
  } catch {
    return undefined;
  }
}

const hash = (value: Json): string => createHash("sha256").update(canonicalJson(value)).digest("hex");
const short = (id: string): string => id.slice(0, 12);
