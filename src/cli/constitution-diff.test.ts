import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diffConstitution } from "./constitution-diff.ts";
import type { Terminal } from "./terminal.ts";

test("where there are colours, words that went and came are coloured one by one and bear no marks", () => {
  const folder = mkdtempSync(join(tmpdir(), "diff-"));
  const yaml = "title: Ours\nversion: 1.0.0\nprinciples: [{ id: a, text: Be kind. }]\n";
  writeFileSync(join(folder, "before.yaml"), yaml);
  writeFileSync(join(folder, "after.yaml"), yaml.replace("kind", "as kind as you can"));
  let out = "";
  const terminal: Terminal = {
    call: "charter",
    write: (text) => {
      out += text;
    },
    writeError: () => {},
    isInteractive: true,
    columns: () => 100,
    now: () => 0,
    paint: (style, text) => `<${style}>${text}</>`,
    workingDirectory: folder,
    projectRoot: folder,
  };
  diffConstitution("before.yaml", "after.yaml", {}, terminal);
  expect(out).toContain("    Be <green>as</> kind <green>as</> <green>you</> <green>can</>.\n");
  expect(out).not.toMatch(/\{\+|\[-/);
  rmSync(folder, { recursive: true });
});
