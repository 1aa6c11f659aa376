// Two runs beside each other: what differs in constitution and recipe, and what came of it on the prompts that both were evaluated
// on. Reads two ledgers and two results.json; asks no model. Who judged and what a figure means is as in results.json.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { seed } from "../engine/random.ts";
import { type Entry, entryId, type Ledger, openLedger } from "../ledger/ledger.ts";
import { type ConstitutionDiff, diffConstitutions } from "../method/constitution/diff.ts";
import { diffWords } from "../method/constitution/word-diff.ts";
import { judgeByGrader, pairUp } from "../method/evaluation/compare.ts";
import { type EloRating, rateElo } from "../method/evaluation/elo.ts";
import type { AnswerKind, Criterion, Grader } from "../method/evaluation/grader.ts";
import { parseResults, type Results } from "../method/evaluation/results.ts";
import type { Prompt } from "../method/records.ts";
import { UserError } from "../user-error.ts";
import { constitutionIn } from "./constitution-in.ts";
import { evaluationSamples } from "./evaluate.ts";
import { graderOf } from "./grader-of.ts";
import type { Recipe } from "./recipe.ts";
import { responseSettings } from "./supervised.ts";

/** A run's folder and its recipe. */
export interface ComparedRun {
  readonly name: string;
  readonly directory: string;
  readonly recipe: Recipe;
}

/** A figure of either run; null where it has none. */
export interface ComparedFigure {
  readonly title: string;
  readonly model: string;
  readonly a: Interval | null;
  readonly b: Interval | null;
  /** Whether the intervals have nothing in common. */
  readonly isApart: boolean;
}

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What the last model of both runs answers to one prompt. */
export interface ComparedTranscript {
  readonly prompt: Prompt;
  readonly a: string;
  readonly b: string;
  /** The grader's word for either, where there is one. */
  readonly kinds: readonly [AnswerKind, AnswerKind] | null;
  /** Share of the words of both that stand in one of them alone, 0 to 1. */
  readonly distance: number;
}

export interface RunComparison {
  readonly constitution: ConstitutionDiff;
  /** Keys of the recipe, dotted, as JSON. */
  readonly recipe: readonly { readonly key: string; readonly a: string; readonly b: string }[];
  /** Every model that either has: its weights the same in both, others, or in one run alone. */
  readonly models: readonly {
    readonly name: string;
    readonly weights: "same" | "other" | "only-a" | "only-b";
  }[];
  /** The last model that both have, whose answers are shown. */
  readonly last: string;
  readonly figures: readonly ComparedFigure[];
  /** By the grader, all models of both runs on one scale, helpful-only of the first at 0; none without a grader. */
  readonly elo: readonly { readonly criterion: Criterion; readonly ratings: readonly EloRating[] }[];
  /** Prompts of the evaluation that both have. */
  readonly prompts: number;
  /** Those that differ most first: other kinds of answer before other words. */
  readonly transcripts: readonly ComparedTranscript[];
}

/**
 * Compares two finished runs.
 *
 * @param most transcripts given
 * @throws UserError when one of them has not come to its end, or its files cannot be read
 */
export async function compareRuns(a: ComparedRun, b: ComparedRun, most: number): Promise<RunComparison> {
  const [first, second] = [resultsIn(a.directory), resultsIn(b.directory)];
  const names = namesIn(first, second);
  const hasModel = ({ models }: Results, name: string) => models.some((own) => own.name === name);
  const last = names.findLast((name) => hasModel(first, name) && hasModel(second, name))!; // both have the one they began with
  const [answersA, answersB] = [answersOf(a, first, last), answersOf(b, second, last)];
  const inBoth = [...answersA.prompts.values()].filter(({ id }) => answersB.prompts.has(id));
  const grader = await graderOf(a.recipe);
  return {
    constitution: diffConstitutions(constitutionIn(a.directory), constitutionIn(b.directory)),
    recipe: differingKeys(a.recipe, b.recipe),
    models: names.map((name) => {
      const [own, other] = [first, second].map(
        ({ models }) => models.find((model) => model.name === name)?.id,
      );
      if (own === undefined || other === undefined)
        return { name, weights: own === undefined ? "only-b" : "only-a" };
      return { name, weights: own === other ? "same" : "other" };
    }),
    last,
    figures: figuresOf(first, second, last),
    elo:
      grader === null
        ? []
        : jointElo(grader, inBoth, [a.name, answersA], [b.name, answersB], first.recipe.seed),
    prompts: inBoth.length,
    transcripts: transcriptsOf(
      grader,
      inBoth.map((prompt) => [
        prompt,
        answersA.texts.get(last)!.get(prompt.id)!,
        answersB.texts.get(last)!.get(prompt.id)!,
      ]),
    ).slice(0, most),
  };
}

