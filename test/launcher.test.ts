// bin/charter.js under an older Node, which hands over to the one that `npm ci` brought: whoever ends the launcher ends the run.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyCheckpoint } from "./tiny-checkpoint.ts";
import { execute, ROOT, sets, TINY_RUN } from "./tiny-run.ts";

/** The first Node on the PATH that is older than Charter needs; undefined where there is none. */
const olderNode = (process.env["PATH"] ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "node"))
  .filter(existsSync)
  .find((node) => {
    const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout;
    return Number(/^v(\d+)/.exec(version)?.[1] ?? Number.POSITIVE_INFINITY) < 24;
  });

const folder = mkdtempSync(join(tmpdir(), "launcher-"));
beforeAll(() => writeTinyCheckpoint(join(folder, "policy"), "policy", 1024));
afterAll(() => rmSync(folder, { recursive: true }));

const named = olderNode === undefined ? " (skipped: no older Node here)" : "";

it.skipIf(olderNode === undefined || process.platform === "win32")(
  `passes SIGINT on, which \`kill -INT\` sends to the launcher alone${named}`,
  async () => {
    const args = ["run", "town-small", "--name", "stopped", "--runs", folder, "--json"];
    const settings = sets(`policy=${join(folder, "policy")}`, ...TINY_RUN);
    let isSent = false;
    const { code, stderr } = await execute(
      olderNode!,
      [join(ROOT, "bin/charter.js"), ...args, ...settings],
      (stdout, child) => {
        if (isSent || !stdout.includes('"stage-start"')) return;
        isSent = true;
        child.kill("SIGINT");
      },
    );
    expect([code, stderr]).toEqual([130, expect.stringContaining("Nothing is lost")]);
  },
  60_000,
);
