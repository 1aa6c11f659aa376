// Documents as constitutions: what becomes of each kind of sentence, and that nothing is lost, on any text and on long ones.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { named } from "../exchange/exchange.ts";
import { readingOfSplit, splitProse } from "./split.ts";

const ROOT = join(import.meta.dirname, "../../../..");
const rolesOf = (document: string) => splitProse(document).parts.map(({ role, text }) => [role, text]);

const RULES = `---
author: us
---
# House rules

We sell tea. Our model speaks to everybody. Is it friendly?

## Values, in order of priority

The assistant should:

1. Be **honest** about \`tea.txt\`. People trust us, e.g. Dr. Li does.
2. Avoid harm,
   even in [jest](https://example.com/a.b).

## Manners {#manners}

> Never shout. *Because* guests leave.

- **Kind.** It thanks people &amp; smiles \\*always\\*.

  A smile costs nothing.
- For example:
  - good morning to you
- tea

\`\`\`sh
rm -rf teapot
\`\`\`

## Prices

They vary.
`;

test("sentences that ask for something are principles, what explains them reasons, headings names, the rest left out", () => {
  expect(rolesOf(RULES)).toEqual([
    ["heading", "House rules"],
    ["left-out", "We sell tea."],
    ["principle", "Our model speaks to everybody."],
    ["reason", "Is it friendly?"],
    ["heading", "Values, in order of priority"],
    ["introduction", "The assistant should:"],
    ["principle", "Be honest about tea.txt."],
    ["reason", "People trust us, e.g. Dr. Li does."],
    ["principle", "Avoid harm, even in jest."],
    ["heading", "Manners"],
    ["principle", "Never shout."],
    ["reason", "Because guests leave."],
    ["principle", "Kind. It thanks people & smiles *always*."],
    ["reason", "A smile costs nothing."],
    ["reason", "For example:"],
    ["reason", "good morning to you"],
    ["left-out", "tea"],
    ["left-out", "Prices"],
    ["left-out", "They vary."],
  ]);
});

test("a reading has the title, spans as locators, headings as tags, reasons, and ranks as weights", () => {
  const { title, principles, coverage, notes } = readingOfSplit(splitProse(RULES), RULES);
  expect(title).toBe("House rules");
  expect(principles.slice(1, 4)).toEqual([
    {
      text: "The assistant should: Be honest about tea.txt.",
      locator: "12:4–12:33",
      reasons: "People trust us, e.g. Dr. Li does.",
      weight: 2,
      tags: ["values-in-order-of-priority", "priority-1"],
    },
    {
      text: "The assistant should: Avoid harm, even in jest.",
      locator: "13:4–14:43",
      reasons: "",
      weight: 1,
      tags: ["values-in-order-of-priority", "priority-2"],
    },
    {
      text: "Never shout.",
      locator: "18:3–18:14",
      reasons: "Because guests leave.",
      weight: 1,
      tags: ["manners"],
    },
  ]);
  expect(notes).toHaveLength(1);
  expect(coverage!.leftOut.map(({ place, text }) => [place, text])).toEqual([
    ["1:1–3:3", "---\nauthor: us\n---"],
    ["6:1–6:12", "We sell tea."],
    ["25:3–25:5", "tea"],
    ["27:1–29:3", "```sh\nrm -rf teapot\n```"],
    ["31:4–31:9", "Prices"],
    ["33:1–33:10", "They vary."],
  ]);
});

test("what is said of the assistant as it belongs to what is said of it by name", () => {
  const document = "The assistant takes no part in a theft. It says so. It is sorry, too.\n\nIt rains.";
  expect(rolesOf(document)).toEqual([
    ["principle", "The assistant takes no part in a theft. It says so."],
    ["reason", "It is sorry, too."],
    ["left-out", "It rains."],
  ]);
  expectWhole(document);
});

