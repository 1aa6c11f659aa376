// The conversations that SL-CAI was fine-tuned on, as TRL's SFTTrainer reads them.
import { withAssistant } from "../../method/critique/respond.ts";
import type { Prompt, Response, Revision } from "../../method/records.ts";
import { MESSAGES } from "./columns.ts";
import type { Export } from "./export.ts";
import { examplesOf, recordOf } from "./learnt-from.ts";

export const sft: Export = {
  about:
    "Exactly the conversations that SL-CAI was fine-tuned on, in the order of its training set: answers to red-team prompts revised under a principle (`source` revision) and the model's own answers to ordinary prompts (`source` helpful). No split is made.",
  columns: {
    messages: MESSAGES,
    source: "string",
    principle: "string",
    constitution_version: "string",
    round: "int32",
    id: "string",
  },
  counted: ["source", "principle", "round"],
  task: "text-generation",
  madeFor: ["sl-cai"],
  *rows(run) {
    const learnt = run.learnt["sl-cai"];
    if (learnt === null) return ["the run has not come to the fine-tuning of SL-CAI"];
    for (const { id, kind, body } of examplesOf(run, learnt)) {
      const { prompt, text, ...made } = body as unknown as Response & Partial<Revision>;
      const { conversation } = recordOf<Prompt>(run.ledger, prompt);
      yield {
        messages: withAssistant(conversation, text),
        source: kind === "revision" ? "revision" : "helpful",
        principle: made.use?.principle ?? null,
        constitution_version: made.use?.constitutionVersion ?? null,
        round: made.round ?? null,
        id,
      };
    }
    return learnt.checkpoint === null ? ["SL-CAI is not trained yet: this is what it is to learn from"] : [];
  },
};
