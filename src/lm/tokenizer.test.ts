// Encoding is compared with Python's tokenizers on a tokenizer that we trained: scripts/check-tokenizer.py wrote the ids.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../user-error.ts";
import { trainBpe } from "./bpe-trainer.ts";
import { createTokenizer } from "./tokenizer.ts";

const golden = (name: string) =>
  JSON.parse(readFileSync(new URL(`goldens/tokenizer/${name}`, import.meta.url), "utf8"));
const files = { tokenizer: golden("tokenizer.json"), config: golden("tokenizer_config.json") };
const tokenizer = createTokenizer(files, "goldens");
const id = (text: string) => tokenizer.specialTokens.get(text)!;

describe("a tokenizer", () => {
  test("gives the ids that Python's tokenizers gives", () => {
    const cases: { text: string; ids: number[] }[] = golden("python-ids.json");
    expect(cases.length).toBeGreaterThan(10);
    for (const { text, ids } of cases) expect({ text, ids: tokenizer.encode(text) }).toEqual({ text, ids });
  });

  test("gives back every text it encodes, as text or with special tokens", () => {
    const pieces = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.constantFrom("<|user|>", "<|end|>", " the", "\n\n"),
    );
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const text = parts.join("");
        expect(tokenizer.decode(tokenizer.encode(text), { keepSpecial: true })).toBe(text);
        expect(tokenizer.decode(tokenizer.encodeAsText(text))).toBe(text);
      }),
    );
  });

  test("reads a special token in a text only when asked to", () => {
    expect(tokenizer.encode("a<|end|>b")).toEqual([
      ...tokenizer.encode("a"),
      id("<|end|>"),
      ...tokenizer.encode("b"),
    ]);
    const special = new Set(tokenizer.specialTokens.values());
    expect(tokenizer.encodeAsText("a<|end|>b").some((token) => special.has(token))).toBe(false);
  });

  test("leaves special tokens out of decoded text, and decodes nothing to nothing", () => {
    expect(tokenizer.decode([id("<|user|>"), ...tokenizer.encode("tea"), id("<|end|>")])).toBe("tea");
    expect(tokenizer.decode([id("<|end|>")])).toBe("");
    expect(tokenizer.decode([])).toBe("");
  });

  test("counts the bytes behind every token", () => {
    const text = "zażółć <|end|> tea 🍵";
    const bytes = tokenizer.encode(text).reduce((sum, token) => sum + tokenizer.byteLength(token)!, 0);
    expect(bytes).toBe(Buffer.byteLength(text));
  });

  test("refuses files that are not a tokenizer's and a missing end token, each with one message", () => {
    const create = (tokenizerJson: unknown, config: unknown) => () =>
      createTokenizer({ tokenizer: tokenizerJson, config }, "folder");
    expect(create([], files.config)).toThrow(/folder\/tokenizer.json/);
    expect(create({ model: { type: "Nonsense" } }, files.config)).toThrow(UserError);
    expect(create(files.tokenizer, { ...files.config, eos_token: "</s>" })).toThrow(/eos_token.*"<\/s>"/);
  });

  test("recognises added tokens that are not special in any text, and eats the spaces its flags say", () => {
    const added = [
      ...files.tokenizer.added_tokens,
      { id: 900, content: "<think>", special: false, rstrip: true, lstrip: false },
    ];
    const thinking = createTokenizer(
      { ...files, tokenizer: { ...files.tokenizer, added_tokens: added } },
      "x",
    );
    expect(thinking.encodeAsText("<think>  tea")).toEqual([900, ...thinking.encode("tea")]);
    expect(thinking.size).toBe(901);
  });
});

describe("trainBpe", () => {
  const texts = [
    "low low low low low",
    "lower lower newest newest newest newest newest newest",
    "widest widest widest",
  ];

  test("merges the most frequent pair first, counted over words with their leading space", () => {
    // "e"+"s" and "s"+"t" occur 6 + 3 = 9 times each, more than any other pair; of the two
    // the one with the smaller left byte ("e" 0x65 < "s" 0x73) comes first.
    const { tokenizer: json } = trainBpe(texts, { vocabularySize: 263 });
    expect((json["model"] as { merges: string[] }).merges).toEqual(["e s", "es t"]);
  });

  test("gives the same files for the same texts in another order", () => {
    const options = { vocabularySize: 290 };
    expect(trainBpe([...texts].reverse(), options)).toEqual(trainBpe(texts, options));
  });

  test("stops when no pair is frequent enough, and refuses a vocabulary without room for the bytes", () => {
    const { tokenizer: json } = trainBpe(["ab ab"], { vocabularySize: 1000 });
    expect((json["model"] as { merges: string[] }).merges).toEqual(["a b"]);
    expect(() => trainBpe([], { vocabularySize: 256 })).toThrow(/at least 261, got 256/);
  });
});
