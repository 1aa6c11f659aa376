// What a refusal looks like to a user: one message (where, what was expected, what came), the fix below it, exit code 2, no
// stack; and nothing written when it comes at once.
import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { charter, type Ended, sets } from "./tiny-run.ts";

/** A mistake, what the first lines must say of it, and what the lines below must advise. */
export type Mistake<T> = readonly [why: string, given: T, message: RegExp, fix: RegExp];

export function expectRefused({ code, stdout, stderr }: Ended, message: RegExp, fix: RegExp): void {
  expect(stderr).toMatch(/^charter: /);
  expect(stderr).toMatch(message);
  expect(stderr.split("\n").slice(1).join("\n"), "the fix").toMatch(fix);
  expect(stderr, "a stack").not.toMatch(/^\s+at /m);
  expect(stdout).not.toMatch(/^Done in/m);
  expect(code).toBe(2);
}

/** Runs a recipe with overrides: it must be refused, and before anything is written. `folder` takes what would be. */
export async function expectRefusedAtOnce(
  folder: string,
  settings: readonly string[],
  message: RegExp,
  fix: RegExp,
  recipe = "town-small",
): Promise<void> {
  const runs = mkdtempSync(join(folder, "runs-"));
  expectRefused(await charter("run", recipe, "--runs", runs, ...sets(...settings)), message, fix);
  expect(existsSync(join(runs, "town-small"))).toBe(false);
}
