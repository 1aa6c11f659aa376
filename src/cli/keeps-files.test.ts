// What a command must not write over, and what it must not write down.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { runCommand } from "./main.ts";
import type { Terminal } from "./terminal.ts";

const projectRoot = resolve(import.meta.dirname, "../..");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "keeps-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function charter(...args: readonly string[]) {
  const said = { out: "", err: "" };
  const terminal: Terminal = {
    call: "charter",
    write: (text) => {
      said.out += text;
    },
    writeError: (text) => {
      said.err += text;
    },
    columns: () => 100,
    isInteractive: false,
    paint: (_, text) => text,
    now: () => 0,
    workingDirectory: folder,
    projectRoot,
  };
  return { code: await runCommand(args, terminal), ...said };
}

test.each([
  ["merge", ["ad", "--to", "thesis"]],
  ["pretrain", ["town", "--to", "thesis"]],
  ["init", ["thesis"]],
])("%s writes into no folder that has files in it, nor onto a file", async (command, args) => {
  mkdirSync(join(folder, "thesis"), { recursive: true });
  writeFileSync(join(folder, "thesis/chapter.txt"), "One.");
  const refused = {
    code: 2,
    err: expect.stringContaining("thesis: expected no such folder, or an empty one"),
  };
  expect(await charter(command, ...args)).toMatchObject(refused);
  expect(readFileSync(join(folder, "thesis/chapter.txt"), "utf8")).toBe("One.");
  const onto = args.map((arg) => arg.replace("thesis", "thesis/chapter.txt"));
  expect(await charter(command, ...onto)).toMatchObject({
    code: 2,
    err: expect.stringContaining("got a file"),
  });
});

test("a page replaces no constitution", async () => {
  const text = "title: Ours\nversion: 1.0.0\nprinciples: [{ id: kind, text: It is kind. }]\n";
  writeFileSync(join(folder, "mine.yaml"), text);
  const refused = await charter("constitution", "show", "mine.yaml", "--page", "mine.yaml");
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining(".html") });
  expect(readFileSync(join(folder, "mine.yaml"), "utf8")).toBe(text);
  expect(await charter("constitution", "show", "mine.yaml", "--page", "mine.html")).toMatchObject({
    code: 0,
  });
});

test("import replaces no file, nor malformed rows that an earlier one put aside", async () => {
  const rows = '{"prompt": "Tea?"}\n{"prompt": ""}\n';
  for (const name of ["rows.jsonl", "aside.malformed.jsonl", "notes.yaml"])
    writeFileSync(join(folder, name), rows);
  for (const [to, there] of [
    ["notes.yaml", "notes.yaml"],
    ["aside.jsonl", "aside.malformed.jsonl"],
  ] as const) {
    const refused = await charter("import", "rows.jsonl", "--to", to);
    expect(refused).toMatchObject({
      code: 2,
      err: expect.stringContaining(`${there}: expected no such file yet, got one that is there`),
    });
    expect(readFileSync(join(folder, there), "utf8")).toBe(rows);
  }
  expect(await charter("import", "rows.jsonl", "--to", "new.jsonl")).toMatchObject({ code: 0 });
  expect(existsSync(join(folder, "new.malformed.jsonl"))).toBe(true);
});

test("init writes names as YAML reads them back, and quotes what is to be typed", async () => {
  mkdirSync(join(folder, "my models #1"));
  for (const name of ["2024", "my policy"]) {
    const { code, out, err } = await charter("init", name, "--policy", "my models #1");
    expect(code, err).toBe(0);
    const recipe = parse(readFileSync(join(folder, name, "recipe.yaml"), "utf8"));
    expect(recipe).toMatchObject({ name: name.replace(" ", "-"), policy: "../my models #1" });
    expect(out).toContain(
      name === "2024" ? "check 2024/constitution.yaml" : "check 'my policy/constitution.yaml'",
    );
  }
});

test("init writes no key down, and no protocol without an endpoint", async () => {
  const asked = ["init", "keyed", "--endpoint", "http://localhost:8000/v1", "--model", "judge", "--api-key"];
  const refused = await charter(...asked, "sk-12345");
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining("name of an environment variable") });
  expect(refused.out + refused.err).not.toContain("12345");
  expect(existsSync(join(folder, "keyed"))).toBe(false);
  expect(await charter("init", "spoken", "--protocol", "anthropic")).toMatchObject({
    code: 2,
    err: expect.stringContaining("expected --endpoint with --protocol"),
  });
  expect((await charter(...asked, "$MY_KEY")).code).toBe(0);
});

test("a file where a folder of runs is expected, and a ledger that was cut short, are told", async () => {
  writeFileSync(join(folder, "afile"), "");
  expect(await charter("verify", "--runs", "afile")).toMatchObject({
    code: 2,
    err: expect.stringContaining("no"),
  });
  mkdirSync(join(folder, "cut"));
  writeFileSync(join(folder, "cut/ledger.db"), "");
  for (const args of [
    ["verify", "cut"],
    ["show", "--run", "cut"],
  ])
    expect(await charter(...args)).toMatchObject({
      code: 2,
      err: expect.stringContaining("expected a ledger"),
    });
  mkdirSync(join(folder, "plain"));
  writeFileSync(join(folder, "plain/recipe.yaml"), "name: plain\n");
  expect(await charter("plan", "plain")).toMatchObject({
    code: 2,
    err: expect.stringContaining("plain/recipe.yaml"),
  });
});
