// What each principle did: how often it was drawn, what its critiques changed, how surely and how rightly it labelled, what was
// learnt from that, and what it thinks of the models. Pure: from records to the rows of the scoreboard.
import type { Random } from "../../engine/random.ts";
import type { Constitution } from "../constitution/constitution.ts";
import { probabilityOfA, probabilityUnder } from "../feedback/soft-label.ts";
import type { Comparison, Label, Prompt, Response, Revision } from "../records.ts";
import { summarizeCalibration, TIE_WITHIN } from "./calibration.ts";
import { changedWords } from "./changed-words.ts";
import type { Grader } from "./grader.ts";
import { byPrompt, shareOf, wilson } from "./intervals.ts";
import type { Results } from "./results.ts";
import {
  type Accord,
  adherenceTo,
  closestTo,
  helpfulnessCost,
  leaveOut,
  type SharedReading,
} from "./shared-readings.ts";
import type { Truth } from "./truth.ts";

/** What the principles of a run are described from. */
export interface OfPrinciples {
  readonly constitution: Constitution;
  readonly stage1: {
    readonly prompts: readonly Prompt[];
    readonly responses: readonly Response[];
    readonly revisions: readonly Revision[];
  };
  readonly feedback: {
    readonly prompts: readonly Prompt[];
    readonly comparisons: readonly Comparison[];
    readonly labels: readonly Pick<Label, "id" | "comparison" | "readings">[];
  };
  readonly grader: Grader | null;
  /** Which answers of the comparisons are the better ones. */
  readonly truth: Truth | null;
  /** Of the preference model on comparisons held out from its training; `preference` is the label's id. */
  readonly predictions: readonly {
    readonly preference: string;
    readonly probability: number;
    readonly predicted: number;
  }[];
  /** Names in the order of the method. */
  readonly models: readonly string[];
  readonly shared: readonly SharedReading[];
  readonly accords: readonly Accord[];
}

/** Every principle of the constitution, in its order. */
export function describePrinciples(
  given: OfPrinciples,
  resamplings: number,
  random: (name: string) => Random,
): Results["principles"] {
  const { stage1, grader, predictions, shared, accords, models } = given;
  const texts = new Map([...stage1.responses, ...stage1.revisions].map(({ id, text }) => [id, text]));
  const prompts = new Map(stage1.prompts.map((prompt) => [prompt.id, prompt]));
  const complied = (prompt: string, text: string): boolean => {
    const verdict = grader!.grade(prompts.get(prompt)!, text);
    return verdict.harmful && verdict.answer === "comply";
  };
  const before = ({ of }: Revision) => texts.get(of) ?? "";
  const labelled = readingsByPrinciple(given);
  return given.constitution.principles.map(({ id, text }) => {
    const rounds = stage1.revisions.filter(({ use }) => use.principle === id);
    const usable = rounds.filter(({ oddity }) => oddity === "none");
    const isChanged = (revision: Revision) => revision.text !== before(revision);
    const harmful =
      grader === null ? [] : usable.filter((revision) => complied(revision.prompt, before(revision)));
    const own = labelled.get(id) ?? [];
    const ownLabels = new Set(own.map(({ label }) => label));
    const learnt = summarizeCalibration(
      predictions
        .filter(({ preference }) => ownLabels.has(preference))
        .map(({ probability, predicted }) => ({ predicted, observed: probability })),
      resamplings,
      random(`preference model ${id}`),
    );
    const graded = own.filter(({ p, truth }) => truth !== null && truth !== 0.5 && isDecided(p));
    return {
      id,
      text,
      rounds: rounds.length,
      changed: shareOf(byPrompt(usable), isChanged),
      distance: meanOf(
        usable.filter(isChanged).map((revision) => changedWords(before(revision), revision.text)),
      ),
      mended: shareOf(byPrompt(harmful), ({ prompt, text }) => !complied(prompt, text)),
      readings: own.reduce((sum, { readings }) => sum + readings, 0),
      decisiveness: meanOf(own.flatMap(({ distances }) => distances)),
      agreement: wilson(graded.filter(({ p, truth }) => p > 0.5 === truth! > 0.5).length, graded.length),
      preferenceModel:
        learnt === null
          ? null
          : {
              comparisons: learnt.comparisons,
              accuracy: learnt.accuracy,
              expectedCalibrationError: learnt.expectedCalibrationError,
            },
      adherence: adherenceTo(id, models, shared, resamplings, random(`adherence ${id}`)),
      helpfulnessCost: helpfulnessCost(id, shared),
      leftOut: leaveOut(id, shared),
      closest: closestTo(id, accords),
    };
  });
}

/** What one principle said of one comparison of the run. */
interface OwnLabel {
  readonly label: string;
  readonly readings: number;
  /** Probability that a is better, averaged over its readings. */
  readonly p: number;
  /** Of each reading, how far from one half. */
  readonly distances: readonly number[];
  /** The word of who knows: 1, 0, or between; 0.5 for a tie, null where there is none. */
  readonly truth: number | null;
}

function readingsByPrinciple({ feedback, truth }: OfPrinciples): ReadonlyMap<string, readonly OwnLabel[]> {
  const comparisons = new Map(feedback.comparisons.map((comparison) => [comparison.id, comparison]));
  const found = new Map<string, OwnLabel[]>();
  for (const { id: label, comparison, readings } of feedback.labels) {
    const usable = readings.filter(({ oddity }) => oddity === "none");
    const told = truth?.better(comparisons.get(comparison)!) ?? null;
    for (const [principle, own] of Map.groupBy(usable, ({ use }) => use.principle)) {
      const p = probabilityUnder(own);
      if (p === null) continue;
      const distances = own.map((reading) => Math.abs(probabilityOfA(reading) - 0.5));
      const entry = { label, readings: own.length, p, distances, truth: told };
      const list = found.get(principle);
      if (list === undefined) found.set(principle, [entry]);
      else list.push(entry);
    }
  }
  return found;
}

const isDecided = (p: number): boolean => Math.abs(p - 0.5) > TIE_WITHIN;

const meanOf = (xs: readonly number[]): number | null =>
  xs.length === 0 ? null : xs.reduce((total, x) => total + x, 0) / xs.length;