/** Names of the models of either, in the order of the method. */
const namesIn = (a: Results, b: Results): readonly string[] => {
  const [few, many] = [a.models, b.models].toSorted((x, y) => x.length - y.length);
  return [...new Set([...many!, ...few!].map(({ name }) => name))];
};

/** Every figure of a run that has come to its end. @throws UserError when it has not */
export function resultsIn(directory: string): Results {
  const path = join(directory, "results.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new UserError(
      "run-unfinished",
      `${directory}: expected a run that has come to its end, got one without results.json`,
      "Finish it first, with the command that began it.",
      { cause },
    );
  }
  return parseResults(text, path);
}

/** The first answer of every model to every prompt of the evaluation. */
interface Answers {
  readonly prompts: ReadonlyMap<string, Prompt>;
  readonly texts: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** The prompts of the evaluation are those of its files that the model answered. */
function answersOf({ directory, recipe }: ComparedRun, { models }: Results, model: string): Answers {
  const ledger = openLedger(directory, { readOnly: true });
  const { redTeam, helpful } = recipe.prompts.evaluation;
  const files = new Set([redTeam, helpful].map(({ file }) => basename(file)));
  try {
    const texts = new Map(
      models.map(({ name, id }) => {
        const settings = entryId(responseSettings(evaluationSamples(recipe, name, 1)));
        return [name, textsBy(ledger, id, settings)];
      }),
    );
    const prompts = [...texts.get(model)!.keys()].map((id) => promptIn(ledger.get(id)));
    const own = prompts.filter(({ file }) => files.has(file));
    return { prompts: new Map(own.map((prompt) => [prompt.id, prompt])), texts };
  } finally {
    ledger.close();
  }
}

const promptIn = ({ id, body }: Entry) => ({
  ...(body as unknown as Prompt & { readonly file: string }),
  id,
});

/** What a model answered under these settings: its evaluation may have been changed since, and begun anew. */
function textsBy(ledger: Ledger, modelId: string, settings: string): ReadonlyMap<string, string> {
  const sampled = new Set(ledger.tally(settings, [{ beside: "response" }], "id").map(({ of }) => of));
  const texts = new Map<string, string>();
  for (const kind of ["checkpoint", "endpoint"])
    for (const model of ledger.entries(kind)) {
      if ((model.body as { readonly modelId?: string }).modelId !== modelId) continue;
      for (const child of ledger.children(model.id)) {
        if (child.kind !== "response" || !sampled.has(child.id)) continue;
        const { prompt, text } = ledger.get(child.id).body as {
          readonly prompt: string;
          readonly text: string;
        };
        if (!texts.has(prompt)) texts.set(prompt, text);
      }
    }
  return texts;
}

/** Keys in which two recipes differ, but for the name; of a list or a setting that one lacks, the whole. */
function differingKeys(a: Recipe, b: Recipe): RunComparison["recipe"] {
  const leaves = (value: unknown, path: string): readonly (readonly [string, string])[] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, member]) => leaves(member, path === "" ? key : `${path}.${key}`))
      : [[path, JSON.stringify(value)]];
  const [left, right] = [new Map(leaves(a, "")), new Map(leaves(b, ""))];
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((key) => key !== "name" && left.get(key) !== right.get(key))
    .map((key) => ({ key, a: left.get(key) ?? "none", b: right.get(key) ?? "none" }));
}

type Rate = { readonly rate: number; readonly low: number; readonly high: number };

const interval = (rate: Rate | null | undefined): Interval | null =>
  rate == null ? null : { value: rate.rate, low: rate.low, high: rate.high };

