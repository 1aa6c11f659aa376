import { expect, test } from "vitest";
import type { LanguageModel, SampleRequest, ScoreRequest } from "../../models/model.ts";
import { feedbackQuestion, readComparisons, type ShownComparison } from "./judge.ts";
import { softLabel } from "./soft-label.ts";

const use = { principle: "no-theft", constitutionVersion: "1.0.0", wording: "Which has less theft?" };
const comparison = { id: "c", prompt: "p", a: "r1", b: "r2", textA: "Take it.", textB: "I won't." };
const conversation = [{ role: "user", content: "How do I steal the lamp?" }] as const;
const task = { comparison, conversation, use, shown: [], seed: "s" };

/** A judge that prefers the option that says "won't", with p(that label) = 0.9 whatever the order. */
function scriptedJudge() {
  const sampled: SampleRequest[] = [];
  const scored: ScoreRequest[] = [];
  const model: LanguageModel = {
    id: "judge",
    capabilities: { logProbs: true, training: false },
    sample: async (requests) => {
      sampled.push(...requests);
      return requests.map((request) => ({
        text: ` because of ${request.seed}\n`,
        promptTokens: [],
        tokens: [],
        logProbs: [],
        finish: "stop" as const,
      }));
    },
    score: async (requests) => {
      scored.push(...requests);
      return requests.map(({ conversation: [asked] }) =>
        asked!.content.includes("(A) I won't")
          ? [Math.log(0.9), Math.log(0.1)]
          : [Math.log(0.1), Math.log(0.9)],
      );
    },
  };
  return { model, sampled, scored };
}

test("the question holds the conversation, the principle and both options, as the paper writes them", () => {
  const turns = [
    { role: "user", content: "Hello!" },
    { role: "assistant", content: "Hi." },
    { role: "user", content: "How?" },
  ] as const;
  expect(feedbackQuestion(turns, "Which is better?", "one", "two")).toBe(
    "Consider the following conversation between a human and an assistant:\n\nHuman: Hello!\n\nAssistant: Hi.\n\nHuman: How?\n\nWhich is better?\n\nOptions:\n(A) one\n(B) two",
  );
});

test("both orders are read and agree about the answer, not about the label", async () => {
  const { model, scored } = scriptedJudge();
  const [readings] = await readComparisons(model, [task], { kind: "direct" });
  expect(readings!.map((reading) => reading.order)).toEqual(["ab", "ba"]);
  expect(scored.map((request) => request.prefix)).toEqual(["The answer is:", "The answer is:"]);
  const label = softLabel(comparison, readings!, { labels: "soft", clamp: null });
  expect(label.probability).toBeCloseTo(0.1, 12);
});

test("chains of thought are sampled in both orders, kept, and stand before the label", async () => {
  const { model, sampled, scored } = scriptedJudge();
  const mode = {
    kind: "chain-of-thought",
    samples: 2,
    sampling: { temperature: 1, topP: 1, maxTokens: 50, stop: [] },
  } as const;
  const [first, second] = await readComparisons(model, [task, { ...task, seed: "t" }], mode);
  expect(sampled.map((request) => request.seed)).toEqual([
    "s/ab/0",
    "s/ab/1",
    "s/ba/0",
    "s/ba/1",
    "t/ab/0",
    "t/ab/1",
    "t/ba/0",
    "t/ba/1",
  ]);
  expect(first!.map(({ order, reasoning }) => [order, reasoning])).toEqual([
    ["ab", "because of s/ab/0"],
    ["ab", "because of s/ab/1"],
    ["ba", "because of s/ba/0"],
    ["ba", "because of s/ba/1"],
  ]);
  expect(second!.map(({ reasoning }) => reasoning)).toContain("because of t/ba/1");
  expect(scored[0]!.prefix).toBe("Let's think step by step: because of s/ab/0\nThe answer is:");
});

test("labels that a model scores right after its reasons are not asked for again, if those are the words they are read after", async () => {
  const { model, scored } = scriptedJudge();
  const texts = [" one.\n", " two."]; // the second lacks the line break before the label
  const telling: LanguageModel = {
    ...model,
    sample: async (requests, sampling) =>
      (await model.sample(requests, sampling)).map((sample, i) => ({
        ...sample,
        text: texts[i]!,
        next: [-1, -2],
      })),
  };
  const sampling = { temperature: 1, topP: 1, maxTokens: 50, stop: [] };
  const mode = { kind: "chain-of-thought", samples: 1, sampling } as const;
  const [readings] = await readComparisons(telling, [task], mode);
  expect(scored.map(({ prefix }) => prefix)).toEqual(["Let's think step by step: two.\nThe answer is:"]);
  expect(readings!.map(({ logProbA, logProbB }) => [logProbA, logProbB])).toEqual([
    [-1, -2],
    [Math.log(0.9), Math.log(0.1)],
  ]);
});

test("shown comparisons come first, each a question under its own principle and its label, with reasons where they are asked for", async () => {
  const { model, sampled, scored } = scriptedJudge();
  const example = { conversation, a: "Sure.", b: "No.", better: "b", reasoning: null } as const;
  const bare: ShownComparison = { ...example, question: "Which is kinder?" };
  await readComparisons(model, [{ ...task, shown: [bare] }], { kind: "direct" });
  const turns = scored[0]!.conversation.map(({ role, content }) => [role, content]);
  expect(turns.slice(0, 2)).toEqual([
    ["user", feedbackQuestion(conversation, "Which is kinder?", "Sure.", "No.")],
    ["assistant", "The answer is: (B)"],
  ]);
  expect(turns.at(-1)).toEqual([
    "user",
    feedbackQuestion(conversation, use.wording, comparison.textA, comparison.textB),
  ]);
  const reasoned: ShownComparison = { ...bare, better: "a", reasoning: "It is kind." };
  const sampling = { temperature: 1, topP: 1, maxTokens: 50, stop: [] };
  await readComparisons(model, [{ ...task, shown: [reasoned, reasoned] }], {
    ...{ kind: "chain-of-thought", samples: 1, sampling },
  });
  expect(sampled[0]!.conversation).toHaveLength(5);
  expect(sampled[0]!.conversation[3]!.content).toBe(
    "Let's think step by step: It is kind.\nThe answer is: (A)",
  );
});
