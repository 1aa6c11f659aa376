import fc from "fast-check";
import { expect, test } from "vitest";
import { anyConstitution } from "./arbitrary-constitution.ts";
import { parseConstitution } from "./constitution.ts";
import { formatConstitution } from "./format-constitution.ts";

test("what is written reads back as the same constitution", () => {
  fc.assert(
    fc.property(anyConstitution, (constitution) => {
      expect(parseConstitution(formatConstitution(constitution), "c.yaml")).toEqual(constitution);
    }),
  );
});
