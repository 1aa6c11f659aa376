// Prompts from rows of every shape that shapes.ts knows. An answer in the row is left behind; the conversation up to it is kept
// whole.
import type { Conversation } from "../../models/model.ts";
import { isTranscript, parseConversation, parsePrompt } from "./conversation.ts";
import { type Dataset, parseRows, type RowReader } from "./dataset.ts";
import { otherColumns } from "./metadata.ts";
import { parsePreference } from "./preferences.ts";
import { MalformedRow, type Row, show } from "./row.ts";
import { translateFor } from "./shapes.ts";

/** A conversation that ends on the user's turn, and what else its row carried. */
export interface PromptRow {
  readonly conversation: Conversation;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * Prompts of a JSONL data set.
 *
 * @example parsePrompts(['{"prompt":[{"role":"user","content":"Hello"}]}']).rows[0].conversation
 */
export const parsePrompts = (lines: Iterable<string | Uint8Array>): Dataset<PromptRow> =>
  parseRows(lines, PROMPTS);

/** How rows are read as prompts. */
export const PROMPTS: RowReader<PromptRow> = {
  translate: translateFor("prompts"),
  parse: (row) => ({
    conversation: conversationOf(row),
    metadata: otherColumns(row, ["prompt", "messages", "chosen", "rejected"]),
  }),
};

/** Of a prompt, of messages or a transcript that may end on an answer, or of a pair that begins with it. */
function conversationOf({ prompt, messages, chosen, rejected }: Row): Conversation {
  if (prompt != null) return parsePrompt(prompt, "prompt");
  if (chosen !== undefined) return parsePreference({ chosen, rejected }).conversation;
  if (typeof messages === "string" && !isTranscript(messages))
    throw new MalformedRow(
      "unknown-shape",
      `expected messages, or a transcript that begins with "Human:", got a plain text, in which no turn is a prompt: ${show(messages)}`,
    );
  return parsePrompt(withoutReply(parseConversation(messages, "messages")), "messages");
}

const withoutReply = (turns: Conversation): Conversation =>
  turns.at(-1)?.role === "assistant" ? turns.slice(0, -1) : turns;
