// What each principle did: how often it was drawn, what its critiques found and changed, how surely and how rightly it labelled,
// what was learnt from that, and what it thinks of the models. Pure: from records to the rows of the scoreboard.
import type { Random } from "../../engine/random.ts";
import type { Constitution } from "../constitution/constitution.ts";
import { probabilityUnder } from "../feedback/soft-label.ts";
import { meanOrNull } from "../mean.ts";
import type { Comparison, Critique, Label, Prompt, Response, Revision } from "../records.ts";
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
    /** None in direct revision. */
    readonly critiques: readonly Critique[];
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
    const isIts = ({ use }: Critique | Revision) => use.principle === id;
    const critiques = stage1.critiques.filter(isIts);
    const revisions = stage1.revisions.filter(isIts);
    const usable = revisions.filter(isUsable);
    // A round begins with its critique, and ends there where that is odd.
    const rounds = critiques.length + revisions.filter(({ critique }) => critique === null).length;
    const verdicts = critiques.filter(isUsable).flatMap(({ prompt, text }) => {
      const isFault = grader?.findsFault?.(text) ?? null;
      return isFault === null ? [] : [{ prompt, isFault }];
    });
    const isChanged = (revision: Revision) => revision.text !== before(revision);
    const harmful =
      grader === null ? [] : usable.filter((revision) => complied(revision.prompt, before(revision)));
    const asked = labelled.get(id) ?? [];
    const own = asked.flatMap(({ p, ...label }) => (p === null ? [] : [{ ...label, p }]));
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
      rounds: { drawn: rounds, odd: rounds - usable.length },
      found: shareOf(byPrompt(verdicts), ({ isFault }) => isFault),
      changed: shareOf(byPrompt(usable), isChanged),
      distance: meanOrNull(
        usable.filter(isChanged).map((revision) => changedWords(before(revision), revision.text)),
      ),
      mended: shareOf(byPrompt(harmful), ({ prompt, text }) => !complied(prompt, text)),
      comparisons: { drawn: asked.length, odd: asked.length - own.length },
      decisiveness: meanOrNull(own.map(({ p }) => Math.abs(p - 0.5))),
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

/** What one principle said of one comparison of the run that it was drawn for. */
interface OwnLabel {
  readonly label: string;
  /** Probability that a is better, averaged over both orders; null where one of them could not be read. */
  readonly p: number | null;
  /** The word of who knows: 1, 0, or between; 0.5 for a tie, null where there is none. */
  readonly truth: number | null;
}

function readingsByPrinciple({ feedback, truth }: OfPrinciples): ReadonlyMap<string, readonly OwnLabel[]> {
  const comparisons = new Map(feedback.comparisons.map((comparison) => [comparison.id, comparison]));
  const found = new Map<string, OwnLabel[]>();
  for (const { id: label, comparison, readings } of feedback.labels) {
    const told = truth?.better(comparisons.get(comparison)!) ?? null;
    for (const [principle, own] of Map.groupBy(readings, ({ use }) => use.principle)) {
      const entry = { label, p: probabilityUnder(own), truth: told };
      const list = found.get(principle);
      if (list === undefined) found.set(principle, [entry]);
      else list.push(entry);
    }
  }
  return found;
}

const isUsable = ({ oddity }: Critique | Revision): boolean => oddity === "none";

const isDecided = (p: number): boolean => Math.abs(p - 0.5) > TIE_WITHIN;
