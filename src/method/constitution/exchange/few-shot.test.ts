// The paper's examples, there and back: whatever a transcript can hold returns as it was.
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { anyConstitution } from "../arbitrary-constitution.ts";
import { demonstrationsOf, fits, written } from "./arbitrary-examples.ts";
import { contentOf } from "./content.ts";
import { exportConstitution, type Imported, named, readForeign } from "./exchange.ts";
import type { FormatName } from "./format-names.ts";

const read = (text: string, from: FormatName, file = "file"): Imported =>
  named(readForeign([contentOf(text, file)], { from }), file, file);

test("paper-few-shot: demonstrations that a transcript can hold, and of others how many are lost", () => {
  const some = fc.array(demonstrationsOf(written), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyConstitution, some, (constitution, demonstrations) => {
      const { text, lost } = exportConstitution(constitution, "paper-few-shot", { demonstrations });
      const { demonstrations: back } = read(text, "paper-few-shot");
      for (const one of demonstrations.filter(fits)) expect(back).toContainEqual(one);
      const missing = demonstrations.filter((one) => !back!.some((other) => isDeepStrictEqual(one, other)));
      expect(lost[1]).toBe(missing.length === 0 ? undefined : `${missing.length} of the demonstrations`);
    }),
  );
});

test("paper-comparison-few-shot: comparisons, with their reasons where they have any", () => {
  const comparison = demonstrationsOf(written).chain(({ conversation, response, revision }) =>
    fc.record({
      conversation: fc.constant(conversation),
      chosen: fc.constant(revision),
      rejected: fc.constant(response),
      probability: fc.constant(1),
      metadata: fc.oneof(
        fc.constant({}),
        fc.record({ reasoning: written, chosen_option: fc.constantFrom("A", "B") }),
      ) as fc.Arbitrary<{ reasoning?: string }>,
    }),
  );
  const some = fc.array(
    comparison.filter(({ metadata, ...one }) => fits({ ...one, ...metadata })),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(anyConstitution, some, (constitution, comparisons) => {
      const { text } = exportConstitution(constitution, "paper-comparison-few-shot", { comparisons });
      const back = read(text, "paper-comparison-few-shot").comparisons;
      // Brackets are the marks of an option where reasons are given.
      const isMarked = ({ chosen, rejected, metadata }: (typeof comparisons)[number]) =>
        metadata.reasoning !== undefined && /\[\[|\]\]/.test(`${chosen} ${rejected}`);
      for (const one of comparisons) if (!isMarked(one)) expect(back).toContainEqual(one);
    }),
    { numRuns: 40 },
  );
});
