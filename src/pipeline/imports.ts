// What a run begins with, written into its ledger: the constitution and each of its principles, prompts, demonstrations and
// comparisons (checkpoints.ts: the models). From here on everything can be traced to these entries.
import { existsSync, mkdirSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { hashFile } from "../ledger/blobs.ts";
import { type Json, type NewEntry, stepKey } from "../ledger/ledger.ts";
import type { Constitution, Principle } from "../method/constitution/constitution.ts";
import { drawPrinciples } from "../method/constitution/draw.ts";
import { comparisonQuestion } from "../method/constitution/wording.ts";
import type { Demonstration } from "../method/critique/few-shot.ts";
import { describeSkipped, type Skipped } from "../method/datasets/dataset.ts";
import type { ShownComparison } from "../method/feedback/judge.ts";
import type { Preference, Prompt } from "../method/records.ts";
import { type Recorded, type Run, recordOne } from "./perform.ts";
import { constitutionOf } from "./read-constitution.ts";
import {
  type Dataset,
  readDemonstrations,
  readPreferences,
  readPrompts,
  readShownComparisons,
} from "./read-dataset.ts";
import type { Recipe } from "./recipe.ts";
import { writeWhole } from "./run-directory.ts";

/** A thing and the ids of the entries that hold its parts. */
export interface Imported<T> {
  readonly value: T;
  readonly entries: ReadonlyMap<string, string>;
}

/** The body of a principle's entry. */
export interface KeptPrinciple extends Principle {
  /** Title of the constitution that it stands in, whose version follows. */
  readonly constitution: string;
  readonly version: string;
}

/** The constitution, less what the recipe leaves out; one entry a principle. */
export async function importConstitution(
  run: Run,
  recipe: Pick<Recipe, "constitution" | "seed">,
): Promise<Imported<Constitution>> {
  const value = constitutionOf(recipe);
  const { title, version, principles } = value;
  const body = { title, version, principles: principles.map(({ id }) => id) };
  const key = stepKey({ kind: "constitution", of: value as unknown as Json });
  const { id } = recordOne(run.ledger, key, { kind: "constitution", body, parents: [] });
  const constitution = { id, role: "constitution" };
  const written = run.ledger.commit(
    principles.map((principle) => {
      const kept = { constitution: title, version, ...principle } satisfies KeptPrinciple as unknown as Json;
      return {
        key: stepKey({ kind: "principle", of: kept, constitution: constitution.id }),
        entries: [{ kind: "principle", body: kept, parents: [constitution] }],
      };
    }),
  );
  return { value, entries: new Map(principles.map(({ id }, i) => [id, written[i]![0]!.id])) };
}

/** Which rows of a file are taken: the first so many; and under which licence it is, where the recipe says. */
interface Taken {
  readonly file: string;
  readonly count: number | "all";
  readonly licence?: string | undefined;
}

/** Prompts of a file, each an entry, in the order of the file. */
export const importPrompts = (run: Run, set: Prompt["set"], taken: Taken): Promise<readonly Prompt[]> =>
  importRows(run, "prompt", taken, readPrompts, { set });

/** Comparisons that someone else labelled: of helpfulness, or of harmlessness for the RLHF baseline. */
export async function importPreferences(
  run: Run,
  source: Preference["source"],
  taken: Taken,
): Promise<readonly Preference[]> {
  const rows = await importRows(run, "preference", taken, readPreferences, { source });
  return rows.map(({ id, conversation, chosen, rejected, probability }) => ({
    id,
    source,
    conversation,
    textA: chosen,
    textB: rejected,
    probability,
  }));
}

/**
 * Labelled comparisons that a feedback model is shown, the better answer as the option that its row names, or by turns as (A) and (B);
 * each under a principle of its own, drawn for the whole run.
 */
export async function importShownComparisons(
  run: Run,
  { value, entries }: Imported<Constitution>,
  { feedback, seed }: Pick<Recipe, "feedback" | "seed">,
  mode: Recipe["feedback"]["mode"],
): Promise<readonly Recorded<ShownComparison>[]> {
  const { file, count } = feedback.demonstrations;
  if (file === null) return [];
  const withReasons = mode === "chain-of-thought";
  const read = readShownComparisons(withReasons);
  const rows = await importRows(run, "preference", { file, count }, read, { source: "harmlessness" });
  const steps = rows.map((row, i): { readonly shown: ShownComparison; readonly entry: NewEntry } => {
    const [principle] = drawPrinciples(value, `${seed}/feedback/shown/${i}`, 1);
    const { reasoning, chosen_option: option = i % 2 === 0 ? "A" : "B" } = row.metadata;
    const [a, b] = option === "A" ? [row.chosen, row.rejected] : [row.rejected, row.chosen];
    const shown = {
      conversation: row.conversation,
      question: comparisonQuestion(principle!).text,
      a,
      b,
      better: option === "A" ? ("a" as const) : ("b" as const),
      reasoning: withReasons ? String(reasoning) : null,
    };
    const parents = [
      { id: row.id, role: "row" },
      { id: entries.get(principle!.id)!, role: "principle" },
    ];
    return { shown, entry: { kind: "shown-comparison", body: shown as unknown as Json, parents } };
  });
  const written = run.ledger.commit(
    steps.map(({ entry }) => ({ key: stepKey({ ...entry } as unknown as Json), entries: [entry] })),
  );
  return steps.map(({ shown }, i) => ({ ...shown, id: written[i]![0]!.id }));
}

/** Critiques and revisions shown before the turn: what was made under them can be traced to them. */
export const importDemonstrations = (run: Run, taken: Taken): Promise<readonly Recorded<Demonstration>[]> =>
  importRows(run, "demonstration", taken, readDemonstrations, {});

/**
 * Rows of a file, each an entry that names it, beside the entry of the file it was first read from; one that stands twice is
 * taken once.
 */
async function importRows<R extends object, M extends object>(
  run: Run,
  kind: string,
  { file, count, licence }: Taken,
  read: (file: string, count: number | "all") => Promise<Dataset<R>>,
  more: M,
): Promise<readonly Recorded<R & M>[]> {
  const { rows, skipped } = await read(file, count);
  const origin = importFile(run, file, licence);
  if (skipped.length > 0) setAside(run, kind, file, skipped);
  const taken = rows.map((row): R & M => ({ ...row, ...more }));
  const steps = taken.map((row) => {
    const { key, entry } = rowStep(kind, file, row);
    return { key, entries: [entry, origin] };
  });
  // Asked first: a row that an earlier state of the file had stays beside that one.
  const known = steps.map(({ key }) => run.ledger.recall(key));
  const written = run.ledger.commit(steps.filter((_, i) => known[i] === undefined)).values();
  const recorded = taken.map((row, i) => ({ ...row, id: (known[i] ?? written.next().value!)[0]!.id }));
  return [...new Map(recorded.map((row) => [row.id, row])).values()];
}

/** A row of a file as a step: however often it is read there, it is one entry. */
export function rowStep(
  kind: string,
  file: string,
  row: object,
): { readonly key: string; readonly entry: NewEntry } {
  const body = { file: basename(file), ...row } as unknown as Json;
  return { key: stepKey({ kind, of: body }), entry: { kind, body, parents: [] } };
}

/**
 * Which bytes were read. Rows name the file and are no children of this entry: a line added to the file leaves the others
 * what they were.
 */
function importFile(run: Run, file: string, licence: string | undefined): NewEntry {
  const body = {
    file: basename(file),
    sha256: hashFile(file),
    ...(licence === undefined ? {} : { licence }),
  };
  const entry = { kind: "file", body, parents: [] };
  recordOne(run.ledger, stepKey({ kind: "file", of: body }), entry);
  return entry;
}

/** Says how many rows of a file could not be used, and why, and keeps them in a file of the run's; never silently. */
function setAside(run: Run, kind: string, file: string, skipped: readonly Skipped[]): void {
  const first = skipped[0]!;
  const rows = skipped.length === 1 ? "row" : "rows";
  const found = `${basename(file)}: ${skipped.length} ${rows} left out (${describeSkipped(skipped)})`;
  const kept = run.missing !== undefined ? "" : `; kept in ${keep(run, kind, file, skipped)}`;
  const text = `${found}${kept}; the first is line ${first.line}: ${first.detail}`;
  run.emit({ kind: "note", level: "warning", text });
}

/** One file for the bytes that were read and what they were read as; of two readings the one that went further. */
function keep(run: Run, kind: string, file: string, skipped: readonly Skipped[]): string {
  const name = basename(file).replace(/(\.(jsonl?|csv|tsv|parquet|gz|zst))+$/, "");
  const path = join(run.directory, "malformed", `${kind}-${name}-${hashFile(file).slice(0, 8)}.jsonl`);
  const text = skipped.map((row) => `${JSON.stringify(row)}\n`).join("");
  if (!existsSync(path) || statSync(path).size < Buffer.byteLength(text)) {
    mkdirSync(dirname(path), { recursive: true });
    writeWhole(path, text);
  }
  return relative(run.directory, path);
}
