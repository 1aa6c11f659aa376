#!/usr/bin/env node
// The door to Charter for whatever Node is at hand: Charter is TypeScript run as it stands, which needs Node 24. An older Node
// hands over to the one that `npm ci` put in node_modules. Plain JavaScript that Node 18 understands.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const NEEDED = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, "src", "cli", "main.ts");
const pinned = [
  join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node"),
  join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node"),
].find(existsSync);

if (Number(process.versions.node.split(".")[0]) >= NEEDED) {
  const { enableCompileCache } = await import("node:module");
  enableCompileCache(); // Types are stripped once, not at every start.
  const { start } = await import(pathToFileURL(main).href);
  await start();
} else if (pinned === undefined) {
  console.error(`charter: expected Node ${NEEDED} or newer, got ${process.versions.node}`);
  console.error("  Run `npm ci` in the project: it brings its own Node.");
  process.exitCode = 2;
} else {
  handOver(pinned);
}

/** Runs the same command under another Node, and ends as it ends. */
function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    // The channel tells the child when this process is killed, so that it does not go on unseen.
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  // The child decides what they mean. Ctrl-C reaches both, `kill` this process alone: the child takes what comes twice at once
  // for one. On Windows Ctrl-C reaches both, and a signal that is passed on would end the child on the spot.
  process.on("SIGINT", () => process.platform === "win32" || child.kill("SIGINT"));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    console.error(`charter: ${node} cannot be started (${error.message})`);
    console.error("  Run `npm ci` again.");
    process.exitCode = 2;
  });
  child.on("exit", (code, signal) => {
    if (signal === null) process.exitCode = code ?? 1;
    else process.exitCode = signal === "SIGINT" ? 130 : 1;
  });
}
