// What the constitution reaches: for every kind of request, how often a drawn principle changed an answer to it and how surely its
// comparisons were decided. A kind that no principle speaks to stands out. Pure.
import { mean } from "../mean.ts";
import type { Label, Prompt } from "../records.ts";
import type { Grader } from "./grader.ts";
import { type Rate, wilson } from "./intervals.ts";
import type { OfPrinciples } from "./principles.ts";

/** What was done about one kind of request. */
export interface Covered {
  readonly category: string;
  /** Prompts of stage 1 whose first answer could be used: no critique follows an odd one. */
  readonly prompts: number;
  /** Of those, the ones whose last text differs from the first answer. */
  readonly changed: Rate | null;
  readonly comparisons: number;
  /** How far from one half its labels were before any clamp, on average. */
  readonly decisiveness: number | null;
  /** Whether no principle seems to speak to it: changed and decided less than half as much as the others on average. */
  readonly isGap: boolean;
}

/** The grader's word for a prompt's kind; where there is none, the prompt's own `category`, or the first of its `tags`. */
export function categoryOf(prompt: Prompt, grader: Grader | null): string | null {
  if (grader !== null) {
    const { harmful, category } = grader.grade(prompt, "");
    return harmful ? category : null;
  }
  const { category, tags } = prompt.metadata;
  const own = category ?? (Array.isArray(tags) ? tags[0] : null);
  return typeof own === "string" ? own : null;
}

/** The kinds that no principle seems to speak to. */
export const gapsIn = (covered: readonly Covered[]): readonly string[] =>
  covered.filter(({ isGap }) => isGap).map(({ category }) => category);

/** Kinds of request in alphabetical order; none where prompts do not tell theirs. */
export function coverage({
  stage1,
  feedback,
  grader,
}: Pick<OfPrinciples, "grader"> & {
  readonly stage1: Omit<OfPrinciples["stage1"], "critiques">;
  readonly feedback: Omit<OfPrinciples["feedback"], "labels"> & {
    readonly labels: readonly Pick<Label, "comparison" | "unclamped" | "oddity">[];
  };
}): readonly Covered[] {
  const known = new Map<string, string | null>();
  for (const prompt of [...stage1.prompts, ...feedback.prompts])
    if (!known.has(prompt.id)) known.set(prompt.id, categoryOf(prompt, grader));
  const promptOf = new Map(feedback.comparisons.map(({ id, prompt }) => [id, prompt]));
  const usable = stage1.responses.filter(({ oddity }) => oddity === "none");
  const last = new Map(usable.map(({ prompt, text }) => [prompt, text]));
  const first = new Map(last);
  for (const { prompt, text, oddity } of stage1.revisions.toSorted((a, b) => a.round - b.round))
    if (oddity === "none") last.set(prompt, text);

  const labels = feedback.labels.filter(({ oddity }) => oddity === "none");
  const categories = [...new Set(known.values())].filter((category) => category !== null).sort();
  const rows = categories.map((category) => {
    const own = stage1.prompts.filter(({ id }) => known.get(id) === category && first.has(id));
    const changed = own.filter(({ id }) => last.get(id) !== first.get(id));
    const decided = labels
      .filter(({ comparison }) => known.get(promptOf.get(comparison)!) === category)
      .map(({ unclamped }) => Math.abs(unclamped - 0.5));
    return {
      category,
      prompts: own.length,
      changed: wilson(changed.length, own.length),
      comparisons: decided.length,
      decisiveness: decided.length === 0 ? null : mean(decided),
    };
  });
  return rows.map((row) => ({ ...row, isGap: isGap(row, rows) }));
}

type Row = Omit<Covered, "isGap">;

/** Fewer prompts than this tell nothing. */
const LEAST = 10;

function isGap(row: Row, all: readonly Row[]): boolean {
  const others = all.filter(({ category }) => category !== row.category);
  const below = (own: number | null | undefined, rest: readonly (number | null | undefined)[]) => {
    const known = rest.filter((one) => one != null);
    return own == null || known.length === 0 ? null : own < mean(known) / 2;
  };
  const found = [
    row.prompts < LEAST
      ? null
      : below(
          row.changed?.high,
          others.map(({ changed }) => changed?.rate),
        ),
    row.comparisons < LEAST
      ? null
      : below(
          row.decisiveness,
          others.map(({ decisiveness }) => decisiveness),
        ),
  ].filter((one) => one !== null);
  return found.length > 0 && found.every((one) => one);
}
