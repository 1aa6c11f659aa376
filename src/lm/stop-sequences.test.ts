import { expect, test } from "vitest";
import { trainBpe } from "./bpe-trainer.ts";
import { createStopSequences } from "./stop-sequences.ts";
import { createTokenizer } from "./tokenizer.ts";

const tokenizer = createTokenizer(trainBpe(["brew the tea\n\nand wait"], { vocabularySize: 270 }), "test");

/** After how many tokens the text stops, or null. */
function stopsAfter(text: string, stop: readonly string[]): number | null {
  const { isStopped } = createStopSequences(tokenizer, stop);
  const tokens = tokenizer.encode(text);
  const at = tokens.findIndex((_, i) => isStopped(tokens.slice(0, i + 1)));
  return at === -1 ? null : at + 1;
}

test("a stop sequence over several tokens is seen at its last token and not before", () => {
  const before = tokenizer.encode("xx").length;
  expect(stopsAfter("xxHuman: no", ["Human:"])).toBe(before + tokenizer.encode("Human:").length);
  expect(stopsAfter("xxHuman no", ["Human:"])).toBeNull();
});

test("a stop sequence outside the Latin alphabet is seen though its tokens are parts of characters", () => {
  expect(stopsAfter("xx\u{1F600}y", ["\u{1F600}"])).toBe(tokenizer.encode("xx\u{1F600}").length);
});

test("the text is cut before the first of the stop sequences", () => {
  const { cut } = createStopSequences(tokenizer, ["b", "cd", ""]);
  expect(cut("aacdb")).toBe("aa");
  expect(cut("aa")).toBe("aa");
});

test("no stop sequences never stop", () => {
  expect(stopsAfter("anything at all", [])).toBeNull();
});
