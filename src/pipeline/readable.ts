// What a model can read whole. What is longer is left out and counted, and never ends a run.
import type { ModelHost, TrainableModel } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";
import { lazily } from "./lazy-model.ts";
import { perform, type Run } from "./perform.ts";

/** Items to be read by a model. */
interface Reading<T> {
  readonly stage: string;
  readonly title: string;
  /** The kind of the entries that say which are readable. */
  readonly kind: string;
  /** What they are called where some are left out. */
  readonly called: string;
  readonly items: readonly T[];
  /** The part that an item's record plays, and its id. */
  readonly role: string;
  readonly idOf: (item: T) => string;
  readonly batch: number;
  /** Tokens of the longest that is read of each. */
  readonly lengths: (model: TrainableModel, items: readonly T[]) => Promise<readonly number[]>;
  /** How a person calls the model. */
  readonly reader: string;
}

/** Those items that the model can read whole; how many are not is said. */
export async function readable<T>(
  run: Run,
  host: ModelHost,
  checkpoint: Checkpoint,
  { stage, title, kind, called, items, role, idOf, batch, lengths, reader }: Reading<T>,
): Promise<readonly T[]> {
  const model = lazily(host, checkpoint);
  const measured = await perform<T, { readonly of: string; readonly isReadable: boolean }>(run, {
    stage,
    title,
    kind,
    version: 2,
    inputs: items,
    batch,
    key: (item) => ({ model: model.id, of: idOf(item) }),
    parents: (item) => [
      { id: idOf(item), role },
      { id: checkpoint.id, role: "model" },
    ],
    standIn: (item) => ({ of: idOf(item), isReadable: true }),
    compute: async (some) => {
      const opened = await model.opened();
      const tokens = await lengths(opened, some);
      return some.map((item, i) => ({ of: idOf(item), isReadable: tokens[i]! <= opened.contextLength }));
    },
  });
  await model.close();
  const left = items.filter((_, i) => measured[i]!.isReadable);
  const long = items.length - left.length;
  if (long > 0) {
    const text = `${long} of ${items.length} ${called} left out: longer than what ${reader} reads`;
    run.emit({ kind: "note", level: "warning", text });
  }
  return left;
}
