// The command table: what can be asked for, in groups, with examples. A command is loaded when it is called, so that help is
// instant.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, Help, type Option } from "commander";
import { collect } from "./arguments.ts";
import { compareCommands } from "./compare-commands.ts";
import { constitutionCommands } from "./constitution-commands.ts";
import { fileCommands } from "./file-commands.ts";
import { lookCommands } from "./look-commands.ts";
import { runCommands } from "./run-commands.ts";
import type { Terminal } from "./terminal.ts";

/** What the groups of commands are made with. */
export interface Table {
  /** A command with its examples. */
  readonly command: (
    usage: string,
    description: string,
    examples: readonly string[],
    parent?: Command,
  ) => Command;
  /** With --runs. */
  readonly withRuns: (of: Command) => Command;
  /** With --set. */
  readonly withSet: (of: Command) => Command;
  /** Told the exit code. */
  readonly done: (code: number) => void;
  readonly terminal: Terminal;
}

/** What has to be given is told; that a list begins empty is not. */
function optionDescription(option: Option): string {
  const shown = new Help().optionDescription(option).replace(" (default: [])", "");
  return option.mandatory ? `${shown} (required)` : shown;
}

export function commandTable(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command("charter")
    .description(
      "Train a language model under a written constitution: Constitutional AI, end to end, on one machine.",
    )
    .version(versionOf(terminal.projectRoot))
    .exitOverride()
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.writeError })
    .configureHelp({ optionDescription })
    .showSuggestionAfterError()
    .helpCommand(false);
  const table: Table = {
    command: (usage, description, examples, parent = program) =>
      parent
        .command(usage)
        .description(description)
        .addHelpText(
          "after",
          `\nExamples:\n${examples.map((example) => `  ${terminal.call} ${example}`).join("\n")}`,
        ),
    withRuns: (of) => of.option("--runs <folder>", "folder that holds the runs", "runs"),
    withSet: (of) =>
      of.option("--set <key=value>", "override a key of the recipe; may be repeated", collect, []),
    done,
    terminal,
  };
  for (const [heading, addTo] of GROUPS) {
    program.commandsGroup(`${heading}:`);
    addTo(table);
  }
  return program;
}

const GROUPS: readonly (readonly [heading: string, addTo: (table: Table) => void])[] = [
  ["Training", runCommands],
  ["Looking at a run", lookCommands],
  ["Changing and comparing", compareCommands],
  ["Constitutions", constitutionCommands],
  ["Files of other tools", fileCommands],
];

function versionOf(projectRoot: string): string {
  const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    readonly version: string;
  };
  return manifest.version;
}
