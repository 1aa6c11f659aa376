// Which texts SL-CAI is fine-tuned on (CAI paper, section 3.1): revisions of answers to red-team prompts, mixed with the
// model's own helpful answers to ordinary prompts.
import type { Conversation } from "../../models/model.ts";
import { withAssistant } from "../critique/respond.ts";
import type { Prompt, Response, Revision } from "../records.ts";

/** One text to learn, with the record it comes from. */
export interface SupervisedExample {
  readonly record: string;
  readonly conversation: Conversation;
}

/** "all" revisions, only the "final" one, or those up to a round (SL-CAI-n, section 3.4). */
export type RevisionsToTrainOn = "all" | "final" | number;

/** The revisions to learn from, odd ones left out. "final" falls back on the last usable round. */
export function revisionExamples(
  prompts: readonly Prompt[],
  revisions: readonly Revision[],
  train: RevisionsToTrainOn,
): readonly SupervisedExample[] {
  const byPrompt = new Map<string, Revision[]>();
  for (const revision of revisions) {
    if (revision.oddity !== "none") continue;
    if (typeof train === "number" && revision.round > train) continue;
    byPrompt.set(revision.prompt, [...(byPrompt.get(revision.prompt) ?? []), revision]);
  }
  return prompts.flatMap((prompt) => {
    const usable = (byPrompt.get(prompt.id) ?? []).toSorted((x, y) => x.round - y.round);
    return (train === "final" ? usable.slice(-1) : usable).map((revision) => ({
      record: revision.id,
      conversation: withAssistant(prompt.conversation, revision.text),
    }));
  });
}

/** The model's own answers to ordinary prompts, odd ones left out. */
export function helpfulExamples(
  prompts: readonly Prompt[],
  responses: readonly Response[],
): readonly SupervisedExample[] {
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  return responses
    .filter((response) => response.oddity === "none")
    .map((response) => ({
      record: response.id,
      conversation: withAssistant(byId.get(response.prompt)!.conversation, response.text),
    }));
}
