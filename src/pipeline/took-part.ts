// What a principle took part in, counted: its wordings, the records made under each by stage, and the trainings that learnt from them.
// Knows links between entries, not what is said in them.
import type { Entry, Ledger, Link, Tally } from "../ledger/ledger.ts";
import { wordingsOf } from "../method/constitution/wording.ts";
import type { Touched } from "./case-law.ts";
import { modelOf } from "./find-record.ts";
import type { KeptPrinciple } from "./imports.ts";
import { isStudy } from "./is-study.ts";

type Wording = Touched["wordings"][number];

/** The kind of a principle's entries, and their part in what is made under them. */
export const PRINCIPLE = "principle";

/** Entries that differ in the constitution around them, or in what is said for readers, are one wording. */
export function wordingsIn(entries: readonly Entry[]): readonly Wording[] {
  const worded = entries.map(({ id, body }) => {
    const principle = body as unknown as KeptPrinciple;
    const { text, constitution, version } = principle;
    const asks = wordingsOf(principle).map(({ use, text }) => ({ use, text }));
    return { text, asks, entry: { id, constitution, version } };
  });
  const alike = Map.groupBy(worded, ({ text, asks }) => JSON.stringify([text, asks]));
  return [...alike.values()].map((all) => {
    const { text, asks, entry } = all[0]!;
    return { id: entry.id, text, asks, entries: all.map(({ entry }) => entry) };
  });
}

/** Records made under a wording, by kind and stage. */
export function recordsOf(ledger: Ledger, { id: wording, entries }: Wording): Touched["records"] {
  const along = (by: "id" | "kind", ...links: readonly Link[]) =>
    entries.flatMap(({ id }) => ledger.tally(id, links, by));
  const ways: readonly { readonly to: readonly Link[]; readonly down: string }[] = [
    { to: [], down: PRINCIPLE },
    { to: [{ down: PRINCIPLE }], down: "readings" },
  ];
  return ways.flatMap(({ to, down }) =>
    [...totals(along("kind", ...to, { down }))].map(([kind, count]) => {
      const settings = along("id", ...to, { down, kind }, { beside: "settings" });
      const stages = totals(settings.map(({ of, count }) => ({ of: stageOf(ledger.get(of, 0)), count })));
      return { wording, kind, count, stages: [...stages].map(([stage, count]) => ({ stage, count })) };
    }),
  );
}

/** Training sets that hold revisions made under the principle, or labels read under it. */
export function trainingsOf(
  ledger: Ledger,
  directory: string,
  wordings: readonly Wording[],
): Touched["trainings"] {
  const ways: readonly (readonly Link[])[] = [
    [{ down: PRINCIPLE }, { down: "example" }],
    [{ down: PRINCIPLE }, { down: "readings" }, { down: "example" }],
  ];
  const held = wordings.flatMap(({ id: wording, entries }) => {
    const tallies = ways.flatMap((way) => entries.flatMap(({ id }) => ledger.tally(id, way, "id")));
    return [...totals(tallies)].map(([id, examples]) => ({
      id,
      examples,
      wording,
      stage: stageOf(ledger.get(id, 0)),
    }));
  });
  // Each asked about once: of several models, files are hashed to tell which is the run's.
  const stages = isStudy(directory) ? [] : new Set(held.map(({ stage }) => stage));
  const own = new Map([...stages].map((stage) => [stage, modelOf(ledger, directory, stage)?.id]));
  const placed = held.map((set) => {
    const model = own.get(set.stage);
    const learnt = [...ledger.made(set.id, "training-set", "checkpoint")];
    return { ...set, isSuperseded: model !== undefined && !learnt.some(({ id }) => id === model) };
  });
  const alike = Map.groupBy(placed, ({ wording, stage, isSuperseded }) =>
    [wording, stage, isSuperseded].join(),
  );
  return [...alike.values()].map((all) => {
    const { wording, stage, isSuperseded } = all[0]!;
    const sets = all.map(({ id, examples }) => ({ id, examples }));
    const examples = sets.reduce((sum, set) => sum + set.examples, 0);
    return { wording, stage, isSuperseded, examples, sets };
  });
}

const stageOf = ({ body }: Entry): string => (body as { readonly stage: string }).stage;

function totals(tallies: readonly Pick<Tally, "of" | "count">[]): ReadonlyMap<string, number> {
  const all = new Map<string, number>();
  for (const { of, count } of tallies) all.set(of, (all.get(of) ?? 0) + count);
  return all;
}
