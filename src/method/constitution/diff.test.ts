import { expect, test } from "vitest";
import { parseConstitution } from "./constitution.ts";
import { diffConstitutions } from "./diff.ts";

const yaml = `
title: Ours
version: 1.0.0
principles:
  - { id: a, text: Say why., tags: [open] }
  - { id: b, text: Be kind., weight: 2, wording: { critique: Is it kind?, revision: Kinder please., comparison: Which is kinder? } }
  - { id: c, text: Tell the truth., reasons: Lies hurt. }
changelog:
  - { version: 1.0.0, date: "2026-01-31", note: First. }
`;
const before = parseConstitution(yaml, "before.yaml");
/** The difference that replacing some of the text makes. */
const changed = (...replacements: readonly (readonly [from: string, to: string])[]) => {
  const text = replacements.reduce((all, [from, to]) => {
    expect(all).toContain(from);
    return all.replace(from, to);
  }, yaml);
  return diffConstitutions(before, parseConstitution(text, "after.yaml"));
};

test("a constitution does not differ from itself", () => {
  expect(diffConstitutions(before, before)).toEqual({ document: [], principles: [], asked: [] });
});

test("a rewording tells its words, and in what other words a model is asked", () => {
  const { principles, asked } = changed(["Say why.", "Always say why."]);
  expect(principles).toEqual([
    {
      kind: "reworded",
      id: "a",
      before: "Say why.",
      after: "Always say why.",
      words: [
        { kind: "removed", text: "Say" },
        { kind: "added", text: "Always say" },
        { kind: "same", text: " why." },
      ],
    },
  ]);
  expect(asked).toEqual([{ id: "a", uses: ["critique", "revision", "comparison"] }]);
});

test("rewording a principle that gives its own wordings changes nothing that a model is asked", () => {
  const { principles, asked } = changed(["Be kind.", "Be very kind."]);
  expect(principles.map(({ kind, id }) => [kind, id])).toEqual([["reworded", "b"]]);
  expect(asked).toEqual([]);
});

test("principles are the same by their ids: another id is one removed and one added", () => {
  const { principles } = changed(["id: c", "id: honest"]);
  expect(principles.map(({ kind, id }) => [kind, id])).toEqual([
    ["added", "honest"],
    ["removed", "c"],
  ]);
  expect(principles[1]).toMatchObject({ principle: { text: "Tell the truth." } });
});

test("weights, reasons, sources, tags, wordings and the document's own fields are told apart", () => {
  const { document, principles, asked } = changed(
    ["title: Ours", "title: Theirs"],
    ["version: 1.0.0\nprinciples", "version: 1.1.0\nprinciples"],
    ["changelog:\n", 'changelog:\n  - { version: 1.1.0, date: "2026-02-01", note: More. }\n'],
    ["tags: [open]", "tags: [open, why], source: { title: A, locator: p. 3, url: https://example.org/a }"],
    ["weight: 2", "weight: 3"],
    ["Kinder please.", "Kinder!"],
    ["Lies hurt.", "Lies spread."],
  );
  expect(document.map(({ field, after }) => [field, after])).toEqual([
    ["title", "Theirs"],
    ["version", "1.1.0"],
    ["changelog", "1.1.0 (2026-02-01): More."],
  ]);
  expect(principles.map((change) => [change.id, "field" in change ? change.field : change.kind])).toEqual([
    ["a", "source"],
    ["a", "tags"],
    ["b", "reweighted"],
    ["b", "wording.revision"],
    ["c", "reasons"],
  ]);
  expect(principles[0]).toMatchObject({ before: "", after: "A, p. 3, https://example.org/a" });
  expect(principles[2]).toMatchObject({ before: 2, after: 3 });
  expect(asked).toEqual([{ id: "b", uses: ["revision"] }]);
});

test("moving one principle is one that moved, wherever the others then stand", () => {
  const [a, b, c] = before.principles;
  const moved = { ...before, principles: [c!, a!, b!] };
  expect(diffConstitutions(before, moved).principles).toEqual([
    { kind: "reordered", id: "c", before: 3, after: 1 },
  ]);
  const fewer = { ...before, principles: [b!, c!] };
  expect(diffConstitutions(before, fewer).principles.map(({ kind }) => kind)).toEqual(["removed"]);
});
