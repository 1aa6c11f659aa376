// Files with mistakes in them: what is one of many is left out with its place, what is the whole file refused with its place.
import { expect, test } from "vitest";
import { parseConstitution } from "../constitution.ts";
import { contentOf } from "./content.ts";
import { exportConstitution, type Imported, named, readForeign } from "./exchange.ts";
import type { FormatName } from "./format-names.ts";

const read = (text: string, file = "file", from?: FormatName): Imported =>
  named(readForeign([contentOf(text, file)], from === undefined ? {} : { from }), file, file);
const textsOf = ({ constitution }: Imported) => constitution!.principles.map(({ text }) => text);
const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** Entries that were left out: line or number, and what is wrong. */
const toldOf = ({ malformed }: Imported) => malformed.map(({ line, detail }) => `${line} ${detail}`);

test("chats of any even length from six on are demonstrations, and others are told", () => {
  const chat = (turns: number) =>
    Array.from({ length: turns }, (_, i) => ({
      role: i % 2 === 0 ? "user" : "assistant",
      content: `turn ${i + 1}`,
    }));
  const file = {
    constitutions: [{ critic: "a", revision: "b" }],
    system_chat: [chat(8), chat(4), chat(7), "x"],
  };
  const imported = read(pretty(file));
  const { demonstrations } = imported;
  expect(demonstrations).toEqual([
    {
      conversation: chat(3),
      response: "turn 4",
      ...{ critiqueRequest: "turn 5", critique: "turn 6", revisionRequest: "turn 7", revision: "turn 8" },
    },
  ]);
  expect(toldOf(imported).map((told) => told.slice(0, 16))).toEqual([
    "2 system_chat[1]",
    "3 system_chat[2]",
    "4 system_chat[3]",
  ]);
});

test.each([
  [
    "traits",
    [{ trait: "I am kind." }, { trait: null }, { trait: "I am brief.", questions: ["Are you?", 3] }, "x"],
    ["I am kind.", "I am brief."],
    [
      "2 [1].trait: expected string, got null",
      "4 [3]: expected object, got string",
      "3 [2].questions[1]: expected string, got number",
    ],
  ],
  [
    "hugging-face",
    { constitutions: [{ critic: "Rude?", revision: "Be kind." }, { critic: "a" }], system_chat: null },
    ['The assistant answers so that nobody needs to ask of it: "Be kind."'],
    ["2 constitutions[1].revision: expected string, got undefined"],
  ],
  [
    "paper",
    { a: { prompt: "Rude?", edit_request: "Be kind." }, b: { prompt: [], edit_request: " " } },
    ['The assistant answers so that nobody needs to ask of it: "Be kind."'],
    ["2 b.prompt: expected text, or a list of texts; b.edit_request: expected text that is not empty"],
  ],
  [
    "paper-comparisons",
    ["Which is kinder?", 3],
    ['The assistant gives the response that is chosen when this is asked: "Which is kinder?"'],
    ["2 [1]: expected string, got number"],
  ],
  [
    "constitutional-evals",
    {
      ...{ schema_version: "1.1", title: "T", version: "1.0.0", license: null, guidelines: null },
      criteria: ["Prefer the response that is kind.", null, "Prefer the response that is brief."],
      voices: { third_person: ["It is kind.", "-", " "] },
      changelog: [
        { version: "1.0.0", date: "January 2026", notes: "First." },
        { version: "1.0.0", date: "2026-01-31", notes: "First." },
      ],
    },
    ["It is kind.", "The assistant gives the response that is brief."],
    [
      "2 criteria[1]: expected string, got null",
      "3 voices.third_person[2]: expected text that is not empty",
      "1 changelog[0].date: expected a day, such as 2026-01-31",
    ],
  ],
] as const)("of %s, an entry that cannot be read is left out with its place", (format, file, texts, told) => {
  const imported = read(pretty(file));
  expect([imported.format, textsOf(imported)]).toEqual([format, texts]);
  expect(toldOf(imported)).toEqual(told);
});

test("a line that is no JSON is left out of JSON Lines, and a row is told by its line", () => {
  const lines = [
    '{"trait": "I am kind."}',
    "",
    '{"trait": "I am cut',
    '{"trait": "I am brief."}',
    '{"trait": 3}',
  ];
  const imported = read(lines.join("\n"));
  expect(imported.constitution!.principles.map(({ text, source }) => [text, source!.locator])).toEqual([
    ["I am kind.", "line 1"],
    ["I am brief.", "line 4"],
  ]);
  expect(imported.malformed).toMatchObject([
    { line: 3, reason: "bad-json", raw: lines[2] },
    {
      line: 5,
      reason: "unknown-shape",
      detail: "line 5: trait: expected string, got number",
      raw: { trait: 3 },
    },
  ]);
});

test("JSON with a mistake in it is told by line and column, and is no prose", () => {
  const broken = '{\n  "constitutions": [\n    { "critic": "a", "revision": "b" },\n  ]\n}';
  const told = /^file:4:3: expected JSON, here a value, got "]"$/;
  expect(() => read(broken)).toThrow(told);
  expect(() => read(broken, "file", "hugging-face")).toThrow(told);
  expect(() => read('["Which is kinder?" "Which is calmer?"]')).toThrow(/^file:1:21: expected JSON/);
  expect(read(broken, "file", "markdown").format).toBe("markdown");
  expect(read("[Our rules](https://example.com) must be kept.").format).toBe("markdown");
});

