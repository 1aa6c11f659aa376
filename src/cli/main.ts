// The command line of a process: one command called, how mistakes are told, the exit code.
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { UserError } from "../user-error.ts";
import { commandTable } from "./command-table.ts";
import { quoted } from "./quoted.ts";
import { processTerminal, type Terminal } from "./terminal.ts";

/** Exit codes: 0 done, 1 something is broken, 2 the user can put it right, 130 interrupted. */
export type ExitCode = number;

/** Runs the command line of this process. */
export async function start(): Promise<void> {
  const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
  // Started by bin/charter.js under another Node: when that process is gone, nobody is watching any more.
  if (process.channel) {
    process.channel.unref();
    process.once("disconnect", () => process.exit(1));
  }
  process.exitCode = await runCommand(process.argv.slice(2), processTerminal(projectRoot));
}

/** Parses the arguments, calls one command, tells what went wrong. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = 0;
  const program = commandTable(terminal, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return tell(error, args, terminal);
  }
}

function tell(error: unknown, args: readonly string[], { writeError, paint, call }: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  if (error instanceof UserError) {
    const lines = error.message.split("\n").join("\n  ");
    const hints =
      error.hint === ""
        ? ""
        : `${error.hint
            .split("\n")
            .map((line) => `  ${line}`)
            .join("\n")}\n`;
    writeError(`${paint("red", "charter:")} ${lines}\n${hints}`);
    return 2;
  }
  if (error instanceof Error && error.name === "AbortError") {
    const { goingOn = args } = error as { readonly goingOn?: readonly string[] };
    writeError(`Stopped. Nothing is lost; \`${call} ${goingOn.map(quoted).join(" ")}\` goes on from here.\n`);
    return 130;
  }
  writeError(`${paint("red", "charter: internal error.")} Please report it with what follows.\n`);
  writeError(`${error instanceof Error ? withCauses(error) : String(error)}\n`);
  return 1;
}

function withCauses(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by: ${withCauses(error.cause)}` : own;
}
