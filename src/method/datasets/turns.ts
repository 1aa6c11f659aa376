// Turns under other names than { role, content }: ShareGPT's { from, value } (also LLaMA-Factory's and NeMo-Aligner's), and
// Alpaca's instruction and input.
import { listed, roleOf } from "./conversation.ts";
import { isRecord, type Row } from "./row.ts";

const ROLES: Readonly<Record<string, string>> = {
  human: "user",
  user: "user",
  gpt: "assistant",
  chatgpt: "assistant",
  bing: "assistant",
  bard: "assistant",
  model: "assistant",
  assistant: "assistant",
  system: "system",
};

/**
 * Turns as messages; what is no turn stays as it is, and is refused with the other messages.
 *
 * @param mask who asks, where NeMo-Aligner names the speakers itself
 */
export function messagesOf(turns: unknown, mask?: unknown): unknown {
  return Array.isArray(turns) ? turns.map((turn: unknown) => messageOf(turn, mask)) : turns;
}

function messageOf(turn: unknown, mask: unknown): unknown {
  const { from, value } = (turn ?? {}) as { readonly from?: unknown; readonly value?: unknown };
  if (typeof from !== "string") return turn;
  const known = Object.hasOwn(ROLES, from.toLowerCase()) ? ROLES[from.toLowerCase()] : undefined;
  const named = typeof mask === "string" ? (from === mask ? "user" : "assistant") : from;
  return { role: known ?? named, content: value };
}

/** An answer of LLaMA-Factory's ranked rows: one { from, value }, a list of them, or text. */
export const answerOf = (value: unknown): unknown =>
  isRecord(value) ? [messageOf(value, undefined)] : messagesOf(value);

/** Messages after the system's, where a column of its own holds that. */
export function afterSystem(system: unknown, turns: unknown): unknown {
  if (typeof system !== "string" || system.trim() === "") return turns;
  const messages = listed(turns);
  const first = { role: "system", content: system };
  if (typeof messages === "string") return [first, { role: "user", content: messages }];
  if (!Array.isArray(messages)) return messages;
  return roleOf(messages[0]) === "system" ? messages : [first, ...messages];
}

/** Alpaca: the instruction, a line break and the input, after the earlier questions and answers (as LLaMA-Factory joins them). */
export function instructionOf({ instruction, input, history, system }: Row): unknown {
  const more = input == null ? "" : typeof input === "string" ? input : JSON.stringify(input);
  const asked = more.trim() !== "" ? `${instruction}\n${more}` : instruction;
  const earlier = (Array.isArray(history) ? history : []).flatMap((pair: unknown) => {
    const [question, answer] = Array.isArray(pair) ? pair : [];
    return [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ];
  });
  return afterSystem(system, earlier.length === 0 ? asked : [...earlier, { role: "user", content: asked }]);
}
