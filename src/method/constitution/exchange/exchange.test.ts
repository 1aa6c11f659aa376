// Each format, there and back: what it can hold returns as it was, whatever is in it.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { fromMarkdown } from "mdast-util-from-markdown";
import { expect, test } from "vitest";
import { anyConstitution, anyText } from "../arbitrary-constitution.ts";
import type { Constitution } from "../constitution.ts";
import { comparisonQuestion, critiqueRequest, revisionRequest } from "../wording.ts";
import { demonstrationsOf, written } from "./arbitrary-examples.ts";
import { contentOf } from "./content.ts";
import type { Beside } from "./draft.ts";
import { exportConstitution, type Imported, named, readForeign } from "./exchange.ts";
import { FORMAT_NAMES, type FormatName } from "./format-names.ts";

/** Each reads and writes whole constitutions. */
const RUNS = { numRuns: 40 };

const read = (text: string, file = "file", from?: FormatName): Imported =>
  named(readForeign([contentOf(text, file)], from === undefined ? {} : { from }), file, file);

/** A constitution and what it carries, written in a format and read again, recognised by its content. */
function thereAndBack(constitution: Constitution, format: FormatName, beside: Beside = {}): Imported {
  const { text } = exportConstitution(constitution, format, beside);
  const back = read(text);
  expect(back.format).toBe(format);
  return back;
}

/** Entries that were left out: line or number, and what is wrong. */
const toldOf = ({ malformed }: Imported) => malformed.map(({ line, detail }) => `${line} ${detail}`);
const principlesOf = ({ constitution }: Imported) => constitution!.principles;
const pretty = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

test("hugging-face: requests and demonstrations, and any such file as it was", () => {
  fc.assert(
    fc.property(
      anyConstitution,
      fc.array(demonstrationsOf(written), { maxLength: 3 }),
      (constitution, demonstrations) => {
        const back = thereAndBack(constitution, "hugging-face", { demonstrations });
        const asked = ({ principles }: Constitution) =>
          principles.map((one) => [critiqueRequest(one).text, revisionRequest(one).text]);
        expect(asked(back.constitution!)).toEqual(asked(constitution));
        expect(back.demonstrations).toEqual(demonstrations);
        // A text comes back where it stands in one of the requests.
        for (const [i, { text, wording }] of constitution.principles.entries())
          if (wording.critique === undefined || wording.revision === undefined)
            expect(principlesOf(back)[i]!.text).toBe(text);
      },
    ),
  );
  const pair = fc.record({ critic: anyText, revision: anyText });
  fc.assert(
    fc.property(fc.array(pair, { minLength: 1 }), (constitutions) => {
      const file = { constitutions, system_chat: [] };
      const { constitution } = read(pretty(file));
      expect(JSON.parse(exportConstitution(constitution!, "hugging-face").text)).toEqual(file);
    }),
    RUNS,
  );
});

test("paper: ids and requests, in the paper's own framing", () => {
  fc.assert(
    fc.property(anyConstitution, (constitution) => {
      const back = thereAndBack(constitution, "paper");
      // An object orders keys that are numbers before others.
      const asked = ({ principles }: Constitution) =>
        Object.fromEntries(
          principles.map((one) => [one.id, [critiqueRequest(one).text, revisionRequest(one).text]]),
        );
      expect(asked(back.constitution!)).toEqual(asked(constitution));
    }),
    RUNS,
  );
  const file = {
    harmful0: {
      prompt: ["\n\nCritiqueRequest: Say what is unkind.\n\nCritique:"],
      edit_request: "\n\nRevisionRequest: Please be kind.\n\nRevision:",
    },
  };
  const imported = read(pretty(file));
  expect(principlesOf(imported)[0]).toMatchObject({
    id: "harmful0",
    source: { title: "file", locator: "harmful0" },
    wording: { critique: "Say what is unkind.", revision: "Please be kind." },
  });
  expect(JSON.parse(exportConstitution(imported.constitution!, "paper").text)).toEqual(file);
});

