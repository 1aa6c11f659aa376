// docs/recipes.md names every key of the schema, and no other, with its default.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { endpointSchema } from "./recipe-endpoint.ts";
import { recipeSchema } from "./recipe-schema.ts";

const REQUIRED = {
  name: "any",
  policy: "p",
  constitution: { file: "c" },
  prompts: {
    redTeam: { file: "r" },
    helpful: { file: "h" },
    evaluation: { redTeam: { file: "r" }, helpful: { file: "h" } },
  },
};
/** Told as one key, and in a table of their own. */
const BLOCKS = /ampling$|^adamW$/;
/** Told whole, in words. */
const WHOLE = ["prompts.redTeam", "prompts.helpful", "prompts.evaluation"];

type Row = readonly [keys: readonly string[], defaultValue: string];

/** The rows of every table under the page's headings. */
function rowsOf(page: string): ReadonlyMap<string, readonly Row[]> {
  const sections = page.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const rows = [...section.matchAll(/^\| (`[^|]*`) \| ([^|]*) \|/gm)].map(([, keys, value]): Row => {
        return [[...keys!.matchAll(/`([^`]+)`/g)].map(([, key]) => key!), value!.replaceAll("`", "")];
      });
      return [section.split("\n")[0]!, rows];
    }),
  );
}

/** Every key with its default, blocks not entered. */
function keysOf(value: unknown, path = ""): readonly (readonly [string, unknown])[] {
  const isBlock = BLOCKS.test(path.split(".").at(-1)!) || WHOLE.includes(path);
  if (isBlock || typeof value !== "object" || value === null || Array.isArray(value)) return [[path, value]];
  return Object.entries(value).flatMap(([key, member]) =>
    keysOf(member, path === "" ? key : `${path}.${key}`),
  );
}

const page = rowsOf(readFileSync(resolve(import.meta.dirname, "../../docs/recipes.md"), "utf8"));
const parsed = recipeSchema(z.string()).parse(REQUIRED);
// Left open until another key is known.
const all = keysOf({
  ...parsed,
  feedback: { ...parsed.feedback, clamp: undefined },
  preference: { ...parsed.preference, lora: undefined },
  evaluation: {
    ...parsed.evaluation,
    judge: { mode: undefined, samples: undefined, reasoningSampling: undefined, ...parsed.evaluation.judge },
  },
});

test("the page has every key of a recipe, and no other", () => {
  const blocks = ["An endpoint", "A sampling", "An AdamW"];
  const told = [...page].filter(([title]) => !blocks.includes(title)).flatMap(([, rows]) => rows);
  expect(told.flatMap(([keys]) => keys).toSorted()).toEqual(all.map(([key]) => key).toSorted());
  const required = [...keysOf(REQUIRED).map(([key]) => key)];
  for (const [keys, shown] of told)
    for (const key of keys) {
      if (required.includes(key)) expect([key, shown]).toEqual([key, "required"]);
      else if (/^an? /.test(shown)) expect(key).toMatch(/(Sampling|sampling|adamW)$/);
      else if (/^(by|as) /.test(shown)) expect(all.find(([own]) => own === key)![1]).toBeUndefined();
      else expect([key, JSON.parse(shown)]).toEqual([key, all.find(([own]) => own === key)![1]]);
    }
});

const REQUIRED_OF_ENDPOINT = { endpoint: "http://localhost", model: "m" };

test.each([
  ["An endpoint", endpointSchema.parse(REQUIRED_OF_ENDPOINT)],
  ["A sampling", parsed.rl.sampling],
  ["An AdamW", parsed.rl.adamW],
] as const)("%s is told with its defaults", (title, defaults) => {
  const told = page
    .get(title)!
    .map(([[key], shown]) => [
      key,
      shown === "required" ? Object(REQUIRED_OF_ENDPOINT)[key!] : JSON.parse(shown),
    ]);
  expect(Object.fromEntries(told)).toEqual(defaults);
});
