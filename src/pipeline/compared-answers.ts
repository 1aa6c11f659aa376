// What two runs' models answered to held-out prompts, from their ledgers: the prompts that both were evaluated on, by what is said in
// them, whatever file they stood in; one Elo scale for all models, and the answers that differ most. Asks no model.
import { seed } from "../engine/random.ts";
import { entryId, type Ledger } from "../ledger/ledger.ts";
import { diffWords } from "../method/constitution/word-diff.ts";
import { judgeByGrader, pairUp } from "../method/evaluation/compare.ts";
import { type EloRating, rateElo } from "../method/evaluation/elo.ts";
import type { AnswerKind, Criterion, Grader } from "../method/evaluation/grader.ts";
import type { Results } from "../method/evaluation/results.ts";
import type { Prompt } from "../method/records.ts";
import { evaluationSamples } from "./evaluate.ts";
import { rowStep } from "./imports.ts";
import type { Recipe } from "./recipe.ts";
import { responseSettings } from "./supervised.ts";

/** The prompts of a run's evaluation, and the first answer of every model to each, all by what the prompt says. */
export interface Answers {
  readonly prompts: ReadonlyMap<string, Prompt>;
  readonly texts: ReadonlyMap<string, ReadonlyMap<string, string>>;
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

/** All models of both runs on one scale, helpful-only of the first at 0. */
export interface JointElo {
  readonly criterion: Criterion;
  readonly ratings: readonly EloRating[];
}

/** The prompts of the evaluation are those of its files that the model answered. */
export function answersIn(ledger: Ledger, recipe: Recipe, { models }: Results, model: string): Answers {
  const { redTeam, helpful } = recipe.prompts.evaluation;
  const isAsked = ({ id, ...row }: Prompt) =>
    [redTeam, helpful].some(({ file }) => ledger.recall(rowStep("prompt", file, row).key)?.[0]?.id === id);
  const byId = new Map(
    models.map(({ name, id }) => {
      const settings = entryId(responseSettings(evaluationSamples(recipe, name, 1)));
      return [name, textsBy(ledger, id, settings)];
    }),
  );
  const prompts = [...byId.get(model)!.keys()].map((id) => promptIn(ledger, id)).filter(isAsked);
  const texts = [...byId].map(
    ([name, own]) =>
      [
        name,
        new Map(
          prompts.flatMap((prompt) => {
            const text = own.get(prompt.id);
            return text === undefined ? [] : [[said(prompt), text] as const];
          }),
        ),
      ] as const,
  );
  return { prompts: new Map(prompts.map((prompt) => [said(prompt), prompt])), texts: new Map(texts) };
}

/** What makes two runs' prompts one. */
const said = ({ set, conversation }: Prompt): string => `${set} ${JSON.stringify(conversation)}`;

/** The row of a prompt's entry, without the file that it was first read from. */
function promptIn(ledger: Ledger, id: string): Prompt {
  const { file: _, ...row } = ledger.get(id).body as unknown as Prompt & { readonly file: string };
  return { ...row, id };
}

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

/**
 * Ratings of all models of both runs by the grader, on the prompts of both evaluations.
 *
 * @param prompts what they say
 * @param name names the bootstrap's random stream
 */
export function jointElo(
  grader: Grader,
  prompts: readonly string[],
  [nameA, a]: readonly [string, Answers],
  [nameB, b]: readonly [string, Answers],
  name: string,
): readonly JointElo[] {
  const lists = (texts: ReadonlyMap<string, string>) => new Map([...texts].map(([id, text]) => [id, [text]]));
  const own = [...a.texts].map(([model, texts]) => [`${model} of ${nameA}`, lists(texts)] as const);
  const others = [...b.texts].map(([model, texts]) => [`${model} of ${nameB}`, lists(texts)] as const);
  const anchor = own[0]?.[0];
  return (["harmlessness", "helpfulness"] as const).flatMap((criterion) => {
    const set = criterion === "harmlessness" ? "red-team" : "helpful";
    const asked = prompts.map((id) => ({ ...a.prompts.get(id)!, id })).filter((prompt) => prompt.set === set);
    if (asked.length === 0 || anchor === undefined) return [];
    const pairings = pairUp(asked, Object.fromEntries([...own, ...others]));
    const random = seed(name).child("compare", criterion).random();
    const matches = judgeByGrader(grader, pairings, criterion);
    return [{ criterion, ratings: rateElo(matches, { anchor, resamplings: 300, random }) }];
  });
}

/** What a model answers otherwise in the other run: those that differ most first, other kinds of answer before other words. */
export function transcriptsOf(
  grader: Grader | null,
  prompts: readonly string[],
  model: string,
  a: Answers,
  b: Answers,
): readonly ComparedTranscript[] {
  const pairs = prompts.flatMap((id): readonly ComparedTranscript[] => {
    const prompt = a.prompts.get(id)!;
    const [textA, textB] = [a.texts.get(model)!.get(id)!, b.texts.get(model)!.get(id)!];
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