test("paper-comparisons: questions, in the paper's own framing", () => {
  fc.assert(
    fc.property(anyConstitution, (constitution) => {
      const back = thereAndBack(constitution, "paper-comparisons");
      const asked = ({ principles }: Constitution) => principles.map((one) => comparisonQuestion(one).text);
      expect(asked(back.constitution!)).toEqual(asked(constitution));
    }),
    RUNS,
  );
  const file = ["\nWhich response is kinder? Options:", "\nChoose the calmer response. Options:"];
  const { constitution } = read(pretty(file));
  expect(JSON.parse(exportConstitution(constitution!, "paper-comparisons").text)).toEqual(file);
});

test("both files of the paper are paired by order, and what has no counterpart is told", () => {
  const requests = (n: number) =>
    Object.fromEntries(
      Array.from({ length: n }, (_, i) => [
        `harmful${i}`,
        { prompt: [`Find ${i}.`], edit_request: `Mend ${i}.` },
      ]),
    );
  const both = readForeign(
    [contentOf(pretty(["Which is 0?"]), "rl.json"), contentOf(pretty(requests(2)), "sl.json")],
    {},
  );
  const { constitution, notes } = named(both, "both", "Paper");
  expect(constitution!.principles.map(({ id, wording, source }) => [id, wording, source!.locator])).toEqual([
    ["harmful0", { critique: "Find 0.", revision: "Mend 0.", comparison: "Which is 0?" }, "harmful0 and [0]"],
    ["harmful1", { critique: "Find 1.", revision: "Mend 1." }, "harmful1"],
  ]);
  expect(notes.at(-1)).toBe("1 of the longer file without a counterpart");
});

test("constitutional-evals: title, version, texts, comparison questions, guidelines and changelog, as JSON or YAML", () => {
  fc.assert(
    fc.property(anyConstitution, (constitution) => {
      const back = thereAndBack(constitution, "constitutional-evals");
      const held = ({ title, principles }: Constitution) => [
        title,
        principles.map((one) => [one.text, comparisonQuestion(one).text]),
      ];
      expect(held(back.constitution!)).toEqual(held(constitution));
      expect(back.constitution!.version).toBe(/^[\d.]+/.exec(constitution.version)![0]);
      expect(back.constitution!.changelog.map(({ note }) => note)).toEqual(
        constitution.changelog.map(({ note }) => note),
      );
    }),
    RUNS,
  );
  const yaml = [
    'schema_version: "1.1"\nid: kindness\ntitle: Kindness\nversion: 1.0.0\nrole: anchor\nin_basis: true',
    "criteria:\n  - Prefer the response that is kinder.",
    "guidelines:\n  - When two criteria conflict, say so.",
    "license: CC-BY-4.0\nprovenance: { method: by hand }\n",
  ].join("\n");
  const imported = read(yaml);
  expect(imported.format).toBe("constitutional-evals");
  expect(
    principlesOf(imported).map(({ text, tags, wording, source }) => [text, tags, wording, source!.licence]),
  ).toEqual([
    [
      "The assistant gives the response that is kinder.",
      [],
      { comparison: "Prefer the response that is kinder." },
      "CC-BY-4.0",
    ],
    ["When two criteria conflict, say so.", ["guideline"], {}, "CC-BY-4.0"],
  ]);
  expect(imported.notes.at(-1)).toMatch(/: role, in_basis, provenance$/);
  const again = JSON.parse(exportConstitution(imported.constitution!, "constitutional-evals").text);
  expect(again).toMatchObject({
    criteria: ["Prefer the response that is kinder."],
    guidelines: ["When two criteria conflict, say so."],
    license: "CC-BY-4.0",
  });
});

