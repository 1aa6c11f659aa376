// Every shape of the table: what it gives, that what is written in it is read back, and that no value whatever breaks it.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Conversation } from "../../models/model.ts";
import { type DemonstrationRow, parseDemonstrations } from "./demonstrations.ts";
import { leftBehind } from "./left-behind.ts";
import { parsePreferences } from "./preferences.ts";
import { parsePrompts } from "./prompts.ts";
import type { Row } from "./row.ts";
import { purposeOf, SHAPES, shapeOf } from "./shapes.ts";

const user = (content: string) => ({ role: "user", content }) as const;
const assistant = (content: string) => ({ role: "assistant", content }) as const;
const lines = (...rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row));

// Texts that stay what they are: not blank, and no transcript of Human and Assistant turns.
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((t) => t.trim() !== "" && !/Human:|Assistant:/.test(t));
const trimmed = text.map((t) => t.trim());
const conversation = fc
  .record({
    system: fc.option(text),
    earlier: fc.array(fc.tuple(text, text), { maxLength: 2 }),
    last: text,
  })
  .map(
    ({ system, earlier, last }): Conversation => [
      ...(system === null ? [] : [{ role: "system", content: system } as const]),
      ...earlier.flatMap(([question, answer]) => [user(question), assistant(answer)]),
      user(last),
    ],
  );
const pair = fc
  .record({
    conversation,
    chosen: text,
    rejected: text,
    probability: fc.double({ min: 0.5, max: 1, noNaN: true }),
  })
  .filter(({ chosen, rejected }) => chosen !== rejected);
type Pair = typeof pair extends fc.Arbitrary<infer P> ? P : never;

const turns = (messages: Conversation, names: Readonly<Record<string, string>>) =>
  messages.map(({ role, content }) => ({ from: names[role], value: content }));
const SHAREGPT = { system: "system", user: "human", assistant: "gpt" };
const NEMO = { system: "System", user: "User", assistant: "Assistant" };
const withoutSystem = (messages: Conversation) => messages.filter(({ role }) => role !== "system");
const systemOf = (messages: Conversation) => messages.find(({ role }) => role === "system")?.content ?? null;
const historyOf = (messages: Conversation) => {
  const spoken = withoutSystem(messages).map(({ content }) => content);
  return Array.from({ length: (spoken.length - 1) / 2 }, (_, i) => spoken.slice(2 * i, 2 * i + 2));
};
const last = (messages: Conversation) => messages.at(-1)!.content;
const logit = (p: number) => Math.log(p / (1 - p));

/** How a comparison is written in each shape; those with `soft` hold the probability too. */
const PAIRS: Readonly<Record<string, { readonly soft?: true; readonly write: (p: Pair) => Row }>> = {
  "TRL, messages, explicit prompt": {
    soft: true,
    write: ({ conversation: prompt, chosen, rejected, probability }) => ({
      prompt,
      chosen: [assistant(chosen)],
      rejected: [assistant(rejected)],
      chosen_prob: probability,
      margin: logit(probability),
    }),
  },
  "TRL, strings for answers": {
    write: ({ conversation: prompt, chosen, rejected }) => ({ prompt, chosen, rejected }),
  },
  "TRL, messages, implicit prompt": {
    write: ({ conversation, chosen, rejected }) => ({
      chosen: [...conversation, assistant(chosen)],
      rejected: [...conversation, assistant(rejected)],
    }),
  },
  "ShareGPT pairs": {
    write: ({ conversation, chosen, rejected }) => ({
      conversations: turns(conversation, SHAREGPT),
      chosen: { from: "gpt", value: chosen },
      rejected: { from: "gpt", value: rejected },
    }),
  },
  "LLaMA-Factory v1 pairs": {
    write: ({ conversation, chosen, rejected }) => {
      const written = (answer: string) =>
        [...conversation, assistant(answer)].map(({ role, content }) => ({
          role,
          content: [{ type: "text", value: content }],
          loss_weight: 1,
        }));
      return { chosen_messages: written(chosen), rejected_messages: written(rejected) };
    },
  },
  "Alpaca pairs": {
    write: ({ conversation, chosen, rejected }) => ({
      instruction: last(conversation),
      input: "",
      system: systemOf(conversation),
      history: historyOf(conversation),
      chosen,
      rejected,
    }),
  },
  "OpenRLHF pairs": {
    write: ({ conversation, chosen, rejected }) => ({ context_messages: conversation, chosen, rejected }),
  },
  "NeMo-RL preferences": {
    write: ({ conversation: context, chosen, rejected }) => ({
      context,
      completions: [
        { rank: 1, completion: [assistant(rejected)] },
        { rank: 0, completion: [assistant(chosen)] },
      ],
    }),
  },
};

