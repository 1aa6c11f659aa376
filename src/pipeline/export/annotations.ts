// What each principle says of each comparison, as annotated pairs 2.0 of Inverse Constitutional AI (github.com/rdnfn/icai):
// one JSON document; a principle is an annotator, and so is the label that came of all of them.
import { isTranscript } from "../../method/datasets/conversation.ts";
import { fitsTranscript, formatTranscript } from "../../method/datasets/transcript.ts";
import { isEven, probabilityUnder } from "../../method/feedback/soft-label.ts";
import type { Conversation } from "../../models/model.ts";
import { type Export, transcribed } from "./export.ts";
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
  madeFor: ["preference-model"],
  *document(run, rows) {
    yield `{\n"metadata":${JSON.stringify(METADATA)},\n"comparisons":[\n`;
    const asked = new Set<string>();
    let between = "";
    for (const row of rows) {
      for (const annotator of Object.keys(row["annotations"] as object)) asked.add(annotator);
      yield `${between}${JSON.stringify(row)}`;
      between = ",\n";
    }
    yield `\n],\n"annotators":${JSON.stringify(annotatorsOf(run, asked))}}\n`;
  },
  rows: (run) =>
    transcribed(labelledComparisons(run), "comparisons", (labelled) => {
      const { id, conversation, a, b, source, split, labelledBy } = labelled;
      const prompt = promptText(conversation);
      if (prompt === null) return null;
      return {
        id,
        prompt,
        response_a: { text: a.text, ...modelOf(run, a.id) },
        response_b: { text: b.text, ...modelOf(run, b.id) },
        annotations: { [LABEL]: annotation(labelled.probability), ...byPrinciple(run, labelled) },
        metadata: { source, split, labelled_by: labelledBy },
      };
    }),
};

const METADATA = {
  version: "2.0",
  description: "Comparisons of a Constitutional AI run, annotated by principle",
  default_annotator: LABEL,
  available_metadata_keys_per_comparison: ["source", "split", "labelled_by"],
};

/** The label, and of the principles those that some comparison was read under. */
function annotatorsOf({ ledger }: ExportedRun, asked: ReadonlySet<string>) {
  const principles = ledger
    .entries("principle", 0)
    .filter(({ id }) => asked.has(id))
    .map(({ id, body }) => {
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

/** One turn as it is; several as a transcript, for the format's prompts are texts. Null where that would be read as other turns. */
function promptText(conversation: Conversation): string | null {
  const [first] = conversation;
  if (conversation.length === 1) return isTranscript(first!.content) ? null : first!.content;
  return fitsTranscript(conversation) ? formatTranscript(conversation).trim() : null;
}

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
