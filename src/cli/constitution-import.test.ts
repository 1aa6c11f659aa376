// Import, export and a model's review, as a user meets them: files there and back, what is told, and mistakes.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { type ServerScript, startScriptedServer } from "../models/endpoint/scripted-server.ts";
import { runCommand } from "./main.ts";
import type { Terminal } from "./terminal.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "import-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function constitution(...args: readonly string[]) {
  let [out, err] = ["", ""];
  const terminal: Terminal = {
    call: "charter",
    write: (text) => {
      out += text;
    },
    writeError: (text) => {
      err += text;
    },
    isInteractive: false,
    columns: () => 200,
    now: () => 0,
    paint: (_, text) => text,
    workingDirectory: folder,
    projectRoot: resolve(import.meta.dirname, "../.."),
  };
  const code = await runCommand(["constitution", ...args], terminal);
  return { code, out, err };
}

const put = (name: string, value: unknown) =>
  writeFileSync(join(folder, name), typeof value === "string" ? value : JSON.stringify(value));
const get = (name: string) => readFileSync(join(folder, name), "utf8");

/** A model behind a scripted server, as --model takes it. */
async function modelBehind(script: ServerScript): Promise<string> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  return `{ endpoint: "${server.endpoint}", model: judge, retries: 1 }`;
}

const RULES = "# Rules\n\nWe sell tea.\n\n## Manners\n\nNever shout. It hurts.\n";

test("prose goes to the standard output with its report beside it, or to a file that is there for good", async () => {
  put("rules.md", RULES);
  const { code, out, err } = await constitution("import", "rules.md");
  expect(code).toBe(0);
  expect(out).toBe(
    [
      "title: Rules\nversion: 1.0.0\nprinciples:\n  - id: never-shout\n    text: Never shout.\n    reasons: It hurts.",
      "    source:\n      title: rules.md\n      locator: 7:1–7:12\n    tags:\n      - manners\n",
    ].join("\n"),
  );
  expect(err).toContain("1 principle from rules.md (Markdown or plain text)");
  expect(err).toContain(
    "73% of the text (33 of 45 characters) is in 1 principle, 1 reason, 2 headings and 0 introductions",
  );
  expect(err).toContain("left out (1 place):\n    rules.md:3:1–3:12 We sell tea.\n");

  const written = await constitution("import", "rules.md", "--to", "rules.yaml", "--title", "House rules");
  expect([written.code, written.err]).toEqual([0, ""]);
  expect(await constitution("check", "rules.yaml")).toMatchObject({
    code: 0,
    out: expect.stringContaining("House rules 1.0.0"),
  });
  expect(await constitution("import", "rules.md", "--to", "rules.yaml")).toMatchObject({
    code: 2,
    err: expect.stringContaining("rules.yaml: expected no such file yet"),
  });

  const { out: json } = await constitution("import", "rules.md", "--json");
  expect(JSON.parse(json)).toMatchObject({
    format: "markdown",
    constitution: { title: "Rules" },
    coverage: { characters: 45, covered: 33, leftOut: [{ place: "3:1–3:12", text: "We sell tea." }] },
  });
});

test("a Hugging Face file goes to YAML and demonstrations, and comes back as it was", async () => {
  const turn = (content: string, i: number) => ({ role: i % 2 === 0 ? "user" : "assistant", content });
  const file = {
    constitutions: [{ critic: "Is it rude?", revision: "Please be kind." }],
    system_chat: [["Tea?", "No.", "Is it rude?", "It is.", "Please be kind.", "With pleasure."].map(turn)],
  };
  put("hf.json", file);
  const { out } = await constitution("import", "hf.json", "--to", "hf.yaml", "--demonstrations", "hf.jsonl");
  expect(out).toContain("1 text quotes its instruction");
  expect(out).toContain("1 demonstration in hf.jsonl");
  const back = await constitution(
    ...["export", "hf.yaml", "--to", "back.json", "--format", "hugging-face", "--demonstrations", "hf.jsonl"],
  );
  expect(back.out).toBe(
    "✓ back.json: 1 principle as critic and revision pairs, as on Hugging Face\n  ! not held by it, or read back otherwise: source of 1 principle; title\n",
  );
  expect(JSON.parse(get("back.json"))).toEqual(file);
});

test("traits come with their questions, and go back with them", async () => {
  const rows = [{ trait: "I am kind.", questions: ["How are you?"], additional_questions: ["And now?"] }];
  put("traits.json", rows);
  expect((await constitution("import", "traits.json", "--to", "t.yaml")).out).toContain(
    "2 prompts left out; --prompts <file> writes them",
  );
  await constitution("import", "traits.json", "--prompts", "t.jsonl");
  await constitution("export", "t.yaml", "--to", "back.jsonl", "--format", "traits", "--prompts", "t.jsonl");
  expect(JSON.parse(get("back.jsonl"))).toEqual(rows[0]);
});

