// What is written in the shapes that other tests know by example alone is read back, whatever the texts are; and what of a row
// is lost on the way is told.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Conversation } from "../../models/model.ts";
import { preferenceOf } from "./annotated-pairs.ts";
import { parseDemonstrations } from "./demonstrations.ts";
import { leftBehind } from "./left-behind.ts";
import { parsePreferences } from "./preferences.ts";
import { parsePrompts } from "./prompts.ts";
import type { Row } from "./row.ts";
import { formatTranscript } from "./transcript.ts";

const user = (content: string) => ({ role: "user", content }) as const;
const assistant = (content: string) => ({ role: "assistant", content }) as const;
const system = (content: string) => ({ role: "system", content }) as const;
const lines = (...rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row));

/** Texts that no shape takes for anything else, and whose ends a transcript keeps. */
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 30 })
  .map((words) => words.trim())
  .filter((words) => words !== "" && !/Human|Assistant/.test(words));
const talk = fc
  .record({ earlier: fc.array(fc.tuple(text, text), { maxLength: 2 }), last: text })
  .map(
    ({ earlier, last }): Conversation => [
      ...earlier.flatMap(([question, answer]) => [user(question), assistant(answer)]),
      user(last),
    ],
  );
const pair = fc
  .record({
    talk,
    chosen: text,
    rejected: text,
    probability: fc.double({ min: 0.51, max: 0.99, noNaN: true }),
  })
  .filter(({ chosen, rejected }) => chosen !== rejected);
type Pair = typeof pair extends fc.Arbitrary<infer P> ? P : never;

const logit = (p: number) => Math.log(p / (1 - p));

describe("a prompt is read back from", () => {
  test.each<[string, (prompt: Conversation, answer: string) => Row]>([
    [
      "hh-rlhf red team",
      (prompt, answer) => ({ transcript: formatTranscript([...prompt, assistant(answer)]), rating: 2 }),
    ],
    [
      "TRL text, a transcript",
      (prompt, answer) => ({ text: formatTranscript([...prompt, assistant(answer)]) }),
    ],
    ["TRL text that ends on the question", (prompt) => ({ text: formatTranscript(prompt) })],
    ["TRL stepwise", (prompt, answer) => ({ prompt, completions: [answer], labels: [true] })],
    ["OpenRLHF input", (prompt, output) => ({ input: prompt, output })],
    ["OpenRLHF question", (prompt, response) => ({ question: prompt, response })],
  ])("%s", (_, write) => {
    fc.assert(
      fc.property(talk, text, (prompt, answer) => {
        const { rows, skipped } = parsePrompts(lines(write(prompt, answer)));
        expect([rows.map(({ conversation }) => conversation), skipped]).toEqual([[prompt], []]);
      }),
    );
  });

  test("no plain text, of which the reason says why", () => {
    fc.assert(
      fc.property(text, (words) => {
        const { rows, skipped } = parsePrompts(lines({ text: words }));
        expect(rows).toEqual([]);
        expect(skipped[0]).toMatchObject({
          reason: "unknown-shape",
          detail: expect.stringMatching(
            /a transcript that begins with "Human:", got a plain text, in which no turn/,
          ),
        });
      }),
    );
  });
});

