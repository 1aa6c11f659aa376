import fc from "fast-check";
import { expect, test } from "vitest";
import { anyText } from "./arbitrary-constitution.ts";
import { principleIds, slug } from "./principle-ids.ts";

test("an id is made of the words that tell a text from others, denials included", () => {
  const texts = [
    "The AI should not say racist or sexist things.",
    "The assistant never helps anyone steal.",
    "Dites la vérité.",
    "Сначала безопасность.",
    "你好",
  ];
  expect(principleIds(texts.map((text) => ({ text })))).toEqual([
    "not-say-racist-sexist-things",
    "never-helps-steal",
    "dites-la-verite",
    expect.stringMatching(/^principle-[0-9a-f]{8}$/),
    expect.stringMatching(/^principle-[0-9a-f]{8}$/),
  ]);
});

test("a name that can be an id is kept, and of equal ones all but the first get a number that is free", () => {
  const named = ["harmful0", "Be Kind!", "kind", "kind", "kind-2"].map((name) => ({ name, text: "x" }));
  expect(principleIds(named)).toEqual(["harmful0", "be-kind", "kind", "kind-3", "kind-2"]);
  expect(slug("Ærlig")).toBe(undefined);
});

test("ids are valid, none is there twice, and they do not depend on the order of different texts", () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 8 }), (texts) => {
      const ids = principleIds(texts.map((text) => ({ text })));
      expect(new Set(ids).size).toBe(texts.length);
      for (const id of ids) expect(id).toMatch(/^[a-z0-9][a-z0-9._-]*$/);
      const alone = texts.map((text) => principleIds([{ text }])[0]!);
      if (new Set(alone).size === alone.length) expect(ids).toEqual(alone);
    }),
  );
});