describe("a comparison is read back from", () => {
  test.each(Object.entries(PAIRS))("%s", (_, { soft, write }) => {
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 4 }), (pairs) => {
        const read = parsePreferences(lines(...pairs.map(write)));
        const expected = pairs.map((p) => ({ ...p, probability: soft ? p.probability : 1, metadata: {} }));
        expect(read).toEqual({ rows: expected, skipped: [] });
        const prompts = parsePrompts(lines(...pairs.map(write)));
        expect(prompts.rows.map((row) => row.conversation)).toEqual(pairs.map((p) => p.conversation));
      }),
    );
  });

  test("hh-rlhf transcripts, which hold no system message and no blanks at the ends", () => {
    const turn = fc.tuple(trimmed, trimmed);
    const spoken = fc.record({
      earlier: fc.array(turn, { maxLength: 2 }),
      last: trimmed,
      chosen: trimmed,
      rejected: trimmed,
    });
    fc.assert(
      fc.property(spoken, ({ earlier, last: question, chosen, rejected }) => {
        fc.pre(chosen !== rejected);
        const before = `${earlier.map(([q, a]) => `\n\nHuman: ${q}\n\nAssistant: ${a}`).join("")}\n\nHuman: ${question}\n\nAssistant: `;
        const [row] = parsePreferences(lines({ chosen: before + chosen, rejected: before + rejected })).rows;
        expect(row).toMatchObject({
          conversation: [...earlier.flatMap(([q, a]) => [user(q), assistant(a)]), user(question)],
          chosen,
          rejected,
        });
      }),
    );
  });

  test("the table that annotated pairs are made from", () => {
    const row = {
      text_a: "Yes.",
      text_b: "No.",
      preferred_text: "text_b",
      input: "Tea?",
      model_b: "B",
      n: 1,
    };
    const { rows, skipped } = parsePreferences(lines(row, { ...row, preferred_text: "tie" }));
    expect(rows).toMatchObject([
      {
        conversation: [{ role: "user", content: "Tea?" }],
        ...{ chosen: "No.", rejected: "Yes.", probability: 1 },
        metadata: { n: 1, chosen_response: { model: "B" } },
      },
    ]);
    expect(skipped).toMatchObject([{ line: 2, reason: "no-preference" }]);
  });

  test("annotated pairs, for the human or whoever is named, at either place", () => {
    const isFirst = fc.boolean();
    fc.assert(
      fc.property(fc.array(fc.tuple(pair, isFirst), { minLength: 1, maxLength: 4 }), (pairs) => {
        const comparisons = pairs.map(([{ conversation, chosen, rejected }, first], i) => ({
          id: String(i),
          prompt: conversation,
          response_a: { text: first ? chosen : rejected, model: "A" },
          response_b: { text: first ? rejected : chosen },
          annotations: {
            a1: { pref: first ? "b" : "a" },
            h1: { pref: first ? "a" : "b" },
            p1: { pref: null },
          },
        }));
        const document = {
          metadata: { version: "2.0", default_annotator: "a1", dataset_name: "Ours" },
          annotators: {
            a1: { type: "unknown", name: "gpt" },
            h1: { type: "human", description: "A person" },
            p1: { type: "principle", description: "Prefer the kinder" },
          },
          comparisons,
        };
        const human = parsePreferences(lines(document));
        expect(human.rows.map(({ chosen, rejected }) => [chosen, rejected])).toEqual(
          pairs.map(([{ chosen, rejected }]) => [chosen, rejected]),
        );
        expect(human.rows[0]!.metadata).toMatchObject({
          ...{ id: "0", dataset: "Ours", annotator: "h1" },
          [pairs[0]![1] ? "chosen_response" : "rejected_response"]: { model: "A" },
          annotations: {
            h1: { pref: "chosen", type: "human" },
            a1: { pref: "rejected", name: "gpt" },
            p1: { pref: null },
          },
        });
        const promptless = {
          ...document,
          comparisons: comparisons.map((each) => ({ ...each, prompt: null })),
        };
        expect(new Set(parsePreferences(lines(promptless)).skipped.map(({ reason }) => reason))).toEqual(
          new Set(["no-final-user-turn"]),
        );
        const other = parsePreferences(lines(document), { annotator: "gpt" });
        expect(other.rows.map(({ chosen }) => chosen)).toEqual(pairs.map(([{ rejected }]) => rejected));
        const undecided = parsePreferences(lines(document), { annotator: "Prefer the kinder" });
        expect(undecided.skipped.map(({ line, reason }) => [line, reason])).toEqual(
          pairs.map((_, i) => [i + 1, "no-preference"]),
        );
      }),
      { numRuns: 30 },
    );
  });

  test("the paper's RL samples: the best against the worst, the likelier the further apart", () => {
    const row = {
      rl_prompt: "\n\nHuman: Tea?\n\nAssistant:",
      sampled_answers: [
        { sampled_string: " Fine.\n\nHuman:", pm_scores: [{ pm_score: 1 }] },
        { sampled_string: " Gladly.\n\nHuman", pm_scores: [{ pm_score: 2 }] },
        { sampled_string: " No.", pm_scores: [{ pm_score: 1 }, { pm_score: -1 }] },
      ],
    };
    expect(parsePreferences(lines(row)).rows).toEqual([
      {
        conversation: [user("Tea?")],
        chosen: "Gladly.",
        rejected: "No.",
        probability: 1 / (1 + Math.exp(-2)),
        metadata: { chosen_score: 2, rejected_score: 0 },
      },
    ]);
    expect(leftBehind(row, "preferences")).toEqual(["sampled_answers: all but the best and the worst"]);
  });

  test.each([
    ["alike", [0, 0]],
    ["alone", [0]],
  ])("not from answers that are %s", (_, ranks) => {
    const completions = ranks.map((rank, i) => ({ rank, completion: [assistant(`answer ${i}`)] }));
    expect(parsePreferences(lines({ context: [user("Tea?")], completions })).skipped[0]!.reason).toBe(
      "no-preference",
    );
  });
});