test.each([
  "Under no circumstances may the assistant reveal keys.",
  "Under no circumstances reveal keys.",
  "If asked about drugs, decline and explain.",
  "If asked about weapons, drugs, or keys, kindly decline.",
  "When in doubt, ask.",
  "When asked, decline and explain, politely.",
  "When asked, the assistant explains.",
  "Above all, protect children.",
  "First, do no harm.",
  "Refrain from swearing.",
  "Cite sources.",
  "Check facts.",
  "Report what is wrong.",
  "Ensure answers are true.",
  "Only answer in English.",
  "It is important that the assistant says why.",
  "The assistant, when asked, explains.",
])("behind another principle it is one of its own, and no reason: %s", (sentence) => {
  expect(rolesOf(`Be kind. ${sentence}`)[1]).toEqual(["principle", sentence]);
  expectWhole(`Be kind. ${sentence}`);
});

test.each([
  "Check marks are green.",
  "If it rains, people stay home.",
  "If it rains, help comes late.",
  "When it rains, people read, help and sleep.",
  "Use of force is rare.",
  "Only then do people act.",
  "First aid is taught here.",
  "Note that it rains.",
  "Write access is rare.",
  "It is important.",
  "Instead of tea there is milk.",
])("what only describes is no principle, and told as a reason by its place alone: %s", (sentence) => {
  const document = `Be kind. ${sentence} Because it rains.`;
  expect(rolesOf(document).map(([role]) => role)).toEqual(["principle", "reason", "reason"]);
  const { coverage } = readingOfSplit(splitProse(document), document);
  expect(coverage!.assumed).toEqual([{ place: `1:10–1:${9 + sentence.length}`, text: sentence }]);
});

/** Of each principle its text, weight and tags. */
function ranksOf(document: string) {
  expectWhole(document);
  const { principles } = readingOfSplit(splitProse(document), document);
  return principles.map(({ text, weight, tags }) => `${weight} ${text} ${tags!.join()}`);
}

test.each([
  [
    "a numbered list that is taken up behind a paragraph",
    "## Priorities\n\n1. First be safe.\n\nSome text.\n\n- tea\n\n2. Then be ethical.\n3. Then be helpful.\n",
    ["3 First be safe. priorities,priority-1", "2 Then be ethical. priorities,priority-2"],
  ],
  [
    "its introduction is that of the items behind it",
    "In order of priority, it must:\n\n1. never lie\n\nSome text.\n\n2. be brief\n",
    [
      "2 In order of priority, it must: never lie priority-1",
      "1 In order of priority, it must: be brief priority-2",
    ],
  ],
  [
    "numbers that begin again are another list's",
    "## Priorities\n\n1. Be safe.\n2. Be kind.\n\nOr:\n\n1. Be brief.\n",
    [
      "2 Be safe. priorities,priority-1",
      "1 Be kind. priorities,priority-2",
      "1 Be brief. priorities,priority-1",
    ],
  ],
  [
    "bullets, where an order is announced",
    "Most important first:\n\n- Never lie to people.\n- Help people always.\n",
    ["2 Never lie to people. priority-1", "1 Help people always. priority-2"],
  ],
  [
    "no bullets below mere priorities",
    "## Priorities\n\n- Never lie to people.\n",
    ["1 Never lie to people. priorities"],
  ],
  [
    "numbered headings, what stands below them included",
    "# Values in order of importance\n\n## 1. Safety\n\nIt must not kill.\n\n### Details\n\nIt must warn.\n\n## 2. Be ethical\n",
    [
      "2 It must not kill. safety,priority-1",
      "2 It must warn. safety,details,priority-1",
      "1 Be ethical priority-2",
    ],
  ],
])("what is ranked: %s", (_, document, ranks) => {
  expect(ranksOf(document).slice(0, ranks.length)).toEqual(ranks);
});

test.each([
  ["letters that a tag cannot have", "## Ценности\n\nIt must not lie.", "", ["Ценности"]],
  ["letters that it can have otherwise", "## Größe\n\nIt must not lie.", "grosse", []],
  ["a heading without words", "# {#intro}\n\nIt must not lie.", "", ["{#intro}"]],
])("a heading is a tag or left out: %s", (_, document, tags, leftOut) => {
  expectWhole(document);
  const { title, principles, coverage } = readingOfSplit(splitProse(document), document);
  expect([title, principles[0]!.tags!.join()]).toEqual([undefined, tags]);
  expect(coverage!.leftOut.map(({ text }) => text)).toEqual(leftOut);
});

