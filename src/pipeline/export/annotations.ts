// What each principle says of each comparison, as annotated pairs 2.0 of Inverse Constitutional AI (github.com/rdnfn/icai):
// one JSON document; a principle is an annotator, and so is the label that came of all of them.
import { formatTranscript } from "../../method/datasets/transcript.ts";
import { isEven, probabilityUnder } from "../../method/feedback/soft-label.ts";
import type { Conversation } from "../../models/model.ts";
import { type Export, rowsOf } from "./export.ts";
import { type Labelled, labelledComparisons } from "./labelled.ts";
import { type ExportedRun, recordOf } from "./learnt-from.ts";

/** The annotator that every comparison has. */
const LABEL = "label";

export const annotations: Export = {
  about:
    "The comparisons of `preferences` with what was said of each under each principle, as annotated pairs 2.0 of Inverse Constitutional AI (one JSON document, which its tools and the Feedback Forensics app read; not a table). Annotators are the principles, each by the feedback model that read the comparison under it, and `label`, which the preference model learnt from. `pref` is a or b, null where a reading was odd (invalid) or undecided (tie); `probability` is that of a.",
  columns: {},
  counted: [],
  task: null,
  document: {
    before: () => `{\n"metadata":${JSON.stringify(METADATA)},\n"comparisons":[\n`,
    after: (run) => `\n],\n"annotators":${JSON.stringify(annotatorsOf(run))}}\n`,
  },
  rows: (run) =>
    rowsOf(labelledComparisons(run), (labelled) => {
      const { id, conversation, a, b, source, split, labelledBy } = labelled;
      return [
        {
          id,
          prompt: promptText(conversation),
          response_a: { text: a.text, ...modelOf(run, a.id) },
          response_b: { text: b.text, ...modelOf(run, b.id) },
          annotations: { [LABEL]: annotation(labelled.probability), ...byPrinciple(run, labelled) },
          metadata: { source, split, labelled_by: labelledBy },
        },
      ];
    }),
};

const METADATA = {
  version: "2.0",
  description: "Comparisons of a Constitutional AI run, annotated by principle",
  default_annotator: LABEL,
  available_metadata_keys_per_comparison: ["source", "split", "labelled_by"],
};

function annotatorsOf({ ledger }: ExportedRun) {
  const principles = [...ledger.entries("principle", 0)].map(({ id, body }) => {
    const { id: name, text, version } = body as unknown as Record<"id" | "text" | "version", string>;
    return [id, { name, description: text, type: "principle", constitution_version: version }] as const;
  });
  const label = {
    name: LABEL,
    description: "What the preference model learnt from: the average over principles, or the label of a file",
    type: "unknown",
  };
  return { [LABEL]: label, ...Object.fromEntries(principles) };
}

/** One turn as it is; several as a transcript. */
const promptText = (conversation: Conversation): string =>
  conversation.length === 1 ? conversation[0]!.content : formatTranscript(conversation).trim();

/** Which model gave an answer, by the part it plays in the run. */
function modelOf({ ledger }: ExportedRun, response: string | null): { readonly model?: string } {
  const [model] = response === null ? [] : ledger.madeFrom(response, "model");
  return model === undefined ? {} : { model: (model.body as { readonly stage: string }).stage };
}

/** The preference under each principle, where it was read in both orders. */
function byPrinciple({ ledger }: ExportedRun, { readings, principles }: Labelled) {
  return Object.fromEntries(
    principles.map((entry) => {
      const { id } = recordOf<{ readonly id: string }>(ledger, entry);
      const probability = probabilityUnder(readings.filter(({ use }) => use.principle === id));
      return [
        entry,
        probability === null ? { pref: null, no_pref_reason: "invalid" } : annotation(probability),
      ];
    }),
  );
}

const annotation = (probability: number) =>
  isEven(probability)
    ? { pref: null, no_pref_reason: "tie", probability }
    : { pref: probability > 0.5 ? "a" : "b", probability };
