// Conversations as token sequences, and which tokens count in a loss. Spans are found by rendering the conversation with
// and without its last turn, never by searching for text, so any chat template will do. Knows nothing of principles.
import type { Conversation, TokenSequence } from "../models/model.ts";
import { createGuard, createRender, unusedCharacter } from "./chat-template.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { createDocumentEncoder, type WeightedTurn } from "./weighted-document.ts";

/** How one checkpoint reads conversations. */
export interface ChatFormat {
  /** The token that ends an assistant's turn: generation stops at it. */
  readonly endOfTurn: number;
  /** The conversation up to where the assistant's answer goes on: its opening, and the prefix put into its mouth. */
  encodePrompt(conversation: Conversation, prefix?: string): number[];
  /**
   * A conversation that ends on the assistant's turn, up to its end-of-turn. That turn's tokens have weight 1, the
   * end-of-turn among them; those before have 0, and are token for token what `encodePrompt` gives.
   */
  encodeConversation(conversation: Conversation): TokenSequence;
  /**
   * A document for pretraining: each token has the weight of the span it comes from, an end-of-turn that of its turn's
   * last span, the template's own text 0. Needs a byte-level tokenizer.
   */
  encodeSpans(turns: readonly WeightedTurn[]): TokenSequence;
}

/**
 * The chat format of a tokenizer with a chat template.
 *
 * @throws UserError when there is no template, or it cannot be rendered
 * @example createChatFormat(tokenizer).encodePrompt([{ role: "user", content: "Hello" }]);
 */
export function createChatFormat(tokenizer: Tokenizer): ChatFormat {
  const render = createRender(tokenizer);
  const guardText = createGuard(tokenizer, render);
  const specialIds = new Set(tokenizer.specialTokens.values());

  function guardAll(conversation: Conversation, prefix = "") {
    const guard = unusedCharacter([...conversation.map((message) => message.content), prefix]);
    const guarded = conversation.map((message) => ({
      ...message,
      content: guardText(message.content, guard),
    }));
    return { guard, guarded, opening: guardText(prefix, guard) };
  }

  function encodePrompt(conversation: Conversation, prefix?: string): number[] {
    const { guard, guarded, opening } = guardAll(conversation, prefix);
    return tokenizer.encode(render(guarded, true) + opening, [guard]);
  }

  function encodeConversation(conversation: Conversation): TokenSequence {
    if (conversation.at(-1)?.role !== "assistant") {
      throw new Error(
        `internal: encodeConversation: expected an assistant's turn last, got ${conversation.at(-1)?.role}`,
      );
    }
    const { guard, guarded } = guardAll(conversation);
    const whole = render(guarded, false);
    // The answer starts where the rendering departs from that of the question with the assistant's turn opened.
    const start = commonPrefixLength(whole, render(guarded.slice(0, -1), true));
    const prompt = tokenizer.encode(whole.slice(0, start), [guard]);
    const joined = tokenizer.encode(whole, [guard]);
    // A word may run across the start. Sampling never makes such a token, so the answer is then encoded by itself.
    const tokens = prompt.every((token, i) => token === joined[i])
      ? joined
      : [...prompt, ...tokenizer.encode(whole.slice(start), [guard])];
    // What a template writes after the end of the turn (a line break) is never sampled either.
    const lastSpecial = tokens.findLastIndex((token) => specialIds.has(token));
    // A template that writes no end leaves it to the token that ends a text: where nothing ends, no end is learnt.
    const sampled =
      lastSpecial >= prompt.length ? tokens.slice(0, lastSpecial + 1) : [...tokens, tokenizer.endToken];
    return { tokens: sampled, weights: sampled.map((_, i) => (i < prompt.length ? 0 : 1)) };
  }

  function findEndOfTurn(): number {
    const question = { role: "user", content: "a" } as const;
    const { tokens, weights } = encodeConversation([question, { role: "assistant", content: "b" }]);
    return tokens.find((token, i) => weights[i] === 1 && specialIds.has(token)) ?? tokenizer.endToken;
  }

  const endOfTurn = findEndOfTurn();
  return {
    endOfTurn,
    encodePrompt,
    encodeConversation,
    encodeSpans: createDocumentEncoder(tokenizer, endOfTurn),
  };
}

function commonPrefixLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
