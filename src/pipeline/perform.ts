// The one idea, in one function: every step is a pure function whose result is written once. A step asks the ledger first,
// computes only what is missing, and writes a batch wholly or not at all. Resuming, reuse and tracing all follow from it.
import type { Device } from "../engine/device.ts";
import { type Entry, entryId, type Json, type Ledger, type NewEntry, stepKey } from "../ledger/ledger.ts";
import type { LanguageModel } from "../models/model.ts";
import type { Account, Spending } from "./account.ts";
import type { Emit } from "./events.ts";
import { leastAnew, type Words } from "./least-anew.ts";
import { type Settings, settingsEntry } from "./settings.ts";

/** What every stage of a run is given. */
export interface Run {
  readonly ledger: Ledger;
  readonly directory: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  /** Milliseconds; injected, and never part of a result. */
  readonly now: () => number;
  /** What computes: two devices round differently, so what one made is not taken for the other's. */
  readonly device: Device;
  /**
   * Present in a preview, where nothing is computed: what is missing is stood in for, so that the pipeline itself tells what a run
   * would find and what it would have to do. Holds the keys of what was missing; whoever asks for one of them again finds it, as
   * after the run that made it.
   */
  readonly missing?: Set<string>;
  /** Where a run is only evaluated: a training that is not remembered is refused. */
  readonly mayTrain?: false;
  /** What endpoints cost; absent where nobody counts. */
  readonly account?: Account;
}

/** The key of a step's result: the function's name and version, what computes it, and everything that determines it. */
export const keyOf = ({ device }: Pick<Run, "device">, kind: string, version: number, of: Json): string =>
  stepKey({ kind, version, device, of });

/** What an endpoint answers is the same whatever computes here. */
const ELSEWHERE = { device: "cpu" } as const;

/** A record as the ledger returns it: what was computed, and the id of the entry that holds it. */
export type Recorded<T> = T & { readonly id: string };

/** An entry that a result was made from, and the part it played. */
export interface Parent {
  readonly id: string;
  readonly role: string;
}

/** One step of the method over many inputs. */
export interface Work<I, O> {
  /** The stage that progress is reported under. */
  readonly stage: string;
  readonly title: string;
  /** The entries' kind. */
  readonly kind: string;
  /** Raised when the function's meaning changes, so that old results are not taken for new ones. */
  readonly version: number;
  readonly inputs: readonly I[];
  /** Inputs computed together, and lost together in a crash. */
  readonly batch: number;
  /** Batches asked of an endpoint at once, each written when it is done; absent where this run's device computes. */
  readonly inFlight?: number;
  /** Everything that determines an input's result, apart from kind and version. */
  readonly key: (input: I) => Json;
  readonly parents: (input: I, output: O) => readonly Parent[];
  /** In a preview, what stands for an output that is missing: enough for what follows to be counted. */
  readonly standIn: (input: I) => O;
  /** In a preview, for records made under principles: tells which there would be no need to make again (least-anew.ts). */
  readonly words?: Words<I, O>;
  /** What the stage was done with, for those who ask; patterns of names are filled in by `streamName`. */
  readonly settings?: Settings;
  /** Pure: the same inputs give the same outputs, one each, in order. */
  readonly compute: (inputs: readonly I[]) => Promise<readonly O[]>;
}