describe("a prompt is read back from", () => {
  test.each<[string, (messages: Conversation) => Row]>([
    ["TRL prompt-only", (prompt) => ({ prompt })],
    ["TRL prompt-completion", (prompt) => ({ prompt, completion: [assistant("Yes.")] })],
    ["TRL unpaired preference", (prompt) => ({ prompt, completion: "Yes.", label: false })],
    ["TRL messages", (prompt) => ({ messages: [...prompt, assistant("Yes.")] })],
    ["ShareGPT", (prompt) => ({ conversations: turns([...prompt, assistant("Yes.")], SHAREGPT) })],
    [
      "ShareGPT with the system message apart",
      (prompt) => ({ system: systemOf(prompt), conversations: turns(withoutSystem(prompt), SHAREGPT) }),
    ],
    ["ShareGPT under OpenAI's names", (prompt) => ({ conversations: prompt })],
    [
      "NeMo-Aligner SFT",
      (prompt) => ({
        ...{ system: systemOf(prompt) ?? "", mask: "User" },
        conversations: turns([...withoutSystem(prompt), assistant("Yes.")], NEMO),
      }),
    ],
    [
      "NeMo-Aligner SFT with speakers of its own",
      (prompt) => ({
        ...{ system: systemOf(prompt), mask: "Alice" },
        conversations: turns(withoutSystem(prompt), { user: "Alice", assistant: "Bob" }),
      }),
    ],
    [
      "Alpaca",
      (prompt) => ({
        ...{ instruction: last(prompt), input: "", output: "Yes." },
        ...{ system: systemOf(prompt), history: historyOf(prompt) },
      }),
    ],
    ["OpenRLHF prompts", (prompt) => ({ context_messages: prompt })],
    ["LMSYS-Chat", (prompt) => ({ conversation: [...prompt, assistant("Yes.")] })],
  ])("%s", (_, write) => {
    fc.assert(
      fc.property(conversation, (prompt) => {
        const read = parsePrompts(lines(write(prompt)));
        expect(read).toEqual({ rows: [{ conversation: prompt, metadata: {} }], skipped: [] });
      }),
    );
  });

  test("Alpaca's instruction and input, and OpenRLHF's input and output", () => {
    const rows = [
      { instruction: "Translate.", input: "tea", output: "thé" },
      { instruction: "Double this.", input: 21, output: "42" },
      { input: "Tea?", output: "Yes." },
      { question: "Tea?", system_prompt: "Be kind.", response: "Yes." },
    ];
    expect(parsePrompts(lines(...rows)).rows.map((row) => row.conversation)).toEqual([
      [user("Translate.\ntea")],
      [user("Double this.\n21")],
      [user("Tea?")],
      [{ role: "system", content: "Be kind." }, user("Tea?")],
    ]);
    expect(rows.map((row) => leftBehind(row, "prompts"))).toEqual([
      ["output"],
      ["output"],
      ["output"],
      ["response"],
    ]);
  });
});

