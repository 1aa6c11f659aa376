// Comparisons that someone labelled: hh-rlhf pairs and TRL preference rows, with the prompt given or implied, as strings or
// messages; what else serves as one is known to shapes.ts. `chosen_prob` is our own column: the probability that the chosen answer is the better one (1 where absent).
// A `margin` alone is not read as a probability: its scale is its writer's.
import type { Conversation } from "../../models/model.ts";
import {
  isTranscript,
  listed,
  parseConversation,
  parseMessages,
  parsePrompt,
  parseReply,
  roleOf,
  splitReply,
} from "./conversation.ts";
import { type Dataset, parseRows, type RowReader } from "./dataset.ts";
import { otherColumns } from "./metadata.ts";
import { MalformedRow, type Row } from "./row.ts";
import { type Choices, translateFor } from "./shapes.ts";

/** Two answers to one conversation, and how probable it is that the chosen one is better. */
export interface PreferenceRow {
  readonly conversation: Conversation;
  readonly chosen: string;
  readonly rejected: string;
  readonly probability: number;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The texts of a row, before labels. */
type Pair = Pick<PreferenceRow, "conversation" | "chosen" | "rejected">;

/**
 * Comparisons of a JSONL data set.
 *
 * @example parsePreferences(['{"prompt":"Tea?","chosen":"Yes.","rejected":"No."}']).rows[0].chosen // "Yes."
 */
export const parsePreferences = (
  lines: Iterable<string | Uint8Array>,
  choices?: Choices,
): Dataset<PreferenceRow> => parseRows(lines, preferences(choices));

/** How rows are read as comparisons. */
export const preferences = (choices?: Choices): RowReader<PreferenceRow> => ({
  translate: translateFor("preferences", choices),
  parse: parsePreference,
});

/** One row with columns chosen and rejected; throws `MalformedRow`. */
export function parsePreference(row: Row): PreferenceRow {
  const pair = pairOf(row);
  if (pair.chosen === pair.rejected)
    throw new MalformedRow("identical-answers", "expected two answers, got one twice");
  const probability = row["chosen_prob"] ?? 1;
  if (typeof probability !== "number" || !(probability >= 0 && probability <= 1)) {
    throw new MalformedRow(
      "bad-probability",
      `chosen_prob: expected a number in [0, 1], got ${JSON.stringify(probability)}`,
    );
  }
  const used = ["prompt", "chosen", "rejected", "chosen_prob"];
  if (row["chosen_prob"] != null && Number.isFinite(row["margin"])) used.push("margin"); // written beside it again
  return { ...pair, probability, metadata: otherColumns(row, used) };
}

function pairOf({ prompt, chosen, rejected }: Row): Pair {
  if (isWhole(chosen) && isWhole(rejected)) {
    const a = splitReply(parseConversation(chosen, "chosen"), "chosen");
    const b = splitReply(parseConversation(rejected, "rejected"), "rejected");
    checkSame(a.conversation, b.conversation);
    return { conversation: underPrompt(listed(prompt), a.conversation), chosen: a.reply, rejected: b.reply };
  }
  if (prompt != null) return answersTo(parsePrompt(prompt, "prompt"), chosen, rejected);
  if (typeof chosen !== "string" || typeof rejected !== "string") {
    throw new MalformedRow(
      "no-final-user-turn",
      "expected a prompt, or chosen and rejected that begin with it",
    );
  }
  return splitCommonPrefix(chosen, rejected);
}

/** Whether an answer comes with the conversation before it. */
function isWhole(value: unknown): boolean {
  if (typeof value === "string") return isTranscript(value);
  return Array.isArray(value) && value.length > 1 && roleOf(value[0]) !== "assistant";
}

/**
 * The conversation that both answers bring with them, under the system message of a prompt that stands beside them. It must
 * begin with that prompt, but for blanks at the ends of turns, or end on it where it is one turn.
 */
function underPrompt(prompt: unknown, whole: Conversation): Conversation {
  if (prompt == null || (typeof prompt === "string" && prompt.trim() === "")) return whole;
  if (Array.isArray(prompt) && prompt.length === 0) return whole;
  const isSystem = Array.isArray(prompt) && prompt.every((turn) => roleOf(turn) === "system");
  const given = isSystem ? parseMessages(prompt, "prompt") : parsePrompt(prompt, "prompt");
  const [only, ...more] = given;
  if (more.length === 0 && only!.content.trim() === whole.at(-1)!.content.trim()) return whole;
  const [asked, conversation] = [withSystemOf(whole, given), withSystemOf(given, whole)];
  const trimmed = (turns: Conversation) => turns.map((turn) => ({ ...turn, content: turn.content.trim() }));
  checkSame(trimmed(asked), trimmed(conversation.slice(0, asked.length)), "in the answers as in the prompt");
  return conversation;
}

/** Turns under the system message of others, where they have none themselves. */
const withSystemOf = ([first]: Conversation, turns: Conversation): Conversation =>
  first?.role === "system" && turns[0]?.role !== "system" ? [first, ...turns] : turns;

/** Answers of several turns share all but the last of them, which then belong to the conversation. */
function answersTo(prompt: Conversation, chosen: unknown, rejected: unknown): Pair {
  const [a, b] = [chosen, rejected].map((value) =>
    typeof value === "string" ? [] : parseMessages(value, "answer").slice(0, -1),
  );
  checkSame(a!, b!);
  const shared = a!;
  const last = (value: unknown) => (Array.isArray(value) ? value.slice(-1) : value);
  return {
    conversation: shared.length === 0 ? prompt : parsePrompt([...prompt, ...shared], "prompt"),
    chosen: parseReply(last(chosen), "chosen"),
    rejected: parseReply(last(rejected), "rejected"),
  };
}

/**
 * Plain strings imply their prompt: what they have in common, less a space at its end (TRL's extract_prompt), and less half a
 * character, such as the first half of two different emojis.
 */
function splitCommonPrefix(chosen: string, rejected: string): Pair {
  let length = 0;
  while (length < chosen.length && chosen[length] === rejected[length]) length++;
  if (/[\ud800-\udbff]/.test(chosen[length - 1] ?? "")) length--;
  if (chosen[length - 1] === " ") length--;
  return {
    conversation: parsePrompt(chosen.slice(0, length), "chosen and rejected"),
    chosen: parseReply(chosen.slice(length), "chosen"),
    rejected: parseReply(rejected.slice(length), "rejected"),
  };
}

function checkSame(a: Conversation, b: Conversation, where = "before both answers"): void {
  const differs = a.findIndex((turn, i) => turn.role !== b[i]?.role || turn.content !== b[i]?.content);
  if (differs < 0 && a.length === b.length) return;
  const turn = differs < 0 ? a.length + 1 : differs + 1;
  throw new MalformedRow(
    "diverging-prefixes",
    `expected one conversation ${where}, got two from turn ${turn} on`,
  );
}
