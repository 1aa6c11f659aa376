// Everything a principle took part in, and its case law: what its critiques changed most, what it judged most and least surely.
// From the ledger alone, so that each case can be asked how it came to be. Knows what records mean; not how they are shown.
import type { Entry, Ledger } from "../ledger/ledger.ts";
import type { WordingUse } from "../method/constitution/wording.ts";
import { changedWords } from "../method/evaluation/changed-words.ts";
import { probabilityUnder } from "../method/feedback/soft-label.ts";
import type { Comparison, Draft, Prompt, Revision } from "../method/records.ts";
import { nearestName } from "../nearest-name.ts";
import { UserError } from "../user-error.ts";
import type { ReadComparison } from "./feedback.ts";
import type { KeptPrinciple } from "./imports.ts";
import { PRINCIPLE, recordsOf, trainingsOf, wordingsIn } from "./took-part.ts";

/** What a principle took part in. */
export interface Touched {
  readonly principle: string;
  /**
   * Its wordings, in the order in which the run met them. An amended run has those of the runs before it, too, with all that was
   * made under them; a study those of all its variants.
   */
  readonly wordings: readonly {
    /** That of the first of its entries. */
    readonly id: string;
    readonly text: string;
    /** What models are asked in its name, as given or derived from the text. */
    readonly asks: readonly { readonly use: WordingUse; readonly text: string }[];
    /** The principle's entries that say and ask this: one for each constitution that it stands in. */
    readonly entries: readonly {
      readonly id: string;
      readonly constitution: string;
      readonly version: string;
    }[];
  }[];
  /** Records made under it, by wording and kind. */
  readonly records: readonly {
    /** Id of the wording. */
    readonly wording: string;
    readonly kind: string;
    readonly count: number;
    /**
     * By the name of the stage, where that is known: runs of earlier versions did not keep it. A record that a stage came to under
     * several settings counts for each of them.
     */
    readonly stages: readonly { readonly stage: string; readonly count: number }[];
  }[];
  /** What was learnt from them, by wording, stage and whether it still counts. */
  readonly trainings: readonly {
    /** Id of the wording. */
    readonly wording: string;
    readonly stage: string;
    /**
     * Whether later trainings of the stage have taken their place: the models that learnt from them are not the run's any more.
     * Never in a study, whose variants stand side by side.
     */
    readonly isSuperseded: boolean;
    /** In all sets; one that stands in several counts in each. */
    readonly examples: number;
    /** The training sets that hold them. */
    readonly sets: readonly { readonly id: string; readonly examples: number }[];
  }[];
  readonly revisions: {
    /** Usable ones. */
    readonly count: number;
    /** Those that differ from what they revise. */
    readonly changed: number;
    readonly mostChanged: readonly RevisionCase[];
  };
  readonly comparisons: {
    /** Those that could be read. */
    readonly count: number;
    readonly surest: readonly ComparisonCase[];
    readonly leastSure: readonly ComparisonCase[];
  };
}

/** A critique and the revision it led to. */
export interface RevisionCase {
  readonly id: string;
  /** Id of the wording it was made under. */
  readonly wording: string;
  readonly prompt: Quoted;
  /** What was revised. */
  readonly of: Quoted;
  /** None in direct revision. */
  readonly critique: Quoted | null;
  readonly text: string;
  /** Share of words that the revision and what it revised do not have in common, 0 to 1. */
  readonly changed: number;
}

/** A comparison under the principle, and how it was decided. */
export interface ComparisonCase {
  /** Of the readings. */
  readonly id: string;
  /** Id of the wording it was read under. */
  readonly wording: string;
  readonly prompt: Quoted;
  readonly textA: string;
  readonly textB: string;
  /** Probability that a is better, averaged over both orders under this principle. */
  readonly probability: number;
}

interface Quoted {
  readonly id: string;
  readonly text: string;
}

/**
 * What a principle took part in.
 * @param directory the run's
 * @param given its id in the constitution, or the beginning of its entry's id
 * @param most how many cases of a sort
 * @throws UserError when the run knows no such principle
 */