test.each([
  [
    "the words of an image",
    "It must not ![lie about money](a.png) ever.",
    ["It must not lie about money ever."],
    [],
  ],
  [
    "comments",
    "It must not <!-- ask: legal --> lie. <!-- no? -->Be kind.",
    ["It must not lie.", "Be kind."],
    ["<!-- ask: legal -->", "<!-- no? -->"],
  ],
  ["tags", "It must <b>not</b> lie.", ["It must not lie."], []],
  [
    "a table",
    "It must say so.\n| it | must |\n|---|:-:|\n| 1 | never |\n\nBe kind.",
    ["It must say so.", "Be kind."],
    ["| it | must |\n|---|:-:|\n| 1 | never |"],
  ],
  ["tasks", "- [ ] Do not lie\n- [x] Be kind to all", ["Do not lie", "Be kind to all"], []],
  [
    "footnotes",
    "Never lie[^1]. Avoid [^a-z] and x[^b].\n\n[^1]: People must be told.\n\n[^b]: https://a.b",
    ["Never lie.", "Avoid [^a-z] and x.", "People must be told."],
    ["[^b]: https://a.b"],
  ],
])("what stands in a paragraph and is no prose: %s", (_, document, texts, leftOut) => {
  expectWhole(document);
  const { principles, coverage } = readingOfSplit(splitProse(document), document);
  expect(principles.map(({ text }) => text)).toEqual(texts);
  expect(coverage!.leftOut.map(({ text }) => text)).toEqual(leftOut);
});

test.each([
  ["bullets", "• Be kind\n  to all\n• Never lie\n", ["Be kind to all", "Never lie"]],
  [
    "bullets in bullets",
    "It must:\n\n• be kind\n  ◦ never lie\n\n• be brief",
    ["It must: be kind", "never lie", "It must: be brief"],
  ],
  ["dashes", "–\tBe kind\r\n–\tNever lie", ["Be kind", "Never lie"]],
  [
    "figures in brackets",
    "It must:\n(1) be kind.\n(2) be brief.",
    ["It must: be kind.", "It must: be brief."],
  ],
  ["letters", "(a) Be kind.\n(b) Never lie.", ["Be kind.", "Never lie."]],
  ["letters and stops", "> a. Be kind\n> b. Never lie", ["Be kind", "Never lie"]],
  ["figures of sections", "2.1 Be kind\n\n2.1.1. Never lie", ["Be kind", "Never lie"]],
  ["an item behind a colon", "It must:\n• be kind", ["It must: be kind"]],
  ["a mark in a sentence", "Be kind as in\n(a) and never lie.", ["Be kind as in (a) and never lie."]],
  ["marks apart", "(a) It must run.\n\nIt rains.\n\n(b) Be brief.", ["(a) It must run."]],
  ["code", "```\n• Be kind\n• Never lie\n```\n\nBe brief.", ["Be brief."]],
])("lists of plain text: %s", (_, document, texts) => {
  expectWhole(document);
  const { principles } = readingOfSplit(splitProse(document), document);
  expect(principles.map(({ text }) => text)).toEqual(texts);
});

test.each([
  'The assistant must say "No!" and leave.',
  "It must warn (see sec. 2) of fire.",
  "It must keep to p. 5, ch. 3 and approx. 7 rules.",
  "It must warn (of fire. Of floods, too) at once.",
  "It must ask [Why? How?] first.",
])("one sentence stays whole: %s", (sentence) => {
  const document = `${sentence} Never run.`;
  expect(splitProse(document).parts.map(({ text }) => text)).toEqual([sentence, "Never run."]);
  expectWhole(document);
});

