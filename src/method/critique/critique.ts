// A model criticises its own answer under one drawn principle (CAI paper, section 3.1, "CritiqueRequest").
import type { Conversation, LanguageModel, Sampling } from "../../models/model.ts";
import type { Critique, Draft, PrincipleUse, Prompt } from "../records.ts";
import { type Demonstration, demonstrationTurns } from "./few-shot.ts";
import { oddityOf, withAssistant, withUser } from "./respond.ts";

/** One answer about to be criticised. */
export interface CritiqueTask {
  readonly prompt: Prompt;
  readonly round: number;
  /** The response or revision: id and text. */
  readonly of: { readonly id: string; readonly text: string };
  readonly use: PrincipleUse;
  readonly seed: string;
}

/** demonstrations, the conversation, the answer, and the request to criticise it. */
export function critiqueConversation(
  demonstrations: readonly Demonstration[],
  conversation: Conversation,
  answer: string,
  request: string,
): Conversation {
  const shown = [...demonstrationTurns(demonstrations, true), ...conversation];
  return withUser(withAssistant(shown, answer), request);
}

/** Criticises each answer under its principle's wording. */
export async function critique(
  model: LanguageModel,
  tasks: readonly CritiqueTask[],
  demonstrations: readonly Demonstration[],
  sampling: Sampling,
  signal?: AbortSignal,
): Promise<readonly Draft<Critique>[]> {
  const requests = tasks.map(({ prompt, of, use, seed }) => ({
    conversation: critiqueConversation(demonstrations, prompt.conversation, of.text, use.wording),
    seed,
  }));
  const samples = await model.sample(requests, sampling, signal);
  return samples.map((sample, i) => {
    const { prompt, round, of, use } = tasks[i]!;
    return {
      prompt: prompt.id,
      round,
      of: of.id,
      use,
      text: sample.text.trim(),
      oddity: oddityOf(sample),
    };
  });
}
