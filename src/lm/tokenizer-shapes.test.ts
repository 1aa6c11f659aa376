// Tokenizers and chat templates in the shapes of real families, on awkward texts: what Python's tokenizers and transformers make
// of them (scripts/goldens/tokenizer_shapes.py).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Message } from "../models/model.ts";
import { createChatFormat } from "./chat-format.ts";
import { createTokenizer } from "./tokenizer.ts";

interface Golden {
  readonly texts: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    readonly decoded: string;
  }[];
  readonly conversations: readonly {
    readonly messages: readonly Message[];
    readonly opened: boolean;
    readonly text: string;
    readonly ids: readonly number[];
  }[];
}

describe.each(["smollm2", "qwen2", "llama3", "mistral"])("a tokenizer like %s", (shape) => {
  const json = (name: string) =>
    JSON.parse(
      readFileSync(new URL(`../../test/goldens/tokenizers/${shape}/${name}`, import.meta.url), "utf8"),
    );
  const { texts, conversations }: Golden = json("golden.json");
  const tokenizer = createTokenizer(
    { tokenizer: json("tokenizer.json"), config: json("tokenizer_config.json") },
    shape,
  );
  const chat = createChatFormat(tokenizer);

  test.each(texts)("encodes $text as Python does, and decodes it", ({ text, ids, decoded }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    // @huggingface/tokenizers takes a byte-order mark that it puts together from bytes for the start of a text, and drops it.
    const expected = shape === "mistral" ? decoded.replace("\ufeff", "") : decoded;
    expect(tokenizer.decode(ids)).toBe(expected);
  });

  test.each(conversations)(
    "reads $messages as transformers renders them",
    ({ messages, opened, text, ids }) => {
      if (opened) {
        expect(chat.encodePrompt(messages)).toEqual(ids);
        return;
      }
      // What a template writes after the last end of turn is never sampled, and left off.
      const { tokens, weights } = chat.encodeConversation(messages);
      expect(ids.slice(0, tokens.length)).toEqual(tokens);
      expect(tokenizer.decode(ids.slice(tokens.length)).trim()).toBe("");
      expect(
        text.endsWith(tokenizer.decode(tokens.slice(-1), { keepSpecial: true })) || text.endsWith("\n"),
      ).toBe(true);
      const learnt = tokens.filter((_, i) => weights[i] === 1);
      expect(tokenizer.decode(learnt).trim()).toBe(messages.at(-1)!.content.trim());
      expect(learnt.at(-1)).toBe(chat.endOfTurn);
    },
  );
});