test("a table of comments is filtered, and examples alone make no constitution", async () => {
  put("c.csv", 'comment-body,group_0_consensus,group_1_consensus\n"Be kind, please.",0.7,0.6\nNo.,0.9,0.1\n');
  const { out, err } = await constitution("import", "c.csv", "--consensus", "0.6");
  expect(out).toContain("text: Be kind, please.");
  expect(out).not.toContain("No.");
  expect(err).toContain("left out: 1 of 2 comments with less consensus than 0.6 in some group");
  expect((await constitution("import", "c.csv", "--consensus", "2")).code).toBe(2);

  put("shown.json", [{ prompt: "\n\nHuman: Hi\n\nAssistant:", corrects: ["Hello."], incorrects: ["Go."] }]);
  const shown = await constitution(
    "import",
    "shown.json",
    "--comparisons",
    "shown.jsonl",
    "--demonstrations",
    "none.jsonl",
  );
  expect(shown.out).toContain("! no principles in shown.json");
  expect(shown.out).toContain("no demonstrations in it: none.jsonl is not written");
  expect(JSON.parse(get("shown.jsonl"))).toMatchObject({
    chosen: [{ content: "Hello." }],
    rejected: [{ content: "Go." }],
  });
  expect(existsSync(join(folder, "none.jsonl"))).toBe(false);
  expect(await constitution("import", "shown.json", "--to", "shown.yaml")).toMatchObject({
    code: 2,
    err: expect.stringContaining("expected principles for --to, got none"),
  });
});

test.each([
  [["import", "nowhere.md"], /nowhere\.md: expected text in UTF-8, but it cannot be read/],
  [["import", "latin.md"], /latin\.md:3: expected text in UTF-8, got bytes of another encoding/],
  [["check", "latin.md"], /latin\.md:3: expected text in UTF-8, got bytes of another encoding/],
  [["import", "rules.PDF"], /rules\.PDF: expected JSON, .* or plain text, got a \.PDF file/],
  [["import", "empty.md"], /empty\.md: expected a constitution, got an empty file/],
  [["import", "rules.md", "--from", "mardown"], /markdown/],
  [
    ["import", "rules.md", "--model", "{ endpoint: here, model: x }"],
    /--model endpoint: expected an address/,
  ],
  [
    ["import", "rules.md", "--model", "{ endpoint: 'http://x/v1', modle: x }"],
    /--model modle: expected a known key, got "modle"/,
  ],
  [["import", "rules.md", "--model", "nowhere"], /nowhere/],
  [
    ["import", "rules.md", "--consensus", "0.5"],
    /rules\.md: expected a table of Pol\.is comments for --consensus/,
  ],
  [
    ["import", "none.json"],
    /none\.json: \[0\]\.trait: expected string, got number\n.*\[1\]\.trait: expected text/,
  ],
  [["import", "cut.json"], /cut\.json:2:1: expected JSON, here a comma or \], got the end/],
  [["export", "one.yaml", "--to", "./one.yaml", "--format", "paper"], /expected another file for --to/],
  [["export", "one.yaml", "--to", "one.json"], /expected --format for one\.json/],
  [["export", "one.yaml", "--to", "one.json", "--format", "polis"], /polis/],
  [
    ["export", "one.yaml", "--to", "one.json", "--format", "traits", "--prompts", "nowhere.jsonl"],
    /nowhere\.jsonl: expected a data file, got no such file/,
  ],
  [["export", "one.yaml", "--to", "nowhere/one.md"], /nowhere\/one\.md: expected a file that can be written/],
])("%j is a mistake with a message, exit code 2", async (args, message) => {
  put("rules.md", RULES);
  writeFileSync(join(folder, "latin.md"), Buffer.from("title: Tea\n\nNever be passé.\n", "latin1"));
  put("empty.md", " \n");
  put("none.json", [{ trait: 3 }, { trait: " " }]);
  put("cut.json", '[{"trait": "Kind."}\n');
  put("one.yaml", "title: One\nversion: 1.0.0\nprinciples: [{ id: kind, text: Be kind. }]");
  const { code, err } = await constitution(...args);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

test("what cannot be read is told with its place, and kept as it came beside what was written", async () => {
  put("bad.jsonl", '{"trait": "I am kind."}\n{"trait": "I am cut\n{"trait": null}\n');
  const { code, out, err } = await constitution("import", "bad.jsonl", "--to", "bad.yaml");
  expect(code, err).toBe(0);
  expect(out).toContain(
    "  ! 2 entries left out (1 bad-json, 1 unknown-shape), kept in bad.yaml.malformed.jsonl:\n    line 2: ",
  );
  expect(out).toContain("    line 3: trait: expected string, got null\n");
  const kept = get("bad.yaml.malformed.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(kept).toMatchObject([
    { line: 2, raw: '{"trait": "I am cut' },
    { line: 3, raw: { trait: null } },
  ]);
  rmSync(join(folder, "bad.yaml"));
  expect(await constitution("import", "bad.jsonl", "--to", "bad.yaml")).toMatchObject({
    code: 2,
    err: expect.stringContaining("bad.yaml.malformed.jsonl: expected no such file yet"),
  });
  const { out: json } = await constitution("import", "bad.jsonl", "--json");
  expect(JSON.parse(json)).toMatchObject({ malformed: kept, malformedFile: null });
});

test("rows that cannot be put into an export are told with their line and kept as they came", async () => {
  put("kind.yaml", "title: Kind\nversion: 1.0.0\nprinciples: [{ id: kind, text: Be kind. }]");
  const good = { prompt: "Hi", response: "Go.", critique: "Rude.", revision: "Hello." };
  put("some.jsonl", `${JSON.stringify(good)}\n{"prompt": "Hi"}\n{"pro`);
  const args = ["export", "kind.yaml", "--to", "kind.json", "--format", "hugging-face"];
  const { code, out, err } = await constitution(...args, "--demonstrations", "some.jsonl");
  expect(code, err).toBe(0);
  expect(out.replace(/\s+/g, " ")).toMatch(
    /2 of some\.jsonl that cannot be used \(1 bad-json, 1 [a-z-]+; line 2: .+\) 2 rows as they came: kind\.json\.malformed\.jsonl/,
  );
  const kept = get("kind.json.malformed.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(kept).toMatchObject([
    { file: "some.jsonl", line: 2, raw: { prompt: "Hi" } },
    { file: "some.jsonl", line: 3, reason: "bad-json", raw: '{"pro' },
  ]);
});

