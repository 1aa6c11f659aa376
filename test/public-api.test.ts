// What other programs import: that it is there, and that importing it starts nothing.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { createScriptedModel, drawPrinciple, parseConstitution, softLabel, UserError } from "../src/index.ts";
import { execute, ROOT } from "./tiny-run.ts";

test("package.json points at the public API", () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: object };
  expect(manifest.exports).toEqual({ ".": "./src/index.ts" });
});

test("importing it prints nothing, starts no worker, loads no native library and lets the process end", async () => {
  const script = `
    const api = await import(${JSON.stringify(pathToFileURL(join(ROOT, "src/index.ts")).href)});
    const loaded = process.report.getReport().sharedObjects.filter((path) => /onnxruntime/.test(path));
    const active = process.getActiveResourcesInfo().filter((name) => /Worker|MessagePort|Timeout|TCP/.test(name));
    console.log(JSON.stringify({ names: Object.keys(api).length, loaded, active }));`;
  const { code, stdout, stderr } = await execute(process.execPath, ["--input-type=module", "--eval", script]);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ names: expect.any(Number), loaded: [], active: [] });
  expect(code).toBe(0);
});

test("a step of the method can be had by itself", async () => {
  const text = "title: Ours\nversion: 1.0.0\nprinciples: [{ id: kind, text: Be kind. }]";
  expect(drawPrinciple(parseConstitution(text, "ours.yaml"), "any").id).toBe("kind");
  expect(() => parseConstitution("title: Ours", "ours.yaml")).toThrow(UserError);
  const model = createScriptedModel({ score: () => [Math.log(0.75), Math.log(0.25)] });
  const [score] = await model.score([{ conversation: [], continuations: ["(A)", "(B)"] }]);
  const [logProbA, logProbB] = score!;
  const use = { principle: "kind", constitutionVersion: "1.0.0", wording: "Which is kinder?" };
  const reading = {
    use,
    order: "ab",
    reasoning: null,
    oddity: "none",
    logProbA: logProbA!,
    logProbB: logProbB!,
  } as const;
  const comparison = { id: "c", prompt: "p", a: "a", b: "b", textA: "Yes.", textB: "No." };
  const swapped = {
    ...reading,
    order: "ba",
    logProbA: reading.logProbB,
    logProbB: reading.logProbA,
  } as const;
  const label = softLabel(comparison, [reading, swapped], { labels: "soft", clamp: null });
  expect(label.probability).toBeCloseTo(0.75);
});
