// Demonstrations for property tests: what people and models write, and whether a transcript can hold it.
import fc from "fast-check";
import type { Demonstration } from "../../critique/few-shot.ts";
import { anyText } from "../arbitrary-constitution.ts";

/** What people and models write: marks, line breaks, brackets, words that are marks elsewhere. */
export const written = fc
  .array(
    fc.oneof(
      anyText,
      fc.constantFrom(
        "\n",
        "\n\n",
        "- a\n- b",
        "Human:",
        "Assistant: hm",
        "[[[x]]]",
        "(A)",
        "{}",
        "Critique:",
        '"',
      ),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((pieces) => pieces.join(" ").trim().toWellFormed())
  .filter((text) => text !== "");

export const demonstrationsOf = (said: fc.Arbitrary<string>): fc.Arbitrary<Demonstration> =>
  fc
    .record({
      conversation: fc
        .tuple(fc.option(said), said, fc.array(fc.tuple(said, said), { maxLength: 2 }))
        .map(([system, first, turns]) => [
          ...(system === null ? [] : [{ role: "system", content: system } as const]),
          { role: "user", content: first } as const,
          ...turns.flatMap(([answer, question]) => [
            { role: "assistant", content: answer } as const,
            { role: "user", content: question } as const,
          ]),
        ]),
      response: said,
      critiqueRequest: said,
      critique: said,
      revisionRequest: said,
      revision: said,
    })
    .map((shown) => ({ ...shown })); // with a prototype, as others have

/** Whether a transcript can hold it: no system turn, and no line in it that begins a turn or a part. */
export const fits = ({
  conversation,
  ...parts
}: {
  readonly conversation: Demonstration["conversation"];
}): boolean =>
  conversation.every(({ role }) => role !== "system") &&
  [...conversation.map(({ content }) => content), ...Object.values(parts).map(String)].every(
    (text) => !/\n\n(?:Human|Assistant|H|A|Critique|Revision)/.test(text),
  );
