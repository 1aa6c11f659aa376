// Rows that stood in a run's files under another name of the file are the same rows: in an amended run they keep their entries, and
// with them all that was made of them. Told by content alone; in a run that begins afresh a row's id still names its file.
import { basename } from "node:path";
import type { Ledger } from "../ledger/ledger.ts";
import { rowStep } from "./imports.ts";
import type { Recipe } from "./recipe.ts";
import { filesOf, type RecipeFile } from "./recipe-files.ts";

/**
 * Writes, for every row of a file that the new recipe names in place of another, that it is the entry which the old recipe's files
 * gave for the same row, where they gave one: of the same key first, then of the others in their order.
 */
export async function adoptRows(ledger: Ledger, before: Recipe, after: Recipe): Promise<void> {
  const old = filesOf(before);
  for (const file of filesOf(after)) {
    const name = basename(file.file);
    const others = old.filter((other) => isAlike(file, other) && basename(other.file) !== name);
    const own = old.find(({ key }) => key === file.key);
    if (others.length === 0 || (own !== undefined && basename(own.file) === name)) continue;
    const inOrder = others.toSorted((a, b) => Number(b.key === file.key) - Number(a.key === file.key));
    const { rows } = await file.read(file.file, file.count);
    const steps = rows.flatMap((row) => {
      const { key } = rowStep(file.kind, name, { ...row, ...file.more });
      if (ledger.recall(key) !== undefined) return [];
      for (const other of inOrder) {
        const entry = ledger.recall(rowStep(file.kind, other.file, { ...row, ...file.more }).key)?.[0];
        if (entry !== undefined) return [{ key, entries: [entry] }];
      }
      return [];
    });
    ledger.commit(steps);
  }
}

const isAlike = (a: RecipeFile, b: RecipeFile): boolean =>
  a.kind === b.kind && JSON.stringify(a.more) === JSON.stringify(b.more);