describe("a demonstration is read back from", () => {
  const step = fc.record({
    critiqueRequest: trimmed,
    critique: trimmed,
    revisionRequest: trimmed,
    revision: trimmed,
  });
  const whole = fc.record({
    conversation,
    response: trimmed,
    rounds: fc.array(step, { minLength: 1, maxLength: 3 }),
  });
  const written = (row: Omit<DemonstrationRow, "metadata">) => ({
    init_prompt: row.conversation,
    init_response: row.response,
    critic_prompt: row.critiqueRequest,
    critic_response: row.critique,
    revision_prompt: row.revisionRequest,
    revision_response: row.revision,
  });
  const messages = ({ init_prompt, ...others }: ReturnType<typeof written>) => ({
    init_prompt: { role: "user", content: init_prompt },
    ...Object.fromEntries(Object.entries(others).map(([name, content]) => [name, { role: "user", content }])),
  });

  test.each<[string, (row: Omit<DemonstrationRow, "metadata">) => Row]>([
    [
      "our own columns",
      ({ conversation: prompt, critiqueRequest, revisionRequest, ...row }) => ({
        ...row,
        prompt,
        critique_request: critiqueRequest,
        revision_request: revisionRequest,
      }),
    ],
    ["cai-conversation columns of text", written],
    ["cai-conversation columns of messages", (row) => messages(written(row))],
  ])("%s", (_, write) => {
    fc.assert(
      fc.property(whole, ({ rounds, ...rest }) => {
        const row = { ...rest, ...rounds[0]! };
        expect(parseDemonstrations(lines(write(row)))).toEqual({
          rows: [{ ...row, metadata: {} }],
          skipped: [],
        });
      }),
    );
  });

  test("the paper's SL samples: a round each, with its key, revising what the round before made", () => {
    fc.assert(
      fc.property(whole, ({ conversation: rl_prompt, response, rounds }) => {
        const cst = rounds.map((round, i) => ({
          cst_key: `harmful${i}`,
          cst_value: {
            prompt: [`\n\nCritiqueRequest: ${round.critiqueRequest}\n\nCritique:`],
            edit_request: `\n\nRevisionRequest: ${round.revisionRequest}\n\nRevision:`,
          },
          critique: { sample: ` ${round.critique}` },
          revision: { sample: ` ${round.revision}` },
        }));
        const row = {
          rl_prompt,
          comparison_dataset: "PALMS",
          initial_response: [{ sample: ` ${response}` }],
          cst,
        };
        expect(parseDemonstrations(lines(row))).toEqual({
          rows: rounds.map((round, i) => ({
            conversation: rl_prompt,
            response: i === 0 ? response : rounds[i - 1]!.revision,
            ...round,
            metadata: { cst_key: `harmful${i}`, round: i + 1, comparison_dataset: "PALMS" },
          })),
          skipped: [],
        });
        expect(parsePrompts(lines(row)).rows.map((each) => each.conversation)).toEqual([rl_prompt]);
      }),
    );
  });

  test("a row of rounds of which one cannot be used: the others are, and a row that cannot at all is told once", () => {
    const round = {
      cst_value: { prompt: ["a"], edit_request: "b" },
      critique: { sample: "c" },
      revision: { sample: "d" },
    };
    const row = {
      rl_prompt: "Tea?",
      initial_response: [{ sample: "No." }],
      cst: [round, { ...round, critique: {} }, round],
    };
    const { rows, skipped } = parseDemonstrations(lines(row, { ...row, rl_prompt: "" }));
    expect(rows.map(({ metadata }) => metadata["round"])).toEqual([1, 3]);
    expect(skipped.map(({ line, reason, raw }) => [line, reason, raw])).toEqual([
      [1, "unknown-shape", row],
      [2, "no-final-user-turn", { ...row, rl_prompt: "" }],
    ]);
  });
});

/** A value in which these stand at a path such as ["cst[]", "cst_value", "prompt"], one in each item of a list. */
function at([step, next, ...rest]: readonly string[], values: readonly unknown[]): unknown {
  const inner = (value: unknown) =>
    next === undefined ? value : { [next.replace("[]", "")]: at([next, ...rest], [value]) };
  return step!.endsWith("[]") ? values.map(inner) : inner(values[0]);
}

