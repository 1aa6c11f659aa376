import { expect, test } from "vitest";
import type { Conversation, Sample } from "../../models/model.ts";
import type { Prompt } from "../records.ts";
import { type Answer, textScorer, tokenScorer } from "./scorer.ts";

const END = 0;

/** Reads up to six tokens: a conversation is one token a turn, the length of its text, and the end. Its score spells the tokens. */
const reader = {
  contextLength: 6,
  tokenize: async (conversations: readonly Conversation[]) =>
    conversations.map((turns) => {
      const tokens = [...turns.map(({ content }) => content.length), END];
      return { tokens, weights: tokens.map(() => 1) };
    }),
  scoreLast: async (sequences: readonly (readonly number[])[]) =>
    sequences.map((tokens) => {
      if (tokens.length > 6) throw new Error("more than the model reads");
      return Number(tokens.join(""));
    }),
};

function answer(turns: number, text: string, tokens: readonly number[], finish: Sample["finish"]): Answer {
  const conversation = Array.from({ length: turns }, () => ({ role: "user", content: "hey" }) as const);
  const prompt: Prompt = { id: "p", set: "helpful", conversation, metadata: {} };
  return { prompt, sample: { text, finish, tokens, promptTokens: [], logProbs: [] }, tokens };
}

test("an answer is scored by its tokens where it ended its turn, and by its text with an end where it was cut off", async () => {
  const answers = [
    answer(1, "cut", [7, 8], "length"),
    answer(1, "ended", [7, 9, END], "end"),
    answer(1, " stopped ", [7, 7], "stop"),
    answer(6, "no room for an end", [1, 2, 3, 4, 5, 6], "length"),
  ];
  expect(await tokenScorer(reader)(answers)).toEqual([330, 790, 370, 123456]);
});

test("a preference model with another tokenizer reads the text, and says nothing of what it cannot read whole", async () => {
  const answers = [
    answer(1, "ended", [7], "end"),
    answer(6, "too long", [7], "end"),
    answer(2, "cut", [7], "length"),
  ];
  expect(await textScorer(reader)(answers)).toEqual([350, null, 3330]);
});
