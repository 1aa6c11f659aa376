// Weights are checked token by token against spans laid out by hand.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createChatFormat } from "./chat-format.ts";
import { createTokenizer } from "./tokenizer.ts";
import { createDocumentEncoder } from "./weighted-document.ts";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`goldens/tokenizer/${name}`, import.meta.url), "utf8"));
const files = { tokenizer: golden("tokenizer.json"), config: golden("tokenizer_config.json") };
const tokenizer = createTokenizer(files, "goldens");
const format = createChatFormat(tokenizer);
const encode = format.encodeSpans;

/** Tokens as text with their weights, neighbours of one weight joined. */
function show({
  tokens,
  weights,
}: {
  readonly tokens: readonly number[];
  readonly weights: readonly number[];
}) {
  const runs: [string, number][] = [];
  tokens.forEach((token, i) => {
    const text = tokenizer.decode([token], { keepSpecial: true });
    const last = runs.at(-1);
    if (last !== undefined && last[1] === weights[i]) last[0] += text;
    else runs.push([text, weights[i]!]);
  });
  return runs;
}

test("gives every token the weight of its span, the end of turn that of the last one, the template none", () => {
  const sequence = encode([
    { role: "user", spans: [{ text: "Brew tea?", weight: 0.3 }] },
    {
      role: "assistant",
      spans: [
        { text: "This is", weight: 3 },
        { text: " theft.", weight: 1 },
      ],
    },
    { role: "user", spans: [{ text: "Why?", weight: 0.3 }] },
    {
      role: "assistant",
      spans: [
        { text: "Because", weight: 0 },
        { text: " zażółć 🍵", weight: 2 },
      ],
    },
  ]);
  expect(show(sequence)).toEqual([
    ["<|user|>", 0],
    ["Brew tea?", 0.3],
    ["<|assistant|>", 0],
    ["This is", 3],
    [" theft.<|end|>", 1],
    ["<|user|>", 0],
    ["Why?", 0.3],
    ["<|assistant|>Because", 0],
    // the six bytes of ż, ó, ł, ć and the emoji may be tokens of their own, which decode to replacement characters
    [expect.stringMatching(/^ za.*<\|end\|>$/u), 2],
  ]);
});

test("gives a token that straddles two spans the larger weight", () => {
  // "the" is one token of this vocabulary
  expect(tokenizer.encode(" the").length).toBe(1);
  const { weights } = encode([
    {
      role: "assistant",
      spans: [
        { text: " t", weight: 0.5 },
        { text: "he", weight: 4 },
      ],
    },
  ]);
  expect(weights).toEqual([0, 4, 4]);
});

test("gives the tokens of the joined turns, wherever the spans are cut and whatever they hold", () => {
  const span = fc.record({
    text: fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("<|en", "d|>", "<|user|>", " the", "neigh", "bour"),
    ),
    weight: fc.constantFrom(0, 0.5, 1),
  });
  fc.assert(
    fc.property(fc.array(span, { minLength: 1 }), fc.array(span, { minLength: 1 }), (user, assistant) => {
      const { tokens, weights } = encode([
        { role: "user", spans: user },
        { role: "assistant", spans: assistant },
      ]);
      const join = (spans: typeof user) => spans.map(({ text }) => text).join("");
      const whole = format.encodeConversation([
        { role: "user", content: join(user) },
        { role: "assistant", content: join(assistant) },
      ]);
      expect(tokens).toEqual(whole.tokens);
      expect(weights.length).toBe(tokens.length);
    }),
  );
});

test("refuses a template that drops or repeats what the turns say", () => {
  const chatTemplate = "{% for m in messages %}{{ m.role }}<|end|>{% endfor %}";
  const other = createTokenizer({ ...files, chatTemplate }, "x");
  const encodeOther = createDocumentEncoder(other, format.endOfTurn);
  expect(() => encodeOther([{ role: "user", spans: [{ text: "a", weight: 1 }] }])).toThrow(
    /expected 2 marks.*got 0/,
  );
});
