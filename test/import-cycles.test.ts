// No file of the source needs itself: what it imports at run time never leads back to it.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) =>
  /(?<!\.test)\.ts$/.test(path),
);

/** What a file loads when it is loaded: not types, nor what it asks for later. */
const loads = new Map(
  files.map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    const found = text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from "(\.[^"]+)";/gms);
    return [path, [...found].map(([, to]) => relative(root, resolve(root, dirname(path), to!)))] as const;
  }),
);

function wayBack(start: string): readonly string[] | undefined {
  const seen = new Set<string>();
  const ways = [[start]];
  for (const way of ways)
    for (const next of loads.get(way.at(-1)!) ?? []) {
      if (next === start) return [...way, next];
      if (!seen.has(next)) ways.push([...way, next]);
      seen.add(next);
    }
  return undefined;
}

test("imports never lead back to where they began", () => {
  expect(loads.get("method/datasets/dataset.ts")).toContain("method/datasets/row.ts");
  expect(files.flatMap((path) => wayBack(path)?.join(" → ") ?? [])).toEqual([]);
});
