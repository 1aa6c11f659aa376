// Every shape that must load, by hand, and every reason for which a row is left out.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeSkipped } from "./dataset.ts";
import { parseDemonstrations } from "./demonstrations.ts";
import { type PreferenceRow, parsePreferences } from "./preferences.ts";
import { parsePrompts } from "./prompts.ts";
import type { SkipReason } from "./row.ts";
import { formatPreferences, hhRlhfPreference, LARGEST_MARGIN, trlPreference } from "./write-preferences.ts";

const user = (content: string) => ({ role: "user", content }) as const;
const assistant = (content: string) => ({ role: "assistant", content }) as const;
const lines = (...rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row));

const HH = "\n\nHuman: Tea?\n\nAssistant: Boil water.\n\nHuman: Then?\n\nAssistant:";

describe("parsePreferences", () => {
  const twoTurns = [user("Tea?"), assistant("Boil water."), user("Then?")];
  test.each<[string, Record<string, unknown>, Partial<PreferenceRow>]>([
    [
      "an hh-rlhf pair, multi-turn and kept whole",
      { chosen: `${HH} Pour it.`, rejected: `${HH} No.` },
      { conversation: twoTurns, chosen: "Pour it.", rejected: "No." },
    ],
    [
      "a transcript as explicit prompt",
      { prompt: HH, chosen: " Pour it.", rejected: " No." },
      { conversation: twoTurns, chosen: " Pour it.", rejected: " No." },
    ],
    [
      "strings with an explicit prompt",
      { prompt: "Tea?", chosen: "Yes.", rejected: "No." },
      { conversation: [user("Tea?")], chosen: "Yes.", rejected: "No." },
    ],
    [
      "strings that imply their prompt",
      { chosen: "The sky is blue.", rejected: "The sky is green." },
      { conversation: [user("The sky is")], chosen: " blue.", rejected: " green." },
    ],
    [
      "strings that part within an emoji",
      { chosen: "Pick: 🍎 apple", rejected: "Pick: 🍌 banana" },
      { conversation: [user("Pick:")], chosen: " 🍎 apple", rejected: " 🍌 banana" },
    ],
    [
      "messages with an explicit prompt",
      { prompt: twoTurns, chosen: [assistant("Pour.")], rejected: [assistant("No.")] },
      { conversation: twoTurns, chosen: "Pour.", rejected: "No." },
    ],
    [
      "messages that imply their prompt, after a system message",
      {
        chosen: [{ role: "system", content: "Be kind." }, user("Tea?"), assistant("Yes.")],
        rejected: [{ role: "system", content: "Be kind." }, user("Tea?"), assistant("No.")],
      },
      {
        conversation: [{ role: "system", content: "Be kind." }, user("Tea?")],
        chosen: "Yes.",
        rejected: "No.",
      },
    ],
    [
      "messages that repeat the prompt given beside them",
      {
        prompt: "Tea?",
        chosen: [user("Tea?"), assistant("Yes.")],
        rejected: [user("Tea?"), assistant("No.")],
      },
      { conversation: [user("Tea?")], chosen: "Yes.", rejected: "No." },
    ],
    [
      "answers of several turns that part at the last",
      {
        prompt: [user("Tea?")],
        chosen: [assistant("Boil water."), user("Then?"), assistant("Pour.")],
        rejected: [assistant("Boil water."), user("Then?"), assistant("No.")],
      },
      { conversation: twoTurns, chosen: "Pour.", rejected: "No." },
    ],
    [
      "messages that stand alone, and roles in capitals",
      {
        prompt: { role: "User", content: "Tea?" },
        chosen: { role: "ASSISTANT", content: "Yes." },
        rejected: "No.",
      },
      { conversation: [user("Tea?")], chosen: "Yes.", rejected: "No." },
    ],
    [
      "a system message alone, and roles in capitals, beside whole conversations",
      {
        prompt: { role: "System", content: "Be kind." },
        chosen: [{ role: "User", content: "Tea?" }, assistant("Yes.")],
        rejected: [user("Tea?"), { role: "Assistant", content: "No." }],
      },
      { conversation: [{ role: "system", content: "Be kind." }, user("Tea?")], chosen: "Yes." },
    ],
    [
      "answers in capitals without the question before them",
      {
        prompt: "Tea?",
        chosen: ["Assistant", "User", "Assistant"].map((role, i) => ({
          role,
          content: `c${i === 2 ? i : ""}`,
        })),
        rejected: [assistant("c"), user("c"), assistant("No.")],
      },
      { conversation: [user("Tea?"), assistant("c"), user("c")], chosen: "c2" },
    ],
    [
      "content in parts",
      {
        prompt: [
          {
            role: "user",
            content: [
              { type: "text", text: "Te" },
              { type: "text", text: "a?" },
            ],
          },
        ],
        chosen: "Yes.",
        rejected: "No.",
      },
      { conversation: [user("Tea?")] },
    ],
  ])("reads %s", (_, row, expected) => {
    const { rows, skipped } = parsePreferences(lines(row));
    expect(skipped).toEqual([]);
    expect(rows[0]).toMatchObject({ probability: 1, metadata: {}, ...expected });
  });

  test.each([
    [{ prompt: "a", chosen: null, rejected: "c" }, "chosen"],
    [{ prompt: "a", chosen: null, rejected: null }, "chosen and rejected"],
  ])("says of %j what has no value", (row, empty) => {
    const detail = `${empty}: expected a value, got none`;
    expect(parsePreferences(lines(row)).skipped).toMatchObject([{ reason: "unknown-shape", detail }]);
  });

  test.each([
    ["none", [], 3],
    ["a system message alone", [{ role: "system", content: "Be kind." }], 4],
    ["the last turn alone", "And then?", 3],
    ["the first turn", "Tea?", 3],
    ["all of it", [user("Tea?"), assistant("Yes."), user("And then?")], 3],
  ])("takes a prompt that is %s beside answers that are whole conversations", (_, prompt, turns) => {
    const before = [user("Tea?"), assistant("Yes."), user("And then?")];
    const whole = (answer: string) => [...before, assistant(answer)];
    const { rows, skipped } = parsePreferences(
      lines({ prompt, chosen: whole("Pour it."), rejected: whole("No.") }),
    );
    expect(skipped).toEqual([]);
    expect(rows[0]!.conversation).toHaveLength(turns);
  });

  test("reads the soft label, keeps other columns as metadata, and does not take a margin for a probability", () => {
    const row = { prompt: "a", chosen: "b", rejected: "c" };
    const extra = {
      chosen_prob: 0.75,
      margin: 1.1,
      licence: "MIT",
      tags: null,
      metadata: { labelled_by: "town grader" },
    };
    const { rows } = parsePreferences(lines({ ...row, ...extra }, { ...row, margin: 3 }));
    expect(rows[0]).toMatchObject({
      probability: 0.75,
      metadata: { licence: "MIT", labelled_by: "town grader" },
    });
    expect(Object.keys(rows[0]!.metadata)).toEqual(["licence", "labelled_by"]);
    expect(rows[1]!.probability).toBe(1);
  });

  test.each<[SkipReason, unknown]>([
    ["not-an-object", [1]],
    ["unknown-shape", { instruction: "a", output: "b" }],
    ["unknown-shape", { prompt: "a", completion: "b", label: true }],
    ["unknown-shape", { prompt: 7, chosen: "b", rejected: "c" }],
    ["unknown-role", { prompt: [{ role: "tool", content: "a" }], chosen: "b", rejected: "c" }],
    ["unknown-role", { prompt: [{ role: "constructor", content: "a" }], chosen: "b", rejected: "c" }],
    ["unknown-role", { prompt: [null], chosen: "b", rejected: "c" }],
    [
      "broken-alternation",
      { chosen: "\n\nHuman: a\n\nHuman: b\n\nAssistant: c", rejected: "\n\nHuman: a\n\nAssistant: d" },
    ],
    ["broken-alternation", { prompt: [assistant("a")], chosen: "b", rejected: "c" }],
    ["broken-alternation", { prompt: "a", chosen: [user("b")], rejected: [assistant("c")] }],
    ["empty-turn", { prompt: [user(" "), assistant("a"), user("b")], chosen: "b", rejected: "c" }],
    ["no-final-user-turn", { prompt: [user("a"), assistant("b")], chosen: "b", rejected: "c" }],
    ["no-final-user-turn", { prompt: "", chosen: "b", rejected: "c" }],
    ["no-final-user-turn", { chosen: "Yes.", rejected: "No." }],
    ["no-final-assistant-turn", { chosen: "\n\nHuman: a", rejected: "\n\nHuman: a" }],
    ["empty-reply", { chosen: `${HH} Pour it.`, rejected: HH }],
    ["empty-reply", { prompt: "a", chosen: " ", rejected: "c" }],
    ["diverging-prefixes", { chosen: `${HH} Pour it.`, rejected: `${HH.replace("Tea", "Ale")} No.` }],
    ["identical-answers", { prompt: "a", chosen: "b", rejected: "b" }],
    ["bad-probability", { prompt: "a", chosen: "b", rejected: "c", chosen_prob: 1.5 }],
    ["bad-probability", { prompt: "a", chosen: "b", rejected: "c", chosen_prob: "0.5" }],
  ])("leaves out a row for %s and goes on", (reason, row) => {
    const good = { prompt: "a", chosen: "b", rejected: "c" };
    const { rows, skipped } = parsePreferences(lines(good, row, good));
    expect(rows.length).toBe(2);
    expect(skipped).toEqual([
      { line: 2, reason, detail: expect.stringMatching(/expected .*, got|expected a prompt/), raw: row },
    ]);
  });
});