/** Results of the work in input order: recalled where the ledger knows them, computed and written where it does not. */
export async function perform<I, O extends object>(
  run: Run,
  work: Work<I, O>,
): Promise<readonly Recorded<O>[]> {
  const { stage, title, kind, version, inputs } = work;
  const at = work.inFlight === undefined ? run : ELSEWHERE;
  const keys = inputs.map((input) => keyOf(at, kind, version, work.key(input)));
  const known = new Map<string, Entry>();
  for (const key of keys) {
    const entry = run.ledger.recall(key)?.[0];
    if (entry !== undefined) known.set(key, entry);
  }
  const reused = keys.filter((key) => known.has(key) || run.missing?.has(key)).length;
  const begun = run.now();
  const settings = settingsEntry(stage, work.settings ?? {});
  const least =
    run.missing === undefined || work.words === undefined
      ? {}
      : {
          least: leastAnew(
            run.ledger,
            work,
            work.words,
            inputs.filter((_, i) => !known.has(keys[i]!) && !run.missing!.has(keys[i]!)),
          ),
        };
  run.emit({ kind: "stage-start", stage, title, total: inputs.length, unit: kind, reused, ...least });
  let done = reused;
  if (run.missing !== undefined) {
    const { missing } = run;
    return keys.map((key, i) => {
      const entry = known.get(key);
      if (entry === undefined) missing.add(key);
      return entry === undefined
        ? { ...work.standIn(inputs[i]!), id: missingId(key) }
        : { ...(entry.body as unknown as O), id: entry.id };
    });
  }
  // Inputs that are alike are computed once.
  const alike = Map.groupBy(
    keys.keys().filter((i) => !known.has(keys[i]!)),
    (i) => keys[i]!,
  );
  const missing = [...alike.values()].map(([first]) => first!);
  await eachOf(batchesOf(missing, work.batch), work.inFlight ?? 1, async (batch) => {
    run.signal.throwIfAborted();
    const compute = () => work.compute(batch.map((i) => inputs[i]!));
    const { result: outputs, used } = await (run.account?.metered(compute) ?? unmetered(compute));
    const written = run.ledger.commit(
      batch.map((i, at) => {
        const entry = { kind, body: outputs[at]! as Json, parents: work.parents(inputs[i]!, outputs[at]!) };
        // An endpoint is asked in batches of one, so what was used was used for this.
        return {
          key: keys[i]!,
          entries: [entry, settings, ...(used === null ? [] : [usageOf(keys[i]!, entry, used)])],
        };
      }),
    );
    batch.forEach((i, at) => {
      known.set(keys[i]!, written[at]![0]!);
      done += alike.get(keys[i]!)!.length;
    });
    run.emit({ kind: "stage-progress", stage, done, total: inputs.length });
  });
  const results = keys.map((key) => known.get(key)!);
  run.emit({
    kind: "stage-end",
    stage,
    ms: run.now() - begun,
    done: inputs.length,
    reused,
  });
  return results.map((entry) => ({ ...(entry.body as unknown as O), id: entry.id }));
}

/** Writes a step of one entry, and others beside it; the entry as the ledger returns it, to the order of keys. */
export const recordOne = (
  ledger: Ledger,
  key: string,
  entry: NewEntry,
  beside: readonly NewEntry[] = [],
): Entry => ledger.commit([{ key, entries: [entry, ...beside] }])[0]![0]!;

/** The id of what a preview found missing. */
export const missingId = (key: string): string => `missing ${key}`;

/** Thrown where a preview has gone through every step. */
export class PreviewEnd extends Error {}

export const isMissing = (id: string): boolean => id.startsWith("missing ");

const unmetered = async <T>(work: () => Promise<T>) => ({ result: await work(), used: null });

/** With the step's key: two steps that gave the same were both paid for. */
const usageOf = (step: string, entry: NewEntry, used: Spending): NewEntry => ({
  kind: "usage",
  body: { ...used, step } as unknown as Json,
  parents: [{ id: entryId(entry), role: "of" }],
});

const batchesOf = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** Works on so many items at once. After a failure nothing new is begun; what is under way ends, and is kept. */
async function eachOf<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = items.values();
  let hasFailed = false;
  const worker = async () => {
    for (const item of left) {
      if (hasFailed) return;
      try {
        await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

/** How a model is best asked: all of a batch together, or each alone and many at once. */
export function pacing(
  { capabilities: { inFlight } }: LanguageModel,
  batch: number,
): Pick<Work<never, never>, "batch" | "inFlight"> {
  return inFlight === undefined ? { batch } : { batch: 1, inFlight };
}