export function touchedBy(ledger: Ledger, directory: string, given: string, most: number): Touched {
  const named = principlesNamed(ledger, given);
  const principle = (named[0]!.body as unknown as KeptPrinciple).id;
  const wordings = wordingsIn(named);
  const entries = wordings.flatMap(({ id: wording, entries }) => entries.map(({ id }) => ({ id, wording })));
  return {
    principle,
    wordings,
    records: wordings.flatMap((wording) => recordsOf(ledger, wording)),
    trainings: trainingsOf(ledger, directory, wordings),
    revisions: revisionsOf(ledger, entries, most),
    comparisons: comparisonsOf(ledger, entries, principle, most),
  };
}

/** An entry of the principle, and the id of its wording. */
type WordedEntry = { readonly id: string; readonly wording: string };

function principlesNamed(ledger: Ledger, given: string): readonly Entry[] {
  const all = [...ledger.entries(PRINCIPLE)];
  const name = ({ body }: Entry) => (body as unknown as KeptPrinciple).id;
  const own = all.filter((entry) => name(entry) === given);
  if (own.length > 0) return own;
  const begun = all.filter(({ id }) => given.length >= 6 && id.startsWith(given));
  if (begun.length > 0) return begun;
  const names = [...new Set(all.map(name))];
  const near = nearestName(given, names);
  throw new UserError(
    "unknown-principle",
    `expected a principle of this run, got "${given}"`,
    near !== undefined
      ? `Did you mean "${near}"?`
      : names.length > 0
        ? `There are ${names.join(", ")}.`
        : "The run has drawn none yet.",
  );
}

function revisionsOf(ledger: Ledger, entries: readonly WordedEntry[], most: number): Touched["revisions"] {
  const measured = entries
    .flatMap(({ id: entry, wording }) =>
      [...ledger.made(entry, PRINCIPLE, "revision")].map(({ id, body }) => ({
        ...(body as unknown as Draft<Revision>),
        id,
        wording,
      })),
    )
    .filter(({ oddity }) => oddity === "none")
    .map((revision) => ({
      ...revision,
      changed: changedWords(textOf(ledger, revision.of).text, revision.text),
    }));
  const changed = measured.filter((revision) => revision.changed > 0);
  const first = firstOfEach(
    changed.toSorted((a, b) => b.changed - a.changed),
    ({ text }) => text,
    most,
  );
  return {
    count: measured.length,
    changed: changed.length,
    mostChanged: first.map(({ id, wording, prompt, of, critique, text, changed }) => ({
      id,
      wording,
      prompt: promptOf(ledger, prompt),
      of: textOf(ledger, of),
      critique: critique === null ? null : textOf(ledger, critique),
      text,
      changed,
    })),
  };
}

function comparisonsOf(
  ledger: Ledger,
  entries: readonly WordedEntry[],
  principle: string,
  most: number,
): Touched["comparisons"] {
  const decided = entries
    .flatMap(({ id: entry, wording }) =>
      [...ledger.made(entry, PRINCIPLE, "reading")].flatMap(({ id, body }) => {
        const { comparison, readings } = body as unknown as ReadComparison;
        const probability = probabilityUnder(readings.filter(({ use }) => use.principle === principle));
        return probability === null ? [] : [{ id, wording, comparison, probability }];
      }),
    )
    .toSorted((a, b) => sureness(b) - sureness(a));
  const told = (some: typeof decided) =>
    firstOfEach(some, ({ comparison }) => comparison, most).map(
      ({ id, wording, comparison, probability }) => {
        const { prompt, textA, textB } = ledger.get(comparison).body as unknown as Draft<Comparison>;
        return { id, wording, prompt: promptOf(ledger, prompt), textA, textB, probability };
      },
    );
  return { count: decided.length, surest: told(decided), leastSure: told(decided.toReversed()) };
}

/** Distance from an even chance. */
const sureness = ({ probability }: { readonly probability: number }): number => Math.abs(probability - 0.5);

/** The first items, one of those that are alike. */
function firstOfEach<T>(items: readonly T[], alike: (item: T) => string, most: number): readonly T[] {
  const seen = new Set<string>();
  const first: T[] = [];
  for (const item of items) {
    if (first.length === most) break;
    if (!seen.has(alike(item))) first.push(item);
    seen.add(alike(item));
  }
  return first;
}

function textOf(ledger: Ledger, id: string): Quoted {
  return { id, text: (ledger.get(id, 0).body as { readonly text: string }).text };
}

function promptOf(ledger: Ledger, id: string): Quoted {
  const { conversation } = ledger.get(id, 0).body as unknown as Prompt;
  return { id, text: conversation.at(-1)!.content };
}
