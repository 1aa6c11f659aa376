// The comparisons that the preference model learnt from and was tested on: in TRL's shape, and in that of hh-rlhf.
import {
  hhRlhfPreference,
  type LabelledPair,
  trlPreference,
} from "../../method/datasets/write-preferences.ts";
import { type Columns, MESSAGES } from "./columns.ts";
import { type Export, rowsOf, transcribed } from "./export.ts";
import { FEEDBACK_MODEL, type Labelled, labelledComparisons, principlesOf } from "./labelled.ts";
import type { ExportedRun } from "./learnt-from.ts";

/** What tells of a comparison besides its texts. */
const PROVENANCE: Columns = {
  source: "string",
  principles: { list: "string" },
  labelled_by: "string",
  split: "string",
  id: "string",
};

const provenanceOf = (labelled: Labelled) => ({
  source: labelled.source,
  principles: principlesOf(labelled),
  labelled_by: labelled.labelledBy,
  split: labelled.split,
  id: labelled.id,
});

const pairOf = ({ conversation, a, b, probability }: Labelled): LabelledPair => ({
  conversation,
  chosen: a.text,
  rejected: b.text,
  probability,
});

const COUNTED = ["source", "split", "labelled_by", "principles"];

export const preferences: Export = {
  about:
    "The comparisons that the preference model learnt from (`split` train) and was tested on (held-out), as the run divided them. `chosen` is the likelier answer and `chosen_prob`, at least 0.5, how probable it is that it is the better one: for `labelled_by` feedback-model the average of its normalised probabilities of the two option labels over both orders, samples and principles, clamped or hardened as the run's recipe says, before any label smoothing. `chosen_prob` 0.5 is a tie. `margin` is log p / (1 - p) in nats, with p at most 1 - 1e-6, so that a certain label has 13.8 and not infinity. Rows of a file without probabilities have `chosen_prob` 1, since its labels are taken at their word, and `margin` 0: TRL and OpenRLHF then learn from them as from the file.",
  columns: {
    prompt: MESSAGES,
    chosen: MESSAGES,
    rejected: MESSAGES,
    chosen_prob: "float64",
    margin: "float64",
    ...PROVENANCE,
  },
  counted: COUNTED,
  task: "reinforcement-learning",
  madeFor: ["preference-model"],
  *rows(run) {
    const said = filesWithProbabilities(run);
    return yield* rowsOf(labelledComparisons(run), (labelled) => {
      const isSoft = labelled.labelledBy === FEEDBACK_MODEL || said.has(labelled.labelledBy);
      const row = trlPreference(pairOf(labelled));
      return [{ ...row, margin: isSoft ? row.margin : 0, ...provenanceOf(labelled) }];
    });
  },
};

/** Files of comparisons any row of which says how probable its label is. */
const filesWithProbabilities = ({ ledger }: ExportedRun): ReadonlySet<string> =>
  new Set(
    ledger
      .entries("preference", 0)
      .map(({ body }) => body as { readonly file: string; readonly probability: number })
      .filter(({ probability }) => probability < 1)
      .map(({ file }) => file),
  );

export const hhRlhf: Export = {
  about:
    "The same comparisons in the shape of hh-rlhf: transcripts of Human and Assistant turns that part at the last answer.",
  columns: { chosen: "string", rejected: "string", chosen_prob: "float64", ...PROVENANCE },
  counted: COUNTED,
  task: "reinforcement-learning",
  isOnRequest: true,
  madeFor: ["preference-model"],
  rows: (run) =>
    transcribed(labelledComparisons(run), "comparisons", (labelled) => {
      const row = hhRlhfPreference(pairOf(labelled));
      return row && { ...row, ...provenanceOf(labelled) };
    }),
};
