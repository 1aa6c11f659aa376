import { openLedger } from "../ledger/ledger.ts";
import { type ConstitutionDiff, diffConstitutions } from "../method/constitution/diff.ts";
import type { Results } from "../method/evaluation/results.ts";
import {
  answersIn,
  type ComparedTranscript,
  type JointElo,
  jointElo,
  transcriptsOf,
} from "./compared-answers.ts";
import { type ComparedData, compareData, dataIn } from "./compared-data.ts";
import { type ComparedFigure, figuresOf, namesIn } from "./compared-figures.ts";
import { constitutionIn } from "./constitution-in.ts";
import { graderOf } from "./grader-of.ts";
import type { Recipe } from "./recipe.ts";
import { resultsIn } from "./results-in.ts";
import { areResultsCurrent } from "./run-directory.ts";

/** A run's folder and its recipe. */
export interface ComparedRun {
  readonly name: string;
  readonly directory: string;
  readonly recipe: Recipe;
}

export interface RunComparison {
  /** Of either run, whether its figures are of its recipe; they are not where it was begun anew and did not come to its end. */
  readonly isCurrent: { readonly a: boolean; readonly b: boolean };
  readonly constitution: ConstitutionDiff;
  /** Keys of the recipe, dotted, as JSON. */
  readonly recipe: readonly { readonly key: string; readonly a: string; readonly b: string }[];
  readonly data: ComparedData;
  /** Every model that either has: its weights the same in both, others, or in one run alone. */
  readonly models: readonly {
    readonly name: string;
    readonly weights: "same" | "other" | "only-a" | "only-b";
  }[];
  /** The last model that both have, whose answers are shown. */
  readonly last: string;
  readonly figures: readonly ComparedFigure[];
  /** By the grader of either; none without a grader or without prompts in both evaluations. */
  readonly elo: readonly JointElo[];
  /** Prompts of the evaluation that both have, told by what they say. */
  readonly prompts: number;
  /** Prompts of either's. */
  readonly asked: { readonly a: number; readonly b: number };
  /** Those that differ most first: other kinds of answer before other words. */
  readonly transcripts: readonly ComparedTranscript[];
}

/**
 * Compares two runs by the figures they came to.
 *
 * @param most transcripts given
 * @throws UserError when one of them has not come to its end, or its files cannot be read
 */
export async function compareRuns(a: ComparedRun, b: ComparedRun, most: number): Promise<RunComparison> {
  const [first, second] = [resultsIn(a.directory), resultsIn(b.directory)];
  const names = namesIn(first, second);
  const hasModel = ({ models }: Results, name: string) => models.some((own) => own.name === name);
  const last = names.findLast((name) => hasModel(first, name) && hasModel(second, name))!; // both have the one they began with
  const [ofA, ofB] = [readRun(a, first, last), readRun(b, second, last)];
  const inBoth = [...ofA.answers.prompts.keys()].filter((said) => ofB.answers.prompts.has(said));
  const grader = (await graderOf(a.recipe)) ?? (await graderOf(b.recipe));
  return {
    isCurrent: { a: areResultsCurrent(a.directory), b: areResultsCurrent(b.directory) },
    constitution: diffConstitutions(constitutionIn(a.directory), constitutionIn(b.directory)),
    recipe: differingKeys(a.recipe, b.recipe),
    data: compareData(ofA.data, ofB.data),
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
        : jointElo(grader, inBoth, [a.name, ofA.answers], [b.name, ofB.answers], first.recipe.seed),
    prompts: inBoth.length,
    asked: { a: ofA.answers.prompts.size, b: ofB.answers.prompts.size },
    transcripts: transcriptsOf(grader, inBoth, last, ofA.answers, ofB.answers).slice(0, most),
  };
}

/** What a run's ledger tells, of its data and of its models' answers. */
function readRun({ directory, recipe }: ComparedRun, results: Results, last: string) {
  using ledger = openLedger(directory, { readOnly: true });
  return { data: dataIn(ledger, recipe), answers: answersIn(ledger, recipe, results, last) };
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
