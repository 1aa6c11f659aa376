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
  expect(layout.join("\n").replace(/^\s*>*\s*\d{1,9}[.)]/gm, "")).not.toMatch(/\p{L}/u);
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
    ..."# |## |- |1. |2) |> |\n|\n\n|    |**|`|_|[a](b. c)|![x](y)|<b>|&amp;|\\*|---\n|```\n|  \n|\\\n|\r\n|Avoid harm. |The assistant must: |It is so. |e.g. |Why? |\u00ad|\u2028|你好。|\0".split(
      "|",
    ),
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
