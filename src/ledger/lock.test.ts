import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lockDirectory } from "./lock.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lock-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const script = (then: string) => `
  import { lockDirectory } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};
  try { lockDirectory(${JSON.stringify(directory)}); console.log("taken"); } catch (error) { console.log(error.code, error.message); }
  ${then}`;
const run = ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e"];

it("refuses a second process and names the first", () => {
  const lock = lockDirectory(directory);
  const second = spawnSync(process.execPath, [...run, script("")], { encoding: "utf8" });
  lock.release();
  expect(second.stdout).toContain(
    `run-locked ${directory}: another process (${process.pid}) is working on this run`,
  );
});

it("refuses a second lock in the same process, and gives it after release", () => {
  const lock = lockDirectory(directory);
  expect(() => lockDirectory(directory)).toThrow("another process");
  lock.release();
  lockDirectory(directory).release();
});

it("ends with its process, even one that is killed", async () => {
  const holder = spawn(process.execPath, [...run, script("setInterval(() => {}, 1000);")]);
  const [output] = await once(holder.stdout, "data");
  expect(String(output)).toContain("taken");
  expect(() => lockDirectory(directory)).toThrow("another process");
  holder.kill("SIGKILL");
  await once(holder, "exit");
  lockDirectory(directory).release();
});