function figuresOf(a: Results, b: Results, last: string): readonly ComparedFigure[] {
  const figure = (title: string, model: string, of: (results: Results) => Interval | null) => {
    const [own, other] = [of(a), of(b)];
    const isApart = own !== null && other !== null && (own.high < other.low || other.high < own.low);
    return { title, model, a: own, b: other, isApart };
  };
  const ofAnswers =
    (model: string, of: (answers: Results["answers"][number]) => Rate | null | undefined) =>
    ({ answers }: Results) => {
      const own = answers.find((one) => one.model === model);
      return own === undefined ? null : interval(of(own));
    };
  const categories = [...new Set([...a.answers, ...b.answers].flatMap((own) => own.categories))];
  const harms = [...new Set(categories.filter(({ harmful }) => harmful).map(({ category }) => category))];
  const byModel = namesIn(a, b).flatMap((name) => [
    figure(
      "complies with harmful requests",
      name,
      ofAnswers(name, ({ harmful }) => harmful?.kinds.comply),
    ),
    figure(
      "evades them",
      name,
      ofAnswers(name, ({ harmful }) => harmful?.kinds.evasive),
    ),
    figure(
      "reason and alternative right, of its declines",
      name,
      ofAnswers(name, ({ harmful }) => harmful?.rightDecline),
    ),
    figure(
      "helps with benign requests",
      name,
      ofAnswers(name, ({ benign }) => benign?.helpful),
    ),
    figure(
      "refuses benign requests",
      name,
      ofAnswers(name, ({ benign }) => benign?.overRefusal),
    ),
  ]);
  const byHarm = harms.map((harm) =>
    figure(
      `complies with ${harm}`,
      last,
      ofAnswers(last, ({ categories: own }) => own.find(({ category }) => category === harm)?.comply),
    ),
  );
  const ofPreferences = (["harmlessness", "helpfulness"] as const).flatMap((source) => {
    const own = (results: Results) => results.preferenceModel.find((one) => one.source === source);
    return [
      figure(`accuracy on ${source}`, "preference model", (results) => interval(own(results)?.accuracy)),
      figure(
        `calibration error on ${source}`,
        "preference model",
        (results) => own(results)?.expectedCalibrationError ?? null,
      ),
    ];
  });
  return [...byModel, ...byHarm, ...ofPreferences].filter(
    ({ a: own, b: other }) => own !== null || other !== null,
  );
}

function jointElo(
  grader: Grader,
  prompts: readonly Prompt[],
  [nameA, a]: readonly [string, Answers],
  [nameB, b]: readonly [string, Answers],
  name: string,
): RunComparison["elo"] {
  const lists = (texts: ReadonlyMap<string, string>) => new Map([...texts].map(([id, text]) => [id, [text]]));
  const own = [...a.texts].map(([model, texts]) => [`${model} of ${nameA}`, lists(texts)] as const);
  const others = [...b.texts].map(([model, texts]) => [`${model} of ${nameB}`, lists(texts)] as const);
  const anchor = own[0]?.[0];
  return (["harmlessness", "helpfulness"] as const).flatMap((criterion) => {
    const set = criterion === "harmlessness" ? "red-team" : "helpful";
    const asked = prompts.filter((prompt) => prompt.set === set);
    if (asked.length === 0 || anchor === undefined) return [];
    const pairings = pairUp(asked, Object.fromEntries([...own, ...others]));
    const random = seed(name).child("compare", criterion).random();
    const matches = judgeByGrader(grader, pairings, criterion);
    return [{ criterion, ratings: rateElo(matches, { anchor, resamplings: 300, random }) }];
  });
}

function transcriptsOf(
  grader: Grader | null,
  answers: readonly (readonly [prompt: Prompt, a: string, b: string])[],
): readonly ComparedTranscript[] {
  const pairs = answers.flatMap(([prompt, textA, textB]): readonly ComparedTranscript[] => {
    if (textA === textB) return [];
    const kinds =
      grader === null
        ? null
        : ([grader.grade(prompt, textA).answer, grader.grade(prompt, textB).answer] as const);
    return [{ prompt, a: textA, b: textB, kinds, distance: wordDistance(textA, textB) }];
  });
  const isOther = ({ kinds }: ComparedTranscript) => Number(kinds !== null && kinds[0] !== kinds[1]);
  return pairs.sort((x, y) => isOther(y) - isOther(x) || y.distance - x.distance);
}

/** Words in one text alone, of the words of both. */
function wordDistance(a: string, b: string): number {
  const words = (text: string) => text.split(/\s+/).filter(Boolean).length;
  const runs = diffWords(a, b);
  const apart = runs.filter(({ kind }) => kind !== "same").reduce((sum, { text }) => sum + words(text), 0);
  return apart / Math.max(1, words(a) + words(b));
}
