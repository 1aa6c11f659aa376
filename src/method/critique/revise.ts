// A model rewrites its answer in the light of a critique (CAI paper, section 3.1, "RevisionRequest"), or, as the paper's
// ablation, directly under the principle without any critique (section 3.5).
import type { Conversation, LanguageModel, Sample, Sampling } from "../../models/model.ts";
import type { Critique, Draft, Oddity, PrincipleUse, Prompt, Revision } from "../records.ts";
import { critiqueConversation } from "./critique.ts";
import { type Demonstration, demonstrationTurns } from "./few-shot.ts";
import { oddityOf, withAssistant, withUser } from "./respond.ts";

/** One answer about to be revised. */
export interface RevisionTask {
  readonly prompt: Prompt;
  readonly round: number;
  readonly of: { readonly id: string; readonly text: string };
  /** The critique and the request it answered; null in direct revision. */
  readonly critique: { readonly record: Critique; readonly request: string } | null;
  readonly use: PrincipleUse;
  readonly seed: string;
}

function revisionConversation(task: RevisionTask, demonstrations: readonly Demonstration[]): Conversation {
  const { prompt, of, critique, use } = task;
  if (critique === null) {
    const shown = [...demonstrationTurns(demonstrations, false), ...prompt.conversation];
    return withUser(withAssistant(shown, of.text), use.wording);
  }
  const asked = critiqueConversation(demonstrations, prompt.conversation, of.text, critique.request);
  return withUser(withAssistant(asked, critique.record.text), use.wording);
}

/** What is said of a response by one who judges it. */
const JUDGING =
  "is|was|has|had|does|did|should|seems|appears|helps|encourages|promotes|refuses|declines|contains|includes|suggests|provides|gives|offers|tells|explains|fails|violates|lacks|needs";

/**
 * Openings that speak about a response instead of being one; weak critics produce them where a revision should be. Of "the answer"
 * less may be said, for "The answer is 42" answers.
 */
const SPEAKS_ABOUT_A_RESPONSE = new RegExp(
  [
    "critique(request)?:",
    `(the|this) (last |previous )?(response|reply)( above)? (${JUDGING})\\b`,
    `(the )?(ai )?(assistant|model)'s (last |previous )?(response|reply|answer) (${JUDGING})\\b`,
    "(the|this) (last )?answer (was|has|helps|encourages|refuses|contains|should)\\b",
    `the (ai )?assistant (is|was|has|should|gave|gives|helps|declines|refuses|fails)\\b`,
  ]
    .map((opening) => `^${opening}`)
    .join("|"),
  "i",
);

/** Tells a revision from a critique that stands in its place. */
export function oddityOfRevision(sample: Sample, critiqueText: string | null): Oddity {
  const text = sample.text.trim();
  const form = oddityOf(sample);
  if (form !== "none") return form;
  return text === critiqueText || SPEAKS_ABOUT_A_RESPONSE.test(text) ? "critique-for-revision" : "none";
}

/** Revises each answer; the texts of odd ones are kept, marked, and never trained on. */
export async function revise(
  model: LanguageModel,
  tasks: readonly RevisionTask[],
  demonstrations: readonly Demonstration[],
  sampling: Sampling,
  signal?: AbortSignal,
): Promise<readonly Draft<Revision>[]> {
  const requests = tasks.map((task) => ({
    conversation: revisionConversation(task, demonstrations),
    seed: task.seed,
  }));
  const samples = await model.sample(requests, sampling, signal);
  return samples.map((sample, i) => {
    const { prompt, round, of, critique, use } = tasks[i]!;
    return {
      prompt: prompt.id,
      round,
      of: of.id,
      critique: critique?.record.id ?? null,
      use,
      text: sample.text.trim(),
      oddity: oddityOfRevision(sample, critique?.record.text ?? null),
    };
  });
}
