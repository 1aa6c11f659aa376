// Commands about constitutions alone. The table of all is in command-table.ts.
import { type Command, Option } from "commander";
import { FORMAT_NAMES, WRITABLE } from "../method/constitution/exchange/format-names.ts";
import { commaSeparated, share } from "./arguments.ts";
import type { Table } from "./command-table.ts";

export function constitutionCommands({ command, done, terminal }: Table): void {
  const constitution = command("constitution", "look at a constitution, bring one in, take one out", [
    "constitution check constitutions/town.yaml",
    "constitution import house-rules.md --to house-rules.yaml",
    "constitution diff before.yaml after.yaml",
  ]);
  const withWithout = (of: Command): Command =>
    of.option("--without <ids>", "ids or tags to leave out, with commas between", commaSeparated);
  withWithout(
    command(
      "check <file>",
      "whether it can be used, and what might be better about it",
      ["constitution check constitutions/general.yaml", "constitution check mine.yaml --strict"],
      constitution,
    ),
  )
    .option("--strict", "exit code 1 if there are remarks")
    .option("--model <model>", MODEL)
    .option("--json", "as JSON, for machines")
    .action(async (file, options) =>
      done(await (await import("./constitution-check.ts")).checkConstitution(file, options, terminal)),
    );
  withWithout(
    command(
      "show <file>",
      "every principle, and what a model is asked in its name",
      [
        "constitution show constitutions/town.yaml --without theft",
        "constitution show constitutions/children.yaml --page children.html",
      ],
      constitution,
    ),
  )
    .option("--page <file>", "write one HTML page instead")
    .action(async (file, options) =>
      done((await import("./constitution-show.ts")).showConstitution(file, options, terminal)),
    );
  command(
    "diff <before> <after>",
    "what changed, principle by principle",
    ["constitution diff before.yaml after.yaml", "constitution diff before.yaml after.yaml --json"],
    constitution,
  )
    .option("--json", "as JSON, for machines")
    .action(async (before, after, options) =>
      done((await import("./constitution-diff.ts")).diffConstitution(before, after, options, terminal)),
    );
  const withBeside = (of: Command, does: string): Command =>
    of
      .option("--demonstrations <file>", `JSONL of critiques and revisions ${does}`)
      .option("--comparisons <file>", `JSONL of labelled comparisons ${does}`)
      .option("--prompts <file>", `JSONL of the questions of traits ${does}`)
      .option("--json", "as JSON, for machines");
  withBeside(
    command(
      "import <file...>",
      "a constitution of another format, or a document in prose, as one of Charter's",
      [
        "constitution import house-rules.md --to house-rules.yaml",
        "constitution import comments.csv --consensus 0.6 --to public.yaml",
        "constitution import CritiqueRevisionInstructions.json RLMadisonInstructions.json --to paper.yaml",
      ],
      constitution,
    ),
    "that the file holds: where they go, a new file",
  )
    .option("--to <file>", "where it goes, a new file (default: the standard output)")
    .addOption(
      new Option("--from <format>", "what the file is (default: by what it holds)").choices(FORMAT_NAMES),
    )
    .option("--title <title>", "the constitution's title")
    .option("--consensus <share>", "least consensus of every group, from 0 to 1 (polis)", share)
    .option("--model <model>", MODEL)
    .action(async (files, options) =>
      done(await (await import("./constitution-import.ts")).importInto(files, options, terminal)),
    );
  withBeside(
    withWithout(
      command(
        "export <file>",
        "a constitution in another format, and what that cannot hold",
        [
          "constitution export mine.yaml --to mine.md",
          "constitution export mine.yaml --to mine.json --format hugging-face",
        ],
        constitution,
      ),
    ),
    "to be put in",
  )
    .requiredOption("--to <file>", "where it goes, a new file")
    .addOption(
      new Option("--format <format>", "what the file is to be (default: Markdown for .md)").choices(WRITABLE),
    )
    .action(async (file, options) =>
      done(await (await import("./constitution-export.ts")).exportTo(file, options, terminal)),
    );
}

/** A model named on the command line. */
const MODEL = "a model goes over it: a folder, an id of the hub, or '{ endpoint: http://…/v1, model: … }'";
