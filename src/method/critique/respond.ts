// Answers to prompts, sampled from a model (CAI paper, section 3.1: "sample a response"). Knows nothing of principles.
import type { Conversation, LanguageModel, Sample, Sampling } from "../../models/model.ts";
import type { Draft, Oddity, Prompt, Response } from "../records.ts";

/** What a sampled text is good for, judged by its form alone: a model's odd answer is data, counted and kept. */
export function oddityOf(sample: Sample): Oddity {
  if (sample.finish === "length") return "truncated";
  return sample.text.trim() === "" ? "empty" : "none";
}

/** The conversation with an answer, or any further turns, added. */
export function withAssistant(conversation: Conversation, text: string): Conversation {
  return [...conversation, { role: "assistant", content: text }];
}

/** The conversation with a user's turn added. */
export function withUser(conversation: Conversation, text: string): Conversation {
  return [...conversation, { role: "user", content: text }];
}

/**
 * Samples one answer to each prompt.
 *
 * @param seedOf names the random stream of a prompt's answer; two answers to one prompt need two names.
 */
export async function respond(
  model: LanguageModel,
  prompts: readonly Prompt[],
  sampling: Sampling,
  seedOf: (prompt: Prompt) => string,
  signal?: AbortSignal,
): Promise<readonly Draft<Response>[]> {
  const requests = prompts.map((prompt) => ({ conversation: prompt.conversation, seed: seedOf(prompt) }));
  const samples = await model.sample(requests, sampling, signal);
  return samples.map((sample, i) => ({
    prompt: prompts[i]!.id,
    text: sample.text.trim(),
    oddity: oddityOf(sample),
  }));
}