/** Every character is in one piece, and every word in one that has a meaning or is told as left out. */
function expectWhole(document: string): void {
  const split = splitProse(document);
  const { coverage, principles } = readingOfSplit(split, document);
  const { pieces, characters, covered, leftOut } = coverage!;
  expect(pieces.map(({ start, end }) => document.slice(start, end)).join("")).toBe(document);
  for (const [i, { start, end }] of pieces.entries()) {
    expect(end).toBeGreaterThan(start);
    expect(start).toBe(pieces[i - 1]?.end ?? 0);
  }
  const layout = pieces
    .filter(({ role }) => role === "layout")
    .map(({ start, end }) => document.slice(start, end));
  expect(layout.join("\n").replace(/^[\s>]*(?:\d{1,9}[.)]|\([a-z]{1,4}\)|[a-z]\.)|\[x\]/gim, "")).not.toMatch(
    /\p{L}/u,
  );
  const told = leftOut.reduce((sum, { text }) => sum + text.length, 0);
  expect(covered).toBe(characters - told);
  const sentences = split.parts.filter(({ role }) => role === "principle");
  const lines = document.split("\n");
  for (const [i, { start, end }] of sentences.entries())
    expect(sliceOf(lines, principles[i]!.locator)).toBe(document.slice(start, end));
}

/** What a locator of lines and columns names, found without offsets. */
function sliceOf(all: readonly string[], locator: string): string {
  const [fromLine, from, toLine, to] = locator.match(/\d+/g)!.map(Number) as [number, number, number, number];
  const lines = all.slice(fromLine - 1, toLine);
  const last = lines.length - 1;
  return lines.map((line, i) => line.slice(i === 0 ? from - 1 : 0, i === last ? to : undefined)).join("\n");
}

test("whatever is written, no character is lost and every locator names its sentence", () => {
  const markup = fc.constantFrom(
    ..."# |## |- |1. |2) |> |\n|\n\n|    |**|`|_|[a](b. c)|![x](y)|<b>|&amp;|\\*|---\n|```\n|  \n|\\\n|\r\n|Avoid harm. |<!-- no -->|[x] |[^1]|[^1]: |## 1. |The assistant must: |It is so. |e.g. |Why? |say 'No!' and |(see |) |• |(a) |\n(a) x|\nb. x|\n2.1 x|: |\u00ad|\u2028|你好。|\0"
      .split("|")
      .map((piece) => piece.replaceAll(";", "|")),
  );
  const document = fc.array(fc.oneof(markup, fc.lorem({ maxCount: 4 }), fc.string({ maxLength: 6 })), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(document, (pieces) => expectWhole(pieces.join(""))),
    { numRuns: 500 },
  );
});

test("this repository's own documents lose nothing", () => {
  const files = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const documents = [
    "README.md",
    ...files.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`),
  ];
  expect(documents.length).toBeGreaterThan(5);
  for (const name of documents) expectWhole(readFileSync(join(ROOT, name), "utf8"));
});

test("a document of 200 kB is split in seconds, and what was put in comes out", () => {
  const sections = Array.from(
    { length: 700 },
    (
      _,
      i,
    ) => `## Section ${i}\n\nThe town has ${i} houses. The assistant must not enter house ${i} unasked, whoever says so,
since doors are shut for a reason. It was always so in the town, and ${i} people remember it well.

- Knock ${i} times at the door, and wait for an answer.\n- Never look through window ${i}.\n`,
  );
  const document = `# Houses\n\n${sections.join("\n")}`;
  expect(document.length).toBeGreaterThan(200_000);
  const begun = performance.now();
  const { reading, format } = {
    format: "markdown" as const,
    reading: readingOfSplit(splitProse(document), document),
  };
  expect(performance.now() - begun).toBeLessThan(20_000);
  const { constitution } = named({ format, reading }, "houses.md", "houses");
  const texts = constitution!.principles.map(({ text }) => text);
  expect(texts).toContain("Never look through window 699.");
  expect(texts).toContain("Knock 17 times at the door, and wait for an answer.");
  expect(constitution!.principles.length).toBe(4 * 700);
  expectWhole(document);
}, 60_000);
