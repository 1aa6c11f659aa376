// Conversations as hh-rlhf writes them: two line breaks and "Human: " or "Assistant: " before each turn.
import type { Conversation, Message } from "../../models/model.ts";

/** hh-rlhf knows no system message; the paper's feedback prompt would name it so. */
const SPEAKERS: Readonly<Record<Message["role"], string>> = {
  system: "System",
  user: "Human",
  assistant: "Assistant",
};

/**
 * The turns as one text; what is sampled next follows "Assistant:" and a space.
 * @example formatTranscript([{ role: "user", content: "Tea?" }]) // "\n\nHuman: Tea?"
 */
export const formatTranscript = (turns: Conversation): string =>
  turns.map(({ role, content }) => `\n\n${SPEAKERS[role]}: ${content}`).join("");