test("a row of a table with other cells than there are columns is left out with its line, and so is one without a text", () => {
  const table =
    'comment-id,comment-body,group_0_consensus\n0,Be kind.,0.9\n1,a\n2,"b\nc",0.8,x\n3, ,0.7\n4,d,no\n5,e,0.1\n';
  const imported = named(readForeign([contentOf(table, "c.csv")], { consensus: 0.5 }), "c.csv", "c");
  expect(textsOf(imported)).toEqual(["Be kind."]);
  expect(toldOf(imported)).toEqual([
    "3 line 3: expected 3 cells, got 2",
    "4 line 4: expected 3 cells, got 4",
    '6 line 6: expected text in comment-body, got ""',
    '7 line 7: expected a number from 0 to 1 in group_0_consensus, got "no"',
  ]);
  expect(imported.notes).toEqual([
    "left out: 1 of 6 comments with less consensus than 0.5 in some group (comment 5)",
  ]);
});

test.each([
  ["semicolons", "c.csv", "Comment-ID;Comment-Body;Agrees;group_0_consensus\n7;Be kind, please.;3;0,9\n"],
  ["tabs", "c.txt", "COMMENT-ID\tCOMMENT-BODY\tAGREES\tGROUP_0_CONSENSUS\n7\tBe kind, please.\t3\t0.9\n"],
])("a table may have %s, and names in capitals", (_, file, table) => {
  const { constitution, format } = read(table, file);
  expect([format, constitution!.principles.map(({ text, reasons }) => [text, reasons])]).toEqual([
    "polis",
    [["Be kind, please.", "3 agree; consensus 90% by group"]],
  ]);
});

test("cells that are no number of their kind are told, and no reasons", () => {
  const { constitution, notes } = read(
    "comment-id,comment-body,agrees,group_0_consensus\n7,Be kind.,many,2\n8,Be brief.,3,\n",
    "c.csv",
  );
  expect(constitution!.principles.map(({ reasons }) => reasons)).toEqual(["", "3 agree"]);
  expect(notes[0]).toBe(
    'not in the reasons, as it is no count of votes or no share from 0 to 1 (2): agrees "many" of comment 7, group_0_consensus "2" of comment 7',
  );
});

test("a key that stands twice is told by its place, and a row with one is left out", () => {
  const twice =
    '{\n  "a": { "prompt": "Rude?", "edit_request": "Be kind." },\n  "a": { "prompt": "Long?", "edit_request": "Be brief." }\n}';
  expect(() => read(twice)).toThrow(/^file:3:3: expected each key once in an object, got "a" twice$/);
  const imported = read('{"trait": "I am kind."}\n{"trait": "I am calm.", "trait": "I am brief."}');
  expect([textsOf(imported), toldOf(imported)]).toEqual([
    ["I am kind."],
    ['2 line 2: expected each key once, got "trait" twice'],
  ]);
});

test("the two files of the paper stay paired where an entry of one cannot be read", () => {
  const requests = { a: { prompt: "Find 0." }, b: { prompt: "Find 1.", edit_request: "Mend 1." } };
  const both = readForeign(
    [contentOf(pretty(requests), "sl.json"), contentOf(pretty(["Which is 0?", "Which is 1?"]), "rl.json")],
    {},
  );
  const { constitution, malformed } = named(both, "both", "Paper");
  expect(constitution!.principles.map(({ wording }) => wording)).toEqual([
    { comparison: "Which is 0?" },
    { critique: "Find 1.", revision: "Mend 1.", comparison: "Which is 1?" },
  ]);
  expect(malformed).toHaveLength(1);
});

test("prose with the names of our keys is prose; what has our keys is ours", () => {
  expect(read("title: House rules\n\nprinciples: kindness first.\n\nNever shout.").format).toBe("markdown");
  expect(read("title: Rules\nprinciples:\n- Never shout.\n").format).toBe("markdown");
  for (const own of [
    "principles:\n# ours\n  - id: kind\n    text: Be kind.",
    "principles: [{ id: kind, text: Be kind. }]",
  ])
    expect(() => read(`title: Ours\nversion: 1.0.0\n${own}`)).toThrow(/got one of Charter's/);
});

const own = parseConstitution(
  "title: Ours\nversion: 1.0.0\nprinciples: [{ id: kind, text: It is kind. }]",
  "ours.yaml",
);

test("a file that is not what it says is refused by its place", () => {
  expect(() => read("title: Ours\nversion: 1.0.0\nprinciples: []")).toThrow(/got one of Charter's/);
  expect(() => read("[1, 2]")).toThrow(/expected a constitution in a format that is known/);
  expect(() => read("a,b\n1,2", "x.csv", "polis")).toThrow(/expected rows with a comment-body/);
  expect(() => read("Rule;Why\nBe kind.;x", "x.csv")).toThrow(/comment-body, got the columns rule, why$/);
  expect(() => readForeign([contentOf("# a", "a.md"), contentOf("# b", "b.md")], {})).toThrow(
    /expected one file/,
  );
  expect(() => exportConstitution(own, "polis")).toThrow(/expected a format that can be written, got polis/);
  expect(() => exportConstitution(own, "paper-few-shot")).toThrow(/expected demonstrations/);
});
