// The data files that a recipe names, as a table: under which key, read as what. Knows nothing of what is done with their rows.
import type { Dataset } from "./read-dataset.ts";
import { readDemonstrations, readPreferences, readPrompts, readShownComparisons } from "./read-dataset.ts";
import type { Recipe } from "./recipe.ts";

/** A file of rows and what they become. */
export interface RecipeFile {
  /** The recipe's key for it, dotted. */
  readonly key: string;
  /** Kind of the entries that its rows become. */
  readonly kind: "prompt" | "preference" | "demonstration";
  /** What an entry says beside the row. */
  readonly more: { readonly [key: string]: string };
  readonly file: string;
  readonly count: number | "all";
  readonly read: (file: string, count: number | "all") => Promise<Dataset<object>>;
}

type Named = { readonly file: string | null; readonly count: number | "all" };

/** Every file of rows that a recipe names, in the order of the method. */
export function filesOf({
  prompts,
  supervised,
  preference,
  feedback,
  evaluation,
}: Recipe): readonly RecipeFile[] {
  const read = (of: Pick<RecipeFile, "kind" | "more" | "read">) => (key: string, named: Named | null) =>
    named === null || named.file === null ? [] : [{ key, ...of, file: named.file, count: named.count }];
  const prompt = (set: string) => read({ kind: "prompt", more: { set }, read: readPrompts });
  const preferences = (source: string) =>
    read({ kind: "preference", more: { source }, read: readPreferences });
  const demonstrations = read({ kind: "demonstration", more: {}, read: readDemonstrations });
  const withReasons = [feedback.mode, evaluation.judge.mode].includes("chain-of-thought");
  const shown = read({
    kind: "preference",
    more: { source: "harmlessness" },
    read: readShownComparisons(withReasons),
  });
  const [redTeam, helpful] = [prompt("red-team"), prompt("helpful")];
  const [harmlessness, helpfulness] = [preferences("harmlessness"), preferences("helpfulness")];
  return [
    ...redTeam("prompts.redTeam", prompts.redTeam),
    ...helpful("prompts.helpful", prompts.helpful),
    ...demonstrations("supervised.demonstrations", supervised.demonstrations),
    ...redTeam("prompts.feedback", prompts.feedback),
    ...shown("feedback.demonstrations", feedback.demonstrations),
    ...(feedback.source === "file"
      ? harmlessness("feedback", { file: feedback.file, count: feedback.pairs })
      : []),
    ...helpfulness("preference.helpfulness", preference.helpfulness),
    ...redTeam("prompts.rl.redTeam", prompts.rl?.redTeam ?? null),
    ...helpful("prompts.rl.helpful", prompts.rl?.helpful ?? null),
    ...redTeam("prompts.evaluation.redTeam", prompts.evaluation.redTeam),
    ...helpful("prompts.evaluation.helpful", prompts.evaluation.helpful),
    ...harmlessness("evaluation.labels", evaluation.labels),
  ];
}
