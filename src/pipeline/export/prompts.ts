// Every prompt of the run, and what it was used for.
import type { Ledger } from "../../ledger/ledger.ts";
import type { Prompt } from "../../method/records.ts";
import { fileOf, ownLicence } from "../lineage.ts";
import { MESSAGES } from "./columns.ts";
import type { Export } from "./export.ts";
import { recordOf } from "./learnt-from.ts";

export const prompts: Export = {
  about:
    "Every prompt that the run has read. `used_in` names the stages that asked a model for an answer to it; `split` is evaluation where only the evaluation did, so that nobody trains on what the run was measured by. `metadata` is what else its row carried, as JSON, and was never shown to a model.",
  columns: {
    prompt: MESSAGES,
    set: "string",
    split: "string",
    used_in: { list: "string" },
    file: "string",
    licence: "string",
    metadata: "string",
    id: "string",
  },
  counted: ["set", "split", "file", "licence"],
  task: "text-generation",
  madeFor: [],
  *rows({ ledger }) {
    let isUnknown = false;
    for (const entry of ledger.entries("prompt", 0)) {
      const { conversation, set, metadata, file } = entry.body as unknown as Prompt & {
        readonly file: string;
      };
      const usedIn = stagesThatUsed(ledger, entry.id);
      isUnknown ||= usedIn.length === 0;
      yield {
        prompt: conversation,
        set,
        split: splitOf(usedIn),
        used_in: usedIn,
        file,
        licence: fileOf(ledger, entry)?.licence ?? ownLicence(entry.body) ?? null,
        metadata: JSON.stringify(metadata),
        id: entry.id,
      };
    }
    return isUnknown
      ? [
          "of some prompts it is not known what they were used for: the run has not come to them, or did not keep it",
        ]
      : [];
  },
};

/** Stages that sampled answers to a prompt, in the order of the run; of PPO, that it was among its prompts. */
function stagesThatUsed(ledger: Ledger, id: string): readonly string[] {
  const named = (of: string) => recordOf<{ readonly stage: string }>(ledger, of).stage;
  const sampled = ledger.tally(id, [{ down: "prompt", kind: "response" }, { beside: "settings" }], "id");
  const learnt = ledger.tally(id, [{ down: "example", kind: "training-set" }], "id");
  return [...new Set([...sampled, ...learnt].map(({ of }) => named(of)))];
}

const splitOf = (usedIn: readonly string[]): "train" | "evaluation" | null => {
  if (usedIn.length === 0) return null;
  return usedIn.every((stage) => stage.startsWith("evaluation-")) ? "evaluation" : "train";
};