describe("the table of shapes", () => {
  const columns = [...new Set(SHAPES.flatMap((shape) => [...shape.columns, ...shape.optional]))];

  test("lets no JSON value whatever break a reader", () => {
    const cell = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("\n\nHuman: a\n\nAssistant: b", [user("a")], [assistant("a")], { a: null }),
    );
    const several = fc.subarray(columns, { minLength: 1, maxLength: 6 });
    const row = fc
      .oneof(
        several,
        fc.constantFrom(...SHAPES).map((shape) => [...shape.columns, ...shape.optional]),
      )
      .chain((names) => fc.record(Object.fromEntries([...names, "metadata"].map((name) => [name, cell]))));
    fc.assert(
      fc.property(row, (value) => {
        for (const parse of [parsePrompts, parsePreferences, parseDemonstrations]) {
          const { rows, skipped } = parse(lines(value));
          expect(rows.length + skipped.length).toBeGreaterThan(0);
        }
        for (const purpose of ["prompts", "preferences", "demonstrations"] as const)
          leftBehind(value, purpose);
      }),
      { numRuns: 2000 },
    );
  });

  test("finds every shape by its own columns, none hidden behind another", () => {
    for (const shape of SHAPES)
      expect(shapeOf(Object.fromEntries(shape.columns.map((column) => [column, "x"])))?.name).toBe(
        shape.name,
      );
  });

  test("serves what a row says most about", () => {
    expect(purposeOf({ prompt: "a", chosen: "b", rejected: "c" })).toBe("preferences");
    expect(purposeOf({ initial_response: [], cst: [] })).toBe("demonstrations");
    expect(purposeOf({ instruction: "a", output: "b" })).toBe("prompts");
    expect(purposeOf({ a: 1, chosen: null })).toBeUndefined();
  });

  test("lists what turns carry besides their text", () => {
    const row = {
      messages: [
        { ...user("Tea?"), weight: 0 },
        { ...assistant("Yes."), tool_calls: [], name: null },
      ],
    };
    expect(leftBehind(row, "prompts")).toEqual([
      "messages: its last answer",
      "messages[].weight",
      "messages[].tool_calls",
    ]);
  });

  test("does not list what is not there", () => {
    const completions = [0, 1].map((rank) => ({ rank, completion: [assistant(`answer ${rank}`)] }));
    expect(leftBehind({ context: [user("Tea?")], completions }, "preferences")).toEqual([]);
    expect(leftBehind({ conversations: [{ from: "human", value: "Tea?" }] }, "prompts")).toEqual([]);
    expect(leftBehind({ transcript: "\n\nHuman: Tea?" }, "prompts")).toEqual([]);
    expect(leftBehind({ messages: [{ role: "User", content: "Tea?" }] }, "prompts")).toEqual([]);
    expect(leftBehind({ transcript: "\n\nHuman: Tea?\n\nAssistant: Yes." }, "prompts")).toHaveLength(1);
  });

  test("names only parts that left-behind.ts knows", () => {
    for (const shape of SHAPES)
      for (const purpose of ["prompts", "preferences", "demonstrations"] as const)
        for (const leaf of shape[purpose]?.leaves ?? []) {
          const path = leaf.split(": ")[0]!.split(".");
          const values = leaf.endsWith("how far apart")
            ? [0, 9]
            : [[user("a"), assistant("b"), assistant("c")]];
          const value = { [path[0]!.replace("[]", "")]: at(path, values) };
          const row = { ...Object.fromEntries(shape.columns.map((column) => [column, "x"])), ...value };
          expect(leftBehind(row, purpose)).toContain(leaf);
        }
  });

  test("is the table of docs/files.md", () => {
    const page = readFileSync(resolve(import.meta.dirname, "../../../docs/files.md"), "utf8");
    for (const shape of SHAPES) {
      const row = page.split("\n").find((each) => each.startsWith(`| ${shape.name} |`)) ?? "";
      for (const column of shape.columns) expect(row, shape.name).toContain(`\`${column}\``);
      const purposes = ["prompts", "preferences", "demonstrations"] as const;
      const served = purposes.filter((purpose) => shape[purpose] !== undefined);
      expect(row, shape.name).toMatch(new RegExp(`\\| ${served.join(", ")} \\|`));
    }
  });
});