describe("parseRows", () => {
  test("numbers lines from 1, blank ones counted, and takes bytes, byte-order marks and CRLF", () => {
    const good = '{"prompt":"a"}';
    const source = [`\ufeff${good}\r`, "", "{oops", good, '{"prompt":"a","n":1e999}'].map((line) =>
      Buffer.from(line),
    );
    const { rows, skipped } = parsePrompts([...source, Uint8Array.of(0xff)]);
    expect(rows.length).toBe(2);
    expect(skipped.map(({ line, reason, raw }) => [line, reason, raw])).toEqual([
      [3, "bad-json", "{oops"],
      [5, "bad-json", '{"prompt":"a","n":1e999}'],
      [6, "bad-encoding", { base64: "/w==" }],
    ]);
    expect(describeSkipped(skipped)).toBe("2 bad-json, 1 bad-encoding");
  });

  test("leaves out a row with a key twice, at any depth, as it was written", () => {
    const once = '{"prompt":"say \\"prompt\\": twice","n":{"prompt":": "}}';
    const twice = [
      '{"prompt":"a","n":1,"prompt" :"b"}',
      '{"prompt":[{"role":"user","content":"a","content":"b"}]}',
    ];
    const { rows, skipped } = parsePrompts([once, ...twice]);
    expect(rows).toHaveLength(1);
    expect(skipped).toEqual(
      twice.map((raw, i) => ({
        ...{ line: i + 2, reason: "bad-json", raw },
        detail: `expected each key once, got "${["prompt", "content"][i]}" twice`,
      })),
    );
  });

  test("survives any JSON value whatever", () => {
    const cell = fc.oneof(fc.jsonValue(), fc.constantFrom("\n\nHuman: a", HH, [user("a")], [assistant("a")]));
    const columns = [
      "prompt",
      "chosen",
      "rejected",
      "messages",
      "metadata",
      "chosen_prob",
      "response",
      "critique",
      "revision",
    ];
    const row = fc.record(Object.fromEntries(columns.map((name) => [name, cell])), { requiredKeys: [] });
    fc.assert(
      fc.property(row, (value) => {
        for (const parse of [parsePrompts, parsePreferences, parseDemonstrations]) {
          const { rows, skipped } = parse(lines(value));
          expect(rows.length + skipped.length).toBe(1);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("parsePrompts", () => {
  test.each([
    ["TRL prompt-only, a string", { prompt: "Tea?" }, [user("Tea?")]],
    ["TRL prompt-only, messages", { prompt: [user("Tea?")] }, [user("Tea?")]],
    ["prompt and completion", { prompt: "Tea?", completion: "Yes.", label: true }, [user("Tea?")]],
    ["stepwise rows", { prompt: "Tea?", completions: ["Boil"], labels: [true] }, [user("Tea?")]],
    [
      "messages, leaving the last answer behind",
      { messages: [user("Tea?"), assistant("Yes.")] },
      [user("Tea?")],
    ],
    ["a transcript as text", { text: "\n\nHuman: Tea?\n\nAssistant: Yes." }, [user("Tea?")]],
    ["lines ended by two characters", { text: "\r\n\r\nHuman: Tea?\r\n\r\nAssistant: Yes." }, [user("Tea?")]],
    [
      "a question that stands alone, under a system prompt",
      { system_prompt: "Be kind.", question: { role: "User", content: "Tea?" } },
      [{ role: "system", content: "Be kind." }, user("Tea?")],
    ],
    [
      "a red-team transcript, kept whole",
      { transcript: `${HH} Pour.` },
      [user("Tea?"), assistant("Boil water."), user("Then?")],
    ],
    [
      "an hh-rlhf pair",
      { chosen: `${HH} Pour it.`, rejected: `${HH} No.` },
      [user("Tea?"), assistant("Boil water."), user("Then?")],
    ],
  ])("reads %s", (_, row, conversation) => {
    expect(parsePrompts(lines(row))).toEqual({ rows: [{ conversation, metadata: {} }], skipped: [] });
  });

  test("keeps what the source says about the prompt", () => {
    const row = {
      transcript: "\n\nHuman: Tea?\n\nAssistant: Yes.",
      rating: 4,
      tags: null,
      metadata: { request: { harmful: true } },
    };
    expect(parsePrompts(lines(row)).rows[0]!.metadata).toEqual({ rating: 4, request: { harmful: true } });
  });
});

describe("parseDemonstrations", () => {
  test("reads our own columns, with a general request where a row has none", () => {
    const row = { prompt: "Tea?", response: "No.", critique: "Rude.", revision: "Gladly." };
    expect(parseDemonstrations(lines(row)).rows[0]).toEqual({
      conversation: [user("Tea?")],
      response: "No.",
      critiqueRequest: expect.stringMatching(/wrong/),
      critique: "Rude.",
      revisionRequest: expect.stringMatching(/[Rr]ewrite/),
      revision: "Gladly.",
      metadata: {},
    });
  });

  test("reads the columns of the cai-conversation data sets, as strings or messages", () => {
    const row = {
      init_prompt: { role: "user", content: "Tea?" },
      init_response: { role: "assistant", content: "No." },
      critic_prompt: "What is wrong?",
      critic_response: "Rude.",
      revision_prompt: "Mend it.",
      revision_response: "Gladly.",
    };
    expect(parseDemonstrations(lines(row)).rows[0]).toMatchObject({
      conversation: [user("Tea?")],
      critiqueRequest: "What is wrong?",
      revision: "Gladly.",
    });
  });

  test("leaves out a row without a critique", () => {
    const { skipped } = parseDemonstrations(lines({ prompt: "Tea?", response: "No.", revision: "Yes." }));
    expect(skipped[0]).toMatchObject({
      reason: "unknown-shape",
      detail: expect.stringMatching(/response\+critique\+revision.*, got prompt, response, revision \(TRL/),
    });
  });
});

describe("formatPreferences", () => {
  test("writes the soft label and its log-odds, the likelier answer chosen", () => {
    const row = {
      conversation: [user("Tea?")],
      chosen: "No.",
      rejected: "Yes.",
      probability: 0.2,
      metadata: { source: "x" },
    };
    const [line] = formatPreferences([row]).trimEnd().split("\n");
    expect(JSON.parse(line!)).toEqual({
      prompt: [user("Tea?")],
      chosen: [assistant("Yes.")],
      rejected: [assistant("No.")],
      chosen_prob: 0.8,
      margin: expect.closeTo(Math.log(4), 12),
      metadata: { source: "x" },
    });
  });

  test("is read back as it was written, and stays JSON for a certain label", () => {
    const rows = [
      { conversation: [user("Tea?")], chosen: "Yes.", rejected: "No.", probability: 1, metadata: {} },
      {
        conversation: [user("Ale?")],
        chosen: "Yes.",
        rejected: "No.",
        probability: 0.7,
        metadata: { source: "x" },
      },
    ];
    const text = formatPreferences(rows);
    expect(parsePreferences(text.split("\n"))).toEqual({ rows, skipped: [] });
    expect(JSON.parse(text.split("\n")[0]!).margin).toBeCloseTo(13.8155, 3);
  });
});

describe("labelled pairs", () => {
  const text = fc.string({ minLength: 1, unit: "grapheme" }).map((words) => `x${words}`);
  const pairs = fc
    .record({
      asked: fc.array(text, { minLength: 1, maxLength: 3 }),
      chosen: text,
      rejected: text,
      probability: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .filter(({ chosen, rejected }) => chosen !== rejected)
    .map(({ asked, ...pair }) => ({
      ...pair,
      conversation: asked.flatMap((turn, i) => (i === 0 ? [user(turn)] : [assistant("So."), user(turn)])),
    }));

  test("in TRL's shape are read back, the likelier first, with a finite margin", () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const row = trlPreference(pair);
        const { rows } = parsePreferences(lines(row));
        const { chosen, rejected, probability, conversation } = pair;
        const [better, worse] = probability >= 0.5 ? [chosen, rejected] : [rejected, chosen];
        const p = Math.max(probability, 1 - probability);
        expect(rows[0]).toEqual({
          conversation,
          ...{ chosen: better, rejected: worse, probability: p, metadata: {} },
        });
        expect(row.margin).toBeGreaterThanOrEqual(0);
        expect(row.margin).toBeLessThanOrEqual(LARGEST_MARGIN);
      }),
    );
  });

  test("in the shape of hh-rlhf are read back but for the space around their texts", () => {
    fc.assert(
      fc.property(pairs, (pair) => {
        const row = hhRlhfPreference(pair)!;
        const { chosen, rejected, probability, conversation } = pair;
        const [better, worse] = probability >= 0.5 ? [chosen, rejected] : [rejected, chosen];
        fc.pre(better.trim() !== worse.trim());
        const { rows } = parsePreferences(lines(row));
        expect(rows[0]).toMatchObject({
          conversation: conversation.map(({ role, content }) => ({ role, content: content.trim() })),
          ...{ chosen: better.trim(), rejected: worse.trim(), probability: row.chosen_prob },
        });
      }),
    );
  });

  test("are not put into a transcript that cannot hold them", () => {
    const pair = { conversation: [user("Tea?")], chosen: "Yes.", rejected: "No.", probability: 1 };
    expect(hhRlhfPreference(pair)?.chosen).toBe("\n\nHuman: Tea?\n\nAssistant: Yes.");
    const system = { role: "system", content: "Be kind." } as const;
    expect(hhRlhfPreference({ ...pair, conversation: [system, user("Tea?")] })).toBeNull();
    expect(hhRlhfPreference({ ...pair, rejected: "No.\n\nHuman: Ale?" })).toBeNull();
  });
});
