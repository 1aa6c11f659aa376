// Conversations as data sets write them: lists of messages, hh-rlhf transcripts, or a plain string. Multi-turn ones are
// kept whole. Source: the hh-rlhf files (Bai et al. 2022a) and TRL's data set formats.
import type { Conversation, Message } from "../../models/model.ts";
import { isRecord, MalformedRow, show } from "./row.ts";
import { TURN } from "./transcript.ts";

const ROLES: Readonly<Record<string, Message["role"]>> = {
  system: "system",
  user: "user",
  assistant: "assistant",
};

/** Whether a string is a transcript of Human and Assistant turns rather than one text. */
export const isTranscript = (text: string): boolean => /^\s*Human:/.test(text);

/**
 * The turns of a value that holds a conversation: messages, a transcript, or a string, which is one user's turn.
 *
 * @throws MalformedRow when roles do not alternate from the user's on (after at most one system message) or a turn but
 * the last is empty
 */
export function parseConversation(value: unknown, where: string): Conversation {
  const turns =
    typeof value === "string"
      ? isTranscript(value)
        ? parseTranscript(value)
        : [{ role: "user", content: value.toWellFormed() } as const]
      : parseMessages(value, where);
  return checkTurns(turns, where);
}

/** As `parseConversation`, and the last turn must be the user's: an assistant's turn left open and empty is taken off. */
export function parsePrompt(value: unknown, where: string): Conversation {
  const turns = parseConversation(value, where);
  const last = turns.at(-1)!;
  const asked = last.role === "assistant" && last.content.trim() === "" ? turns.slice(0, -1) : turns;
  return checkPrompt(asked, where);
}

/** The conversation and the assistant's last turn, apart. */
export function splitReply(
  turns: Conversation,
  where: string,
): { readonly conversation: Conversation; readonly reply: string } {
  const last = turns.at(-1);
  if (last?.role !== "assistant") {
    throw new MalformedRow(
      "no-final-assistant-turn",
      `${where}: expected the assistant's turn last, got ${last?.role ?? "none"}`,
    );
  }
  return { conversation: checkPrompt(turns.slice(0, -1), where), reply: parseReply(last.content, where) };
}

/** A reply: a string, or a list of one assistant message. */
export function parseReply(value: unknown, where: string): string {
  const content =
    typeof value === "string" ? value.toWellFormed() : soleAssistant(parseMessages(value, where), where);
  if (content.trim() === "") throw new MalformedRow("empty-reply", `${where}: expected a reply, got ""`);
  return content;
}

/** Messages [{ role, content }], or one without a list; content may be a list of text parts. */
export function parseMessages(given: unknown, where: string): Conversation {
  const value = listed(given);
  if (!Array.isArray(value) || value.length === 0) {
    throw new MalformedRow(
      "unknown-shape",
      `${where}: expected text or a list of messages, got ${show(value)}`,
    );
  }
  return value.map((message: unknown, i) => {
    const { role, content } = (message ?? {}) as { readonly role?: unknown; readonly content?: unknown };
    const known = roleOf(message);
    if (known === undefined) {
      throw new MalformedRow(
        "unknown-role",
        `${where}[${i}]: expected ${Object.keys(ROLES).join(", ")}, got ${show(role)}`,
      );
    }
    return { role: known, content: textOf(content, `${where}[${i}]`) };
  });
}

/** Who speaks in a message, in whatever case it is written. */
export function roleOf(message: unknown): Message["role"] | undefined {
  const role = isRecord(message) && typeof message["role"] === "string" ? message["role"].toLowerCase() : "";
  return Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
}

/** A message that stands alone as a list of one; other values as they are. */
export const listed = (value: unknown): unknown => (isRecord(value) && "role" in value ? [value] : value);

/** The content of a single message; other values as they are. */
export const contentOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "content" in value ? value.content : value;

function soleAssistant(messages: Conversation, where: string): string {
  if (messages.length === 1 && messages[0]!.role === "assistant") return messages[0]!.content;
  const roles = messages.map((message) => message.role).join(", ");
  throw new MalformedRow("broken-alternation", `${where}: expected one assistant message, got ${roles}`);
}

/** hh-rlhf: two line breaks and "Human: " or "Assistant: " before each turn. */
function parseTranscript(text: string): Conversation {
  const [, ...parts] = `\n\n${text.trimStart()}`.toWellFormed().split(TURN);
  const turns: Message[] = [];
  for (let i = 0; i + 1 < parts.length; i += 2) {
    turns.push({ role: parts[i] === "Human" ? "user" : "assistant", content: parts[i + 1]!.trim() });
  }
  return turns;
}

function checkTurns(turns: Conversation, where: string): Conversation {
  const spoken = turns[0]?.role === "system" ? turns.slice(1) : turns;
  spoken.forEach((turn, i) => {
    const expected = i % 2 === 0 ? "user" : "assistant";
    if (turn.role !== expected) {
      throw new MalformedRow(
        "broken-alternation",
        `${where}: expected turn ${i + 1} to be the ${expected}'s, got ${turn.role}`,
      );
    }
    if (turn.content.trim() === "" && i < spoken.length - 1) {
      throw new MalformedRow("empty-turn", `${where}: expected text in turn ${i + 1}, got ""`);
    }
  });
  return turns;
}

function checkPrompt(turns: Conversation, where: string): Conversation {
  const last = turns.at(-1);
  if (last?.role === "user" && last.content.trim() !== "") return turns;
  const got = last === undefined ? "no turn" : last.role === "user" ? `""` : `the ${last.role}'s`;
  throw new MalformedRow("no-final-user-turn", `${where}: expected a user's turn last, got ${got}`);
}

function textOf(content: unknown, where: string): string {
  if (typeof content === "string") return content.toWellFormed();
  const parts = Array.isArray(content) ? content.map(textOfPart) : [null];
  if (parts.every((part) => typeof part === "string")) return parts.join("").toWellFormed();
  throw new MalformedRow("unknown-shape", `${where}: expected content of text, got ${show(content)}`);
}

/** { type: "text", text } as OpenAI writes it, or { type: "text", value } (LLaMA-Factory). */
function textOfPart(part: unknown): unknown {
  const { type, text, value } = (part ?? {}) as Readonly<Record<string, unknown>>;
  return text ?? (type === "text" ? value : null);
}
