// Conversations as hh-rlhf writes them: two line breaks and "Human: " or "Assistant: " before each turn.
import type { Conversation, Message } from "../../models/model.ts";

/** The mark before a turn; tools that end lines with two characters write it so. */
export const TURN = /\r?\n\r?\n(Human|Assistant):/;

/** hh-rlhf knows no system message; the paper's feedback prompt would name it so. */
export const SPEAKERS: Readonly<Record<Message["role"], string>> = {
  system: "System",
  user: "Human",
  assistant: "Assistant",
};

/**
 * Whether a transcript holds these turns, so that they are read back as they are: hh-rlhf has no system message, and a text that
 * itself holds a turn's mark would be read as two turns.
 */
export const fitsTranscript = (turns: Conversation): boolean =>
  turns.every(({ role, content }) => role !== "system" && !TURN.test(content));

/**
 * The turns as one text; what is sampled next follows "Assistant:" and a space.
 * @example formatTranscript([{ role: "user", content: "Tea?" }]) // "\n\nHuman: Tea?"
 */
export const formatTranscript = (turns: Conversation): string =>
  turns.map(({ role, content }) => `\n\n${SPEAKERS[role]}: ${content}`).join("");
