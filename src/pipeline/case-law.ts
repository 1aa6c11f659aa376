// Everything a principle took part in, and its case law: what its critiques changed most, what it judged most and least surely.
// From the ledger alone, so that each case can be asked how it came to be. Knows what records mean; not how they are shown.
import type { Entry, Ledger, Link, Tally } from "../ledger/ledger.ts";
import { changedWords } from "../method/evaluation/changed-words.ts";
import { probabilityUnder } from "../method/feedback/soft-label.ts";
import type { Comparison, Draft, Prompt, Revision } from "../method/records.ts";
import { nearestName } from "../nearest-name.ts";
import { UserError } from "../user-error.ts";
import type { ReadComparison } from "./feedback.ts";
import { modelOf } from "./find-record.ts";
import type { KeptPrinciple } from "./imports.ts";

/** What a principle took part in. */
export interface Touched {
  readonly principle: string;
  /**
   * Its wordings, in the order in which the run met them. An amended run has those of the runs before it, too, with all that was
   * made under them.
   */
  readonly wordings: readonly {
    readonly id: string;
    readonly constitution: string;
    readonly version: string;
    readonly text: string;
  }[];
  /** Records made under it, by wording and kind. */
  readonly records: readonly {
    /** Id of the wording. */
    readonly wording: string;
    readonly kind: string;
    readonly count: number;
    /** Where that is known: runs of earlier versions did not keep it. */
    readonly stages: readonly { readonly stage: string; readonly count: number }[];
  }[];
  /** What was learnt from them. */
  readonly trainings: readonly {
    /** Of the training set. */
    readonly id: string;
    readonly wording: string;
    readonly stage: string;
    readonly examples: number;
    /** Whether a later training of the stage has taken its place: the model that learnt from it is not the run's any more. */
    readonly isSuperseded: boolean;
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
  const entries = principlesNamed(ledger, given);
  const bodies = entries.map(({ id, body }) => ({ ...(body as unknown as KeptPrinciple), entry: id }));
  const principle = bodies[0]!.id;
  return {
    principle,
    wordings: bodies.map(({ entry, constitution, version, text }) => ({
      id: entry,
      constitution,
      version,
      text,
    })),
    records: entries.flatMap(({ id }) => recordsOf(ledger, id)),
    trainings: trainingsOf(ledger, directory, entries),
    revisions: revisionsOf(ledger, entries, most),
    comparisons: comparisonsOf(ledger, entries, principle, most),
  };
}

const PRINCIPLE = "principle";

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

function recordsOf(ledger: Ledger, wording: string): Touched["records"] {
  const from = { down: PRINCIPLE };
  const withStages = (kind: string, count: number, links: readonly Link[]) => ({
    wording,
    kind,
    count,
    stages: ledger.tally(wording, [...links, { beside: "settings" }], "id").map(({ of, count }) => ({
      stage: stageOf(ledger.get(of, 0)),
      count,
    })),
  });
  const labels: readonly Link[] = [from, { down: "readings" }];
  const kindsAlong = (links: readonly Link[]) => ledger.tally(wording, links, "kind");
  return [
    ...kindsAlong([from]).map(({ of: kind, count }) => withStages(kind, count, [{ ...from, kind }])),
    ...kindsAlong(labels).map(({ of: kind, count }) => withStages(kind, count, labels)),
  ];
}

/** Training sets that hold revisions made under the principle, or labels read under it. */
function trainingsOf(ledger: Ledger, directory: string, entries: readonly Entry[]): Touched["trainings"] {
  const ways: readonly (readonly Link[])[] = [
    [{ down: PRINCIPLE }, { down: "example" }],
    [{ down: PRINCIPLE }, { down: "readings" }, { down: "example" }],
  ];
  const sets = entries.flatMap(({ id: wording }) =>
    [...totals(ways.flatMap((way) => ledger.tally(wording, way, "id")))].map(([id, examples]) => ({
      id,
      wording,
      examples,
      stage: stageOf(ledger.get(id, 0)),
    })),
  );
  // Each asked about once: of several models, files are hashed to tell which is the run's.
  const stages = new Set(sets.map(({ stage }) => stage));
  const own = new Map([...stages].map((stage) => [stage, modelOf(ledger, directory, stage)?.id]));
  return sets.map((set) => {
    const model = own.get(set.stage);
    const learnt = [...ledger.made(set.id, "training-set", "checkpoint")];
    return { ...set, isSuperseded: model !== undefined && !learnt.some(({ id }) => id === model) };
  });
}

const stageOf = ({ body }: Entry): string => (body as { readonly stage: string }).stage;

function totals(tallies: readonly Tally[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const { of, count } of tallies) all.set(of, (all.get(of) ?? 0) + count);
  return all;
}

function revisionsOf(ledger: Ledger, entries: readonly Entry[], most: number): Touched["revisions"] {
  const measured = entries
    .flatMap(({ id: wording }) =>
      [...ledger.made(wording, PRINCIPLE, "revision")].map(({ id, body }) => ({
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
  entries: readonly Entry[],
  principle: string,
  most: number,
): Touched["comparisons"] {
  const decided = entries
    .flatMap(({ id: wording }) =>
      [...ledger.made(wording, PRINCIPLE, "reading")].flatMap(({ id, body }) => {
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