test("traits: texts and the questions of each, as JSON Lines or a list", () => {
  const lists = fc.array(fc.tuple(fc.constantFrom("questions", "additional_questions"), fc.lorem()), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(anyConstitution, lists, (constitution, asked) => {
      const order = asked.toSorted(([a], [b]) => (a < b ? 1 : a > b ? -1 : 0)); // as the file has them
      const questions = constitution.principles.flatMap(({ id }) =>
        order.map(([list, prompt]) => ({ prompt, principle: id, list })),
      );
      const back = thereAndBack(constitution, "traits", { questions });
      expect(principlesOf(back).map(({ text }) => text)).toEqual(
        constitution.principles.map(({ text }) => text),
      );
      const ids = new Map(principlesOf(back).map(({ id }, i) => [id, constitution.principles[i]!.id]));
      expect(back.questions.map((one) => ({ ...one, principle: ids.get(one.principle) }))).toEqual(questions);
    }),
    RUNS,
  );
  const list = '[{"trait": "I am kind.", "questions": ["Are you?", " "]}, {"trait": "", "questions": []}]';
  const imported = read(list);
  expect(imported.questions).toEqual([{ prompt: "Are you?", principle: "am-kind", list: "questions" }]);
  expect(toldOf(imported)).toEqual([
    "2 [1].trait: expected text that is not empty",
    "1 [0].questions[1]: expected text that is not empty",
  ]);
});

test("polis: a comment is kept where every group agrees that far, whatever stands in it", () => {
  const comment = fc.record({
    body: anyText,
    groups: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    moderated: fc.constantFrom("-1", "0", "1"),
    isRagged: fc.boolean(),
  });
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  fc.assert(
    fc.property(
      fc.array(comment, { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (comments, consensus) => {
        const rows = comments.map(({ body, groups, moderated, isRagged }, i) =>
          [i, 9, 1, 0, moderated, quoted(body), ...groups].slice(isRagged ? 1 : 0).join(","),
        );
        const head =
          "comment-id,agrees,disagrees,passes,moderated,comment-body,group_0_consensus,group_1_consensus";
        const { reading } = readForeign([contentOf([head, ...rows, ""].join("\n"), "c.csv")], { consensus });
        const kept = comments.filter(
          ({ groups, moderated, isRagged }) =>
            !isRagged && moderated !== "-1" && Math.min(...groups) >= consensus,
        );
        expect(reading.principles.map(({ text }) => text)).toEqual(kept.map(({ body }) => body));
        const left = reading.notes.reduce(
          (sum, note) => sum + Number(/left out: (\d+)/.exec(note)?.[1] ?? 0),
          0,
        );
        expect(left + reading.malformed!.length).toBe(comments.length - kept.length);
        expect(reading.malformed).toHaveLength(comments.filter(({ isRagged }) => isRagged).length);
      },
    ),
  );
});

test("markdown: another reader finds every text and reason, whatever characters are in it", () => {
  fc.assert(
    fc.property(anyConstitution, (constitution) => {
      const { text } = exportConstitution(constitution, "markdown");
      const list = fromMarkdown(text).children.find(({ type }) => type === "list");
      const items = list?.type === "list" ? list.children : [];
      const said = items.map(({ children }) =>
        children.flatMap((child) =>
          child.type === "paragraph"
            ? [child.children.map((one) => ("value" in one ? one.value : `<${one.type}>`)).join("")]
            : [],
        ),
      );
      const flat = (words: string) => words.replace(/\s+/g, " ");
      expect(said).toEqual(
        constitution.principles.map(({ text: own, reasons }) => [
          flat(own),
          ...(reasons === "" ? [] : [flat(reasons)]),
        ]),
      );
    }),
    RUNS,
  );
});

test("what a file holds beside what is read is told", () => {
  const unread = (value: unknown) => read(pretty(value)).notes.at(-1);
  const there = "left out, as there is no place for it here:";
  expect(unread({ constitutions: [{ critic: "a", revision: "b", note: "c" }], system_chat: [] })).toBe(
    `${there} constitutions.note`,
  );
  expect(unread([{ trait: "I am kind.", clarification: "Always." }])).toBe(`${there} clarification`);
  expect(read("comment-id,author-id,comment-body\n0,9,Be kind.").notes).toEqual([`${there} author-id`]);
});

test("docs/constitutions.md has a row for every format, and no other", () => {
  const page = readFileSync(new URL("../../../../docs/constitutions.md", import.meta.url), "utf8");
  const section = page.split(/^## /m).find((part) => part.startsWith("From other programs"))!;
  const rows = Array.from(section.matchAll(/^\| `([^`]+)`/gm), ([, name]) => name);
  expect(rows.toSorted()).toEqual([...FORMAT_NAMES].toSorted());
});
