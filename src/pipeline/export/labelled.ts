// The labelled comparisons that the preference model learnt from and was tested on, with who said what of them. Shared by the
// exports that are about comparisons.

import type { PreferenceRow } from "../../method/datasets/preferences.ts";
import type { Comparison, Draft, Label, Preference, Prompt, Reading } from "../../method/records.ts";
import type { Conversation } from "../../models/model.ts";
import type { ReadComparison } from "../feedback.ts";
import type { Rows } from "./export.ts";
import { type ExportedRun, examplesOf, recordOf, stageOf } from "./learnt-from.ts";

/** Who labelled what no file labels. */
export const FEEDBACK_MODEL = "feedback-model";

/** A comparison with its label. */
export interface Labelled {
  /** Of the label, or of the row of a file. */
  readonly id: string;
  readonly split: "train" | "held-out";
  readonly source: Preference["source"];
  readonly conversation: Conversation;
  readonly a: Answer;
  readonly b: Answer;
  /** That a is better. */
  readonly probability: number;
  /** The same before clamp and hardening. */
  readonly unclamped: number;
  /** "feedback-model", or the file that the label stood in. */
  readonly labelledBy: string;
  readonly readings: readonly Reading[];
  /** The entries of the principles it was read under. */
  readonly principles: readonly string[];
}

interface Answer {
  /** Of the response; none for a row of a file. */
  readonly id: string | null;
  readonly text: string;
}

/** In the order of training, then those held out; returns what is to be said of those that are not here. */
export function* labelledComparisons(run: ExportedRun): Rows<Labelled> {
  const { ledger } = run;
  const learnt = run.learnt["preference-model"];
  if (learnt === null) return ["the run has not come to the preference model: no comparisons"];
  for (const { id, kind } of examplesOf(run, learnt)) yield labelled(run, id, kind, "train");
  if (learnt.checkpoint === null)
    return [
      ...leftOut(run),
      "the preference model is not trained yet: which comparisons are held out is not known",
    ];
  let heldOut = 0;
  for (const { body } of ledger.made(learnt.checkpoint, "model", "prediction")) {
    const { preference } = body as { readonly preference: string };
    yield labelled(run, preference, ledger.get(preference, 0).kind, "held-out");
    heldOut += 1;
  }
  return [
    ...leftOut(run),
    ...(heldOut === 0 ? ["no comparison was held out, or none has been predicted yet"] : []),
  ];
}

function labelled(run: ExportedRun, id: string, kind: string, split: Labelled["split"]): Labelled {
  const { ledger } = run;
  if (kind !== "label") {
    const row = recordOf<PreferenceRow & Pick<Preference, "source"> & { readonly file: string }>(ledger, id);
    const { source, conversation, chosen, rejected, probability, file } = row;
    return {
      id,
      split,
      source,
      conversation,
      probability,
      unclamped: probability,
      labelledBy: file,
      a: { id: null, text: chosen },
      b: { id: null, text: rejected },
      readings: [],
      principles: [],
    };
  }
  const { comparison, probability, unclamped } = recordOf<Label>(ledger, id);
  const { prompt, a, b, textA, textB } = recordOf<Draft<Comparison>>(ledger, comparison);
  const { conversation } = recordOf<Prompt>(ledger, prompt);
  const [read] = ledger.madeFrom(id, "readings");
  const { readings } = read!.body as unknown as ReadComparison;
  const principles = [...ledger.madeFrom(read!.id, "principle")].map((principle) => principle.id);
  return {
    id,
    split,
    source: "harmlessness",
    conversation,
    probability,
    unclamped,
    readings,
    principles,
    labelledBy: FEEDBACK_MODEL,
    a: { id: a, text: textA },
    b: { id: b, text: textB },
  };
}

/** The ids of the principles that usable readings were made under, each once. */
export const principlesOf = ({ readings }: Pick<Labelled, "readings">): readonly string[] => [
  ...new Set(readings.filter(({ oddity }) => oddity === "none").map(({ use }) => use.principle)),
];

/** Comparisons of this run that nothing was learnt from, by reason. */
function leftOut(run: ExportedRun): readonly string[] {
  const unread = unreadComparisons(run);
  const long = longComparisons(run);
  return [
    ...(unread === 0 ? [] : [`${unread} left out: comparisons that the feedback model gave no reading of`]),
    ...(long === 0 ? [] : [`${long} left out: comparisons longer than the preference model reads`]),
  ];
}

/** Those without a reading, of answers that the run's own SL-CAI gave: a ledger may hold those of earlier settings too. */
function unreadComparisons({ ledger, learnt }: ExportedRun): number {
  const slCai = learnt["sl-cai"]?.checkpoint;
  const unread = new Set<string>();
  for (const { id, body } of ledger.entries("label", 0)) {
    const { oddity, comparison } = body as unknown as Label;
    if (oddity !== "no-reading" || (stageOf(ledger, id) ?? FEEDBACK) !== FEEDBACK) continue;
    const [of] = ledger.madeFrom(recordOf<Draft<Comparison>>(ledger, comparison).a, "model");
    if (of?.id === slCai) unread.add(comparison);
  }
  return unread.size;
}

/** Stage of the labels that the preference model learns from; evaluation has others. */
const FEEDBACK = "feedback-labels";

function longComparisons({ ledger, learnt }: ExportedRun): number {
  const checkpoint = learnt["preference-model"]?.checkpoint ?? null;
  if (checkpoint === null) return 0;
  const [base] = ledger.madeFrom(checkpoint, "base");
  let long = 0;
  for (const { body } of base === undefined ? [] : ledger.made(base.id, "model", "length"))
    if (!(body as { readonly isReadable: boolean }).isReadable) long += 1;
  return long;
}
