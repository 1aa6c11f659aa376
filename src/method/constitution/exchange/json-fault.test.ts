// Where a text stops being JSON, held against JSON.parse, which knows whether it is any.
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFault } from "./json-fault.ts";

test.each([
  ['{"a": [1,\n  2,\n]}', "3:1 a value, not ]"],
  ['{"a": 1,}', '1:9 a key in "…", not }'],
  ['[{"a": 1}\n {"a": 2}]', "2:2 a comma or ], not {"],
  ["{'a': 1}", `1:2 a key in "…" or }, not 'a'`],
  ['{"a" 1}', "1:6 :, not 1"],
  ['["a\nb"]', '1:2 a value or ], not "a'],
  ["[tru]", "1:2 a value or ], not tru"],
  ['{"a": {"b": []', "1:15 a comma or }, not the end"],
  ["[] []", "1:4 the end, not ["],
  ["[]\u00a0", "1:3 the end, not \u00a0"],
  ["// why\n{}", "1:1 a value, not /"],
])("%j", (text, told) => {
  const { line, column, expected, got } = jsonFault(text)!;
  expect(`${line}:${column} ${expected}, not ${got.replace(/^"(.*)"$/s, "$1")}`).toBe(told);
});

test("a text has a fault where JSON.parse refuses it, and nowhere else", () => {
  const mutated = fc.tuple(
    fc.json(),
    fc.nat(),
    fc.constantFrom("", ",", '"', "]", "{", "\\", "\n", "0", "x"),
  );
  fc.assert(
    fc.property(mutated, ([json, place, put]) => {
      const at = place % (json.length + 1);
      const text = json.slice(0, at) + put + json.slice(at + 1);
      const isJson = (() => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      })();
      expect(jsonFault(text) === undefined).toBe(isJson);
    }),
    { numRuns: 500 },
  );
});
