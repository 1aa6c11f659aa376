// Imports point down the layers, never up; one file touches each outside thing; no barrels.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../src");

/** What each folder of src may import, besides itself and the leaf user-error.ts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  engine: [],
  ledger: [],
  lm: ["engine"],
  models: ["lm", "engine"],
  method: ["models", "engine"],
  // Stands beside the method: plain records, graded by rules, and a model pretrained on them. Its documents use the
  // method's own wording of a conversation, so that the two cannot drift apart.
  town: ["method", "models", "lm", "engine"],
  pipeline: ["town", "method", "models", "lm", "engine", "ledger"],
  cli: ["pipeline", "town", "method", "models", "lm", "engine", "ledger"],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));

function importsOf(path: string): readonly Import[] {
  const text = readFileSync(join(root, path), "utf8");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1]!);
  return specifiers.map((specifier) => ({
    from: path,
    to: specifier.startsWith(".") ? relative(root, resolve(root, dirname(path), specifier)) : specifier,
  }));
}

const imports = files.flatMap(importsOf);
const product = imports.filter(({ from }) => !from.includes(".test."));
const folderOf = (path: string) => (path.includes("/") ? path.split("/")[0]! : "");

test("imports point down the layers", () => {
  const upward = imports.filter(({ from, to }) => {
    const [here, there] = [folderOf(from), folderOf(to)];
    // The ports are types alone: whoever implements one names it, and loads nothing.
    if (to === "models/model.ts") return false;
    if (!to.endsWith(".ts") || here === "" || there === "" || here === there || to.startsWith(".."))
      return false;
    return !MAY_IMPORT[here]?.includes(there);
  });
  expect(upward).toEqual([]);
});

test("steps of the method meet in records and in the pipeline, not in each other", () => {
  const steps = ["critique", "supervised", "feedback", "preference", "rl"];
  // The shape of a conversation's turns is shared by all steps; it lives with the first of them.
  const shared = "method/critique/respond.ts";
  const stepOf = (path: string) => path.match(/^method\/([^/]+)\//)?.[1] ?? "";
  const across = product.filter(({ from, to }) => {
    const [here, there] = [stepOf(from), stepOf(to)];
    return steps.includes(here) && steps.includes(there) && here !== there && to !== shared;
  });
  expect(across).toEqual([]);
});

test.each([
  ["onnxruntime-node", ["engine"]],
  ["node:sqlite", ["ledger"]],
  ["commander", ["cli"]],
  ["node:worker_threads", ["models"]],
])("only one place touches %s", (specifier, folders) => {
  const users = product.filter(({ to }) => to === specifier).map(({ from }) => folderOf(from));
  expect([...new Set(users)]).toEqual(folders);
});

test("nothing below the command line asks for chance or the time of day", () => {
  const unseeded = files.filter((path) => {
    if (path.startsWith("cli/") || path.includes(".test.")) return false;
    return /Math\.random\(|Date\.now\(|performance\.now\(/.test(readFileSync(join(root, path), "utf8"));
  });
  expect(unseeded).toEqual([]);
});

test("there are no barrels but the public one", () => {
  expect(files.filter((path) => /(^|\/)index\.ts$/.test(path) && path !== "index.ts")).toEqual([]);
});
