// How a model behind an endpoint is given the beginning of its answer ("Let's think step by step:"), which chat servers have no
// common way for: some go on with an unfinished turn; any can be asked in words.
import type { Conversation } from "../model.ts";

/** The server goes on with the beginning, or an instruction asks for it. */
export type Manner = "continue" | "instruct";

/** The conversation, and how its answer begins. */
export function askedToBegin(conversation: Conversation, prefix: string, manner: Manner): Conversation {
  if (prefix === "") return conversation;
  return manner === "continue"
    ? [...conversation, { role: "assistant", content: prefix }]
    : withInstruction(conversation, `Begin your answer with these words: ${prefix}`);
}

/**
 * The conversation, and a request for one of the labels. "reasons\nThe answer is:" is reasons that were given, then the
 * beginning of what is asked for.
 */
export function askedForLabel(
  conversation: Conversation,
  prefix: string,
  labels: readonly string[],
  manner: Manner,
): Conversation {
  if (manner === "continue") return askedToBegin(conversation, prefix, manner);
  const lead = leadOf(prefix, manner);
  const reasons = prefix.slice(0, -lead.length - 1);
  const instruction = `${lead} (Reply with ${labels.join(" or ")} and nothing else.)`.trimStart();
  return reasons === ""
    ? withInstruction(conversation, instruction)
    : [...conversation, { role: "assistant", content: reasons }, { role: "user", content: instruction }];
}

/** Words that may stand before a label asked for: a model may repeat them, and some servers give back what they went on from. */
export const leadOf = (prefix: string, manner: Manner): string =>
  manner === "continue" ? prefix : prefix.slice(prefix.lastIndexOf("\n") + 1);

function withInstruction(conversation: Conversation, instruction: string): Conversation {
  const last = conversation.at(-1);
  if (last?.role !== "user") return [...conversation, { role: "user", content: instruction }];
  return [...conversation.slice(0, -1), { role: "user", content: `${last.content}\n\n${instruction}` }];
}
