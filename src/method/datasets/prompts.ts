// Prompts from rows of many shapes: TRL prompt-only, prompt-completion and preference rows, messages, hh-rlhf pairs and the
// hh-rlhf red-team transcripts. An answer in the row is left behind; the conversation up to it is kept whole.
import type { Conversation } from "../../models/model.ts";
import { isTranscript, parseConversation, parsePrompt } from "./conversation.ts";
import { type Dataset, MalformedRow, parseRows, type Row } from "./dataset.ts";
import { otherColumns } from "./metadata.ts";
import { parsePreference } from "./preferences.ts";

/** A conversation that ends on the user's turn, and what else its row carried. */
export interface PromptRow {
  readonly conversation: Conversation;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Columns that hold answers or labels to them: not the prompt's own. */
const ANSWERS = [
  "completion",
  "completions",
  "chosen",
  "rejected",
  "label",
  "labels",
  "chosen_prob",
  "margin",
];

/**
 * Prompts of a JSONL data set.
 *
 * @example parsePrompts(['{"prompt":[{"role":"user","content":"Hello"}]}']).rows[0].conversation
 */
export function parsePrompts(lines: Iterable<string | Uint8Array>): Dataset<PromptRow> {
  return parseRows(lines, (row) => ({
    conversation: conversationOf(row),
    metadata: otherColumns(row, ["prompt", "messages", "text", "transcript", ...ANSWERS]),
  }));
}

function conversationOf(row: Row): Conversation {
  if (row["prompt"] !== undefined) return parsePrompt(row["prompt"], "prompt");
  for (const column of ["messages", "transcript", "text"]) {
    const value = row[column];
    if (value === undefined || (typeof value === "string" && !isTranscript(value))) continue;
    return parsePrompt(withoutReply(parseConversation(value, column)), column);
  }
  if (row["chosen"] !== undefined && row["rejected"] !== undefined) return parsePreference(row).conversation;
  const columns = Object.keys(row).join(", ");
  throw new MalformedRow(
    "unknown-shape",
    `expected prompt, messages, transcript or chosen and rejected, got ${columns}`,
  );
}

const withoutReply = (turns: Conversation): Conversation =>
  turns.at(-1)?.role === "assistant" ? turns.slice(0, -1) : turns;
