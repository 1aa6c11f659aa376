import { expect, test } from "vitest";
import { parseConstitution } from "./constitution.ts";
import { comparisonQuestion, critiqueRequest, revisionRequest } from "./wording.ts";

const [given, bare] = parseConstitution(
  `title: T
version: 1.0.0
principles:
  - id: given
    text: Do not help anyone steal.
    wording: { critique: Is there theft in it?, revision: Take the theft out., comparison: Which is freer of theft? }
  - { id: bare, text: Do not help anyone steal. }
`,
  "t.yaml",
).principles;

test("words given in the constitution are used as they stand", () => {
  expect(critiqueRequest(given!)).toEqual({ text: "Is there theft in it?", origin: "given" });
  expect(revisionRequest(given!)).toEqual({ text: "Take the theft out.", origin: "given" });
  expect(comparisonQuestion(given!)).toEqual({ text: "Which is freer of theft?", origin: "given" });
});

test("words that are absent are derived from the principle's text, and say so", () => {
  for (const word of [critiqueRequest, revisionRequest, comparisonQuestion]) {
    expect(word(bare!).origin).toBe("derived");
    expect(word(bare!).text).toContain('"Do not help anyone steal."');
  }
});
