// Constitutions for property tests: any text that a person could write, and every field with and without a value.
import fc from "fast-check";
import { type Constitution, parseConstitution } from "./constitution.ts";
import { formatConstitution } from "./format-constitution.ts";

/** Text of any script, without white space around it. */
export const anyText: fc.Arbitrary<string> = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    fc.lorem({ maxCount: 3, mode: "sentences" }),
    fc.constantFrom(
      'He said: "no".',
      "a, b; c",
      "# not a heading",
      "- 1. x",
      "*a* _b_ [c](d) `e` <f> & &amp;",
      "x: y",
    ),
  )
  .map((text) => text.replaceAll("\0", "").trim())
  .filter((text) => text !== "");

const name = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,12}$/);
const version = fc.constantFrom("1.0.0", "0.3.12", "2.0.0-rc.1", "1.0.0+build.5");
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 1 });

const principle = fc.record(
  {
    id: name,
    text: anyText,
    reasons: anyText,
    source: fc.record({ title: anyText, locator: anyText, licence: anyText }, { requiredKeys: ["title"] }),
    weight: fc.constantFrom(0.5, 1, 2, 7),
    tags: fc.uniqueArray(name, { maxLength: 3 }),
    wording: fc.record({ critique: anyText, revision: anyText, comparison: anyText }, { requiredKeys: [] }),
  },
  { requiredKeys: ["id", "text"] },
);

/** Read as from a file, so that it has its defaults. */
export const anyConstitution: fc.Arbitrary<Constitution> = fc
  .record({
    title: anyText,
    version,
    principles: fc.uniqueArray(principle, { minLength: 1, maxLength: 6, selector: ({ id }) => id }),
    changelog: optional(
      fc.array(fc.record({ version, date: fc.constant("2026-01-31"), note: anyText }), { maxLength: 2 }),
    ),
  })
  .map((document) => {
    const defaults = { reasons: "", source: undefined, weight: 1, tags: [], wording: {} };
    const principles = document.principles.map((one) => ({ ...defaults, ...one }));
    const whole = { ...document, changelog: document.changelog ?? [], principles };
    return parseConstitution(formatConstitution(whole as unknown as Constitution), "any.yaml");
  });
