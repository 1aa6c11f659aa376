// What changed from one constitution to another, principle by principle, by id. Data only: how it is shown is the command
// line's, what it costs to follow is the pipeline's.
import { type Constitution, type Principle, sourceText } from "./constitution.ts";
import { diffWords, longestCommon, type WordRun } from "./word-diff.ts";
import { type WordingUse, wordingsOf } from "./wording.ts";

/** Two texts, and the words that make the difference; an absent text is empty. */
export interface TextChange {
  readonly before: string;
  readonly after: string;
  readonly words: readonly WordRun[];
}

/** One difference. Positions count from 1. */
export type ConstitutionChange =
  | { readonly kind: "added" | "removed"; readonly id: string; readonly principle: Principle }
  | ({ readonly kind: "reworded"; readonly id: string } & TextChange)
  | {
      readonly kind: "reweighted" | "reordered";
      readonly id: string;
      readonly before: number;
      readonly after: number;
    }
  | ({ readonly kind: "changed"; readonly id: string; readonly field: PrincipleField } & TextChange);

/** What a principle has beside its text, its weight and its place. */
export type PrincipleField = "reasons" | "source" | "tags" | `wording.${WordingUse}`;

export interface ConstitutionDiff {
  /** Title, version, and the entries of the changelog that only one of the two has. */
  readonly document: readonly ({ readonly field: "title" | "version" | "changelog" } & TextChange)[];
  /** In the order of the second constitution; those removed stand last. */
  readonly principles: readonly ConstitutionChange[];
  /** What a model is now asked in other words, given or derived, by principle; added and removed ones are not listed. */
  readonly asked: readonly { readonly id: string; readonly uses: readonly WordingUse[] }[];
}

/** The differences of two constitutions. Two principles are the same if their ids are, whatever else they say. */
export function diffConstitutions(before: Constitution, after: Constitution): ConstitutionDiff {
  const old = new Map(before.principles.map((principle, i) => [principle.id, { principle, at: i + 1 }]));
  const kept = new Set(after.principles.map(({ id }) => id));
  const moved = movedIds(before, after);
  const pairs = after.principles.flatMap((principle, i) => {
    const earlier = old.get(principle.id);
    return earlier === undefined ? [] : [{ principle, at: i + 1, earlier }];
  });
  const changed = new Map(
    pairs.map(({ principle, at, earlier }) => [
      principle.id,
      [
        ...changesOf(earlier.principle, principle),
        ...(moved.has(principle.id)
          ? [{ kind: "reordered", id: principle.id, before: earlier.at, after: at } as const]
          : []),
      ],
    ]),
  );
  return {
    document: documentChanges(before, after),
    principles: [
      ...after.principles.flatMap(
        (principle): readonly ConstitutionChange[] =>
          changed.get(principle.id) ?? [{ kind: "added", id: principle.id, principle }],
      ),
      ...before.principles
        .filter(({ id }) => !kept.has(id))
        .map((principle) => ({ kind: "removed", id: principle.id, principle }) as const),
    ],
    asked: pairs.flatMap(({ principle, earlier }) => {
      const then = wordingsOf(earlier.principle);
      const uses = wordingsOf(principle).flatMap(({ use, text }, i) => (text === then[i]!.text ? [] : [use]));
      return uses.length === 0 ? [] : [{ id: principle.id, uses }];
    }),
  };
}

/** The fewest principles that must have been moved, of those in both. */
function movedIds(before: Constitution, after: Constitution): ReadonlySet<string> {
  const [old, young] = [before, after].map(({ principles }) => principles.map(({ id }) => id)) as [
    string[],
    string[],
  ];
  const inPlace = new Set(longestCommon(old, young).map(([i]) => old[i]));
  return new Set(young.filter((id) => old.includes(id) && !inPlace.has(id)));
}

function changesOf(before: Principle, after: Principle): readonly ConstitutionChange[] {
  const { id } = after;
  const fields: readonly (readonly [PrincipleField, (of: Principle) => string])[] = [
    ["reasons", ({ reasons }) => reasons],
    ["source", ({ source }) => (source === undefined ? "" : sourceText(source))],
    ["tags", ({ tags }) => tags.join(", ")],
    ["wording.critique", ({ wording }) => wording.critique ?? ""],
    ["wording.revision", ({ wording }) => wording.revision ?? ""],
    ["wording.comparison", ({ wording }) => wording.comparison ?? ""],
  ];
  return [
    ...textChange(before.text, after.text).map((change) => ({ kind: "reworded", id, ...change }) as const),
    ...(before.weight === after.weight
      ? []
      : [{ kind: "reweighted", id, before: before.weight, after: after.weight } as const]),
    ...fields.flatMap(([field, read]) =>
      textChange(read(before), read(after)).map(
        (change) => ({ kind: "changed", id, field, ...change }) as const,
      ),
    ),
  ];
}

const textChange = (before: string, after: string): readonly TextChange[] =>
  before === after ? [] : [{ before, after, words: diffWords(before, after) }];

function documentChanges(before: Constitution, after: Constitution): ConstitutionDiff["document"] {
  const entries = ({ changelog }: Constitution) =>
    changelog.map(({ version, date, note }) => `${version} (${date}): ${note}`);
  const [old, young] = [entries(before), entries(after)];
  const only = (these: readonly string[], those: readonly string[]) =>
    these.filter((entry) => !those.includes(entry)).join("\n");
  return (
    [
      ["title", before.title, after.title],
      ["version", before.version, after.version],
      ["changelog", only(old, young), only(young, old)],
    ] as const
  ).flatMap(([field, then, now]) => textChange(then, now).map((change) => ({ field, ...change })));
}
