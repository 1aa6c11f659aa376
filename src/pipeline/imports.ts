// What a run begins with, written into its ledger: the constitution and each of its principles, prompts, demonstrations and
// comparisons (checkpoints.ts: the models). From here on everything can be traced to these entries.
import { basename } from "node:path";
import { hashFile } from "../ledger/blobs.ts";
import type { Json } from "../ledger/ledger.ts";
import { stepKey } from "../ledger/ledger.ts";
import type { Constitution } from "../method/constitution/constitution.ts";
import type { Demonstration } from "../method/critique/few-shot.ts";
import type { Draft, Preference, Prompt } from "../method/records.ts";
import type { Recorded, Run } from "./perform.ts";
import { readConstitution } from "./read-constitution.ts";
import { type Dataset, readDemonstrations, readPreferences, readPrompts } from "./read-dataset.ts";

/** A thing and the ids of the entries that hold its parts. */
export interface Imported<T> {
  readonly value: T;
  readonly entries: ReadonlyMap<string, string>;
}

/** The constitution, less what the recipe leaves out; one entry a principle. */
export async function importConstitution(
  run: Run,
  recipe: { readonly file: string; readonly without: readonly string[] },
): Promise<Imported<Constitution>> {
  const value = readConstitution(recipe);
  const { title, version, principles } = value;
  const body = { title, version, principles: principles.map(({ id }) => id) };
  const [whole] = run.ledger.commit([
    {
      key: stepKey({ kind: "constitution", of: value as unknown as Json }),
      entries: [{ kind: "constitution", body, parents: [] }],
    },
  ]);
  const constitution = { id: whole![0]!.id, role: "constitution" };
  const written = run.ledger.commit(
    principles.map((principle) => {
      const ofPrinciple = { constitution: title, version, ...principle } as unknown as Json;
      return {
        key: stepKey({ kind: "principle", of: ofPrinciple, constitution: constitution.id }),
        entries: [{ kind: "principle", body: ofPrinciple, parents: [constitution] }],
      };
    }),
  );
  return { value, entries: new Map(principles.map(({ id }, i) => [id, written[i]![0]!.id])) };
}

/** Prompts of a file, each an entry, in the order of the file; a prompt that stands twice is taken once. */
export async function importPrompts(
  run: Run,
  set: Prompt["set"],
  { file, count }: { readonly file: string; readonly count: number | "all" },
): Promise<readonly Prompt[]> {
  const { rows } = reported(run, file, await readPrompts(file));
  importFile(run, file);
  const drafts: readonly Draft<Prompt>[] = rows
    .slice(0, count === "all" ? rows.length : count)
    .map(({ conversation, metadata }) => ({ set, conversation, metadata }));
  const written = run.ledger.commit(
    drafts.map((draft) => {
      const body = { file: basename(file), ...draft } as unknown as Json;
      return { key: stepKey({ kind: "prompt", of: body }), entries: [{ kind: "prompt", body, parents: [] }] };
    }),
  );
  const prompts = drafts.map((draft, i) => ({ ...draft, id: written[i]![0]!.id }));
  return [...new Map(prompts.map((prompt) => [prompt.id, prompt])).values()];
}

/** Comparisons that someone else labelled: of helpfulness, or of harmlessness for the RLHF baseline. */
export async function importPreferences(
  run: Run,
  source: Preference["source"],
  { file, count }: { readonly file: string; readonly count: number | "all" },
): Promise<readonly Preference[]> {
  const { rows } = reported(run, file, await readPreferences(file));
  importFile(run, file);
  const taken = rows.slice(0, count === "all" ? rows.length : count);
  const written = run.ledger.commit(
    taken.map((row) => {
      const body = { file: basename(file), source, ...row } as unknown as Json;
      return {
        key: stepKey({ kind: "preference", of: body }),
        entries: [{ kind: "preference", body, parents: [] }],
      };
    }),
  );
  const preferences = taken.map(
    ({ conversation, chosen, rejected, probability }, i): Preference => ({
      id: written[i]![0]!.id,
      source,
      conversation,
      textA: chosen,
      textB: rejected,
      probability,
    }),
  );
  return [...new Map(preferences.map((preference) => [preference.id, preference])).values()];
}

/** Critiques and revisions shown before the turn, each an entry: what was made under them can be traced to them. */
export async function importDemonstrations(
  run: Run,
  { file, count }: { readonly file: string | null; readonly count: number | "all" },
): Promise<readonly Recorded<Demonstration>[]> {
  if (file === null) return [];
  const { rows } = reported(run, file, await readDemonstrations(file));
  importFile(run, file);
  const taken = rows.slice(0, count === "all" ? rows.length : count);
  const written = run.ledger.commit(
    taken.map((row) => {
      const body = { file: basename(file), ...row } as unknown as Json;
      return {
        key: stepKey({ kind: "demonstration", of: body }),
        entries: [{ kind: "demonstration", body, parents: [] }],
      };
    }),
  );
  return taken.map((row, i) => ({ ...row, id: written[i]![0]!.id }));
}

/**
 * Which bytes were read. Rows name the file and are no children of this entry: a line added to the file leaves the others
 * what they were.
 */
function importFile(run: Run, file: string): void {
  const body = { file: basename(file), sha256: hashFile(file) };
  run.ledger.commit([
    { key: stepKey({ kind: "file", of: body }), entries: [{ kind: "file", body, parents: [] }] },
  ]);
}

/** Says how many rows of a file could not be used, and why; never silently. */
function reported<T>(run: Run, file: string, dataset: Dataset<T>): Dataset<T> {
  const reasons = new Map<string, number>();
  for (const { reason } of dataset.skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  if (reasons.size > 0) {
    const counts = [...reasons].map(([reason, rows]) => `${rows} ${reason}`).join(", ");
    const first = dataset.skipped[0]!;
    const text = `${basename(file)}: ${dataset.skipped.length} ${dataset.skipped.length === 1 ? "row" : "rows"} left out (${counts}); the first is line ${first.line}: ${first.detail}`;
    run.emit({ kind: "note", level: "warning", text });
  }
  return dataset;
}