test("nothing that is there is written over, and nothing is written before all of it can be", async () => {
  put("two.json", [{ trait: "Kind.", questions: ["Are you?"] }]);
  put("there.jsonl", "mine");
  const there = /there\.jsonl: expected no such file yet, got one that is there/;
  for (const [args, message] of [
    [["--to", "two.yaml", "--prompts", "there.jsonl"], there],
    [
      ["--to", "two.yaml", "--prompts", "nowhere/two.jsonl"],
      /nowhere\/two\.jsonl: expected a file that can be written/,
    ],
    [["--to", "two.yaml", "--prompts", "./two.yaml"], /expected a file of its own for each option/],
  ] as const)
    expect(await constitution("import", "two.json", ...args)).toMatchObject({
      code: 2,
      err: expect.stringMatching(message),
    });
  expect(existsSync(join(folder, "two.yaml"))).toBe(false);
  put("kind.yaml", "title: Kind\nversion: 1.0.0\nprinciples: [{ id: kind, text: Be kind. }]");
  expect(
    await constitution("export", "kind.yaml", "--to", "there.jsonl", "--format", "traits"),
  ).toMatchObject({
    code: 2,
    err: expect.stringMatching(there),
  });
  expect(get("there.jsonl")).toBe("mine");

  put("mine.html", "<p>Mine.</p>");
  expect(await constitution("show", "kind.yaml", "--page", "mine.html")).toMatchObject({
    code: 2,
    err: expect.stringContaining(
      "mine.html: expected a file that can be written (one is there that is no page",
    ),
  });
  expect(get("mine.html")).toBe("<p>Mine.</p>");
  for (const _ of ["new", "again"])
    expect((await constitution("show", "kind.yaml", "--page", "kind.html")).code).toBe(0);
});

test("a model improves the split of prose; of other formats there is nothing to split", async () => {
  put("rules.md", RULES);
  const model = await modelBehind({
    answer: ({ body }) =>
      body.messages[0]!.content.includes("Sentence: Never shout.")
        ? "PRINCIPLE: The assistant never shouts."
        : "What a fine day!",
  });
  const { code, out, err } = await constitution("import", "rules.md", "--model", model);
  expect(code, err).toBe(0);
  expect(out).toContain("text: The assistant never shouts.");
  expect(out).toContain("locator: 7:1–7:12");
  expect(err).toMatch(
    /judge at http:\S+, asked about 2 sentences: 1 reworded, 0 taken up, 0 put aside, 1 answer of no use/,
  );
  put("t.json", [{ trait: "Kind." }]);
  expect(await constitution("import", "t.json", "--model", model)).toMatchObject({
    code: 2,
    err: expect.stringContaining("expected Markdown or plain text for --model, got traits"),
  });
});

test("a model reviews a constitution beside the rules, and what is no remark is counted", async () => {
  put(
    "one.yaml",
    "title: One\nversion: 1.0.0\nprinciples:\n  - id: kind\n    text: The assistant is kind to people.\n",
  );
  const model = await modelBehind({
    answer: ({ body }) =>
      body.messages[0]!.content.includes("Principle: ")
        ? "kind | “kind” is open | Say what it does."
        : "I like it.",
    fault: (n) => (n === 0 ? { kind: "status", status: 503 } : undefined),
  });
  const { code, out, err } = await constitution("check", "one.yaml", "--model", model);
  expect(code, err).toBe(0);
  expect(out).toMatch(
    /! by the model\n {2}judge at http:\S+, 2 questions; 1 line of its answers could not be used\n/,
  );
  expect(out).toContain("    one.yaml:4: kind: “kind” is open\n      → Say what it does.\n");
  const { out: json } = await constitution("check", "one.yaml", "--model", model, "--json");
  expect(JSON.parse(json).review).toMatchObject({
    ...{ asked: 2, unusable: 1 },
    remarks: [{ id: "kind", found: "“kind” is open", suggestion: "Say what it does.", line: 4 }],
  });
});