describe("a comparison is read back from", () => {
  const sides = ({ chosen, rejected }: Pair, isFirst: boolean) =>
    isFirst ? { text_a: chosen, text_b: rejected } : { text_a: rejected, text_b: chosen };
  test.each<[string, boolean, (pair: Pair, isFirst: boolean) => Row]>([
    [
      "the ICAI table",
      false,
      (pair, isFirst) => ({
        ...{ input: pair.talk, ...sides(pair, isFirst) },
        preferred_text: isFirst ? "text_a" : "text_b",
      }),
    ],
    [
      "annotated pairs 1.0",
      false,
      (pair, isFirst) => ({
        metadata: { version: "1.0", default_annotator: "gpt" },
        annotators: { gpt: { name: "gpt" } },
        comparisons: [
          {
            ...{ prompt: pair.talk, ...sides(pair, isFirst) },
            annotations: { gpt: { pref: isFirst ? "text_a" : "text_b" } },
          },
        ],
      }),
    ],
    [
      "annotated pairs 2.0 with probabilities, as charter export writes them",
      true,
      (pair, isFirst) => {
        const { text_a, text_b } = sides(pair, isFirst);
        const probability = isFirst ? pair.probability : 1 - pair.probability;
        return {
          metadata: { version: "2.0", default_annotator: "label" },
          annotators: { label: { type: "unknown" } },
          comparisons: [
            {
              ...{ prompt: pair.talk, response_a: { text: text_a }, response_b: { text: text_b } },
              annotations: { label: { pref: isFirst ? "a" : "b", probability } },
            },
          ],
        };
      },
    ],
    [
      "the paper's RL samples",
      true,
      ({ talk, chosen, rejected, probability }, isFirst) => {
        const sampled = [
          { sampled_string: ` ${chosen}`, pm_scores: [{ pm_score: logit(probability) }] },
          { sampled_string: ` ${rejected}`, pm_scores: [{ pm_score: 0 }] },
        ];
        return {
          rl_prompt: `${formatTranscript(talk)}\n\nAssistant:`,
          sampled_answers: isFirst ? sampled : sampled.reverse(),
        };
      },
    ],
    [
      "cai-conversation pairs",
      false,
      ({ talk: [first], chosen, rejected }) => ({
        ...{ init_prompt: first!.content, init_response: "a", critic_prompt: "b", critic_response: "c" },
        ...{ revision_prompt: "d", revision_response: "e", prompt: first!.content },
        chosen: [first, assistant(chosen)],
        rejected: [first, assistant(rejected)],
      }),
    ],
    ["OpenRLHF input", false, ({ talk, chosen, rejected }) => ({ input: talk, chosen, rejected })],
    ["OpenRLHF question", false, ({ talk, chosen, rejected }) => ({ question: talk, chosen, rejected })],
  ])("%s", (name, isSoft, write) => {
    fc.assert(
      fc.property(pair, fc.boolean(), (given, isFirst) => {
        const { rows, skipped } = parsePreferences(lines(write(given, isFirst)));
        expect(skipped).toEqual([]);
        expect(rows).toMatchObject([
          {
            conversation: name.startsWith("cai") ? given.talk.slice(0, 1) : given.talk,
            ...{ chosen: given.chosen, rejected: given.rejected },
            probability: isSoft ? expect.closeTo(given.probability, 9) : 1,
          },
        ]);
      }),
    );
  });

  test.each<[string, (asked: Conversation, a: Conversation, b: Conversation) => Row]>([
    [
      "TRL, a prompt beside whole conversations",
      (prompt, chosen, rejected) => ({ prompt, chosen, rejected }),
    ],
    [
      "OpenRLHF, a system prompt and a question beside them",
      ([first, ...asked], chosen, rejected) => ({
        ...{ system_prompt: first!.content, context_messages: asked, chosen, rejected },
      }),
    ],
  ])("%s, with its system message", (_, write) => {
    fc.assert(
      fc.property(pair, text, text, ({ talk, chosen, rejected }, kind, other) => {
        const asked = [system(kind), ...talk];
        const whole = (answer: string, before: Conversation = talk) => [...before, assistant(answer)];
        const read = (...given: Parameters<typeof write>) => parsePreferences(lines(write(...given)));
        const expected = [{ conversation: asked, chosen, rejected, probability: 1, metadata: {} }];
        expect(read(asked, whole(chosen), whole(rejected)).rows).toEqual(expected);
        expect(read(asked, whole(chosen, asked), whole(rejected, asked)).rows).toEqual(expected);
        // The first question alone, of a conversation of several.
        expect(read(asked.slice(0, 2), whole(chosen), whole(rejected)).rows).toEqual(expected);
        const odd = [system(kind), user(`${other} or ${talk[0]!.content}`)];
        const { rows, skipped } = read(odd, whole(chosen), whole(rejected));
        expect([rows, skipped.map(({ reason }) => reason)]).toEqual([[], ["diverging-prefixes"]]);
        fc.pre(other !== kind);
        const under = [system(other), ...talk];
        const [contradicted] = read(asked, whole(chosen, under), whole(rejected, under)).skipped;
        expect(contradicted?.reason).toBe("diverging-prefixes");
      }),
    );
  });
});

describe("what is left behind is told at any depth", () => {
  test("of NeMo-RL: further keys, and how far apart the ranks are", () => {
    const completion = [
      { ...assistant("Yes."), weight: 1 },
      { ...user("a"), content: [{ type: "text", text: "b" }] },
    ];
    const row = {
      context: [user("Tea?")],
      completions: [
        { rank: 0, score: 0.9, completion },
        { rank: 3, completion: [assistant("No.")], judge: { name: "x" } },
      ],
    };
    expect(leftBehind(row, "preferences")).toEqual([
      "completions[].rank: how far apart",
      "completions[].score",
      "completions[].completion[].weight",
      "completions[].judge",
    ]);
    expect(leftBehind(row, "prompts")).toEqual(["completions"]);
  });

  test("of the paper's SL samples: further samples, prompts and keys of a step", () => {
    const step = {
      ...{ cst_key: "harmful0", cst_value: { prompt: ["a", "b"], edit_request: "c", note: "d" } },
      ...{ critique: { sample: "e", tokens: 4 }, revision: { sample: "f" }, time: 7 },
    };
    const row = {
      rl_prompt: "Tea?",
      initial_response: [{ sample: "g" }, { sample: "h" }],
      cst: [step, step],
    };
    expect(parseDemonstrations(lines(row)).rows).toHaveLength(2);
    expect(leftBehind(row, "demonstrations")).toEqual([
      "initial_response: all but the first",
      "cst[].cst_value.prompt: all but the first",
      "cst[].cst_value.note",
      "cst[].critique.tokens",
      "cst[].time",
    ]);
  });

  test("of parts of a turn's content; not of what annotators say, which is kept", () => {
    const content = [{ type: "text", text: "Tea?", cache_control: { type: "ephemeral" } }];
    expect(leftBehind({ prompt: [{ role: "user", content }] }, "prompts")).toEqual([
      "prompt[].content[].cache_control",
    ]);
    const annotations = { h: { type: "human", pref: "a", strength: 2 } };
    const row = {
      prompt: "Tea?",
      response_a: { text: "a", cost: 1 },
      response_b: { text: "b" },
      annotations,
    };
    expect(leftBehind(row, "preferences")).toEqual([]);
  });
});

test.each([
  [0.9, undefined],
  [87, undefined],
  [0.2, 0.8],
])("annotated pairs: of pref b, a probability of %d gives chosen_prob %s", (probability, expected) => {
  const row = preferenceOf({
    prompt: "Tea?",
    response_a: { text: "Yes." },
    response_b: { text: "No." },
    annotations: { h: { type: "human", pref: "b", probability } },
  });
  expect([row["chosen_prob"], row["chosen"]]).toEqual([expected, "No."]);
});
