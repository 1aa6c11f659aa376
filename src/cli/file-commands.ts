// Commands that bring files of other tools in, and take them out. The table of all is in command-table.ts.
import { Option } from "commander";
import { commaSeparated } from "./arguments.ts";
import type { Table } from "./command-table.ts";

export function fileCommands({ command, done, terminal, withRuns }: Table): void {
  command("import <file>", "a data file of any known shape as JSONL that a recipe, and TRL, can read", [
    "import harmless-base/train.jsonl.gz --to comparisons.jsonl",
    "import ultrafeedback.parquet --to prompts.jsonl --as prompts",
    "import annotated-pairs.json --to comparisons.jsonl --annotator 'gpt-4o'",
  ])
    .requiredOption(
      "--to <out.jsonl>",
      "where the rows go, a file that is not there yet; what cannot be used goes beside it",
    )
    .addOption(
      new Option("--as <purpose>", "what the rows serve as; by their shape where it is not told").choices([
        "prompts",
        "preferences",
        "demonstrations",
      ]),
    )
    .option("--annotator <name>", "whose preferences, in annotated pairs (default: the human's)")
    .option("--json", "as JSON, for machines")
    .action(async (file, options) =>
      done(await (await import("./import.ts")).importDataset(file, options, terminal)),
    );

  withRuns(
    command("export [run]", "what a run has made, as data sets for other tools, with a card", [
      "export town",
      "export runs/town --what sft,preferences --format parquet --to town-data",
      "export town --what hh-rlhf",
    ]),
  )
    .option(
      "--what <names>",
      "of sft, preferences, prompts, annotations, guard, lineage (default: all of these) and hh-rlhf, with commas between",
      commaSeparated,
    )
    .option("--to <folder>", "where the files go (default: export/ in the run's folder)")
    .addOption(new Option("--format <format>", "of tables").choices(["jsonl", "parquet"]).default("jsonl"))
    .option("--json", "what was written as JSON, for machines")
    .action(async (run, options) =>
      done(await (await import("./export.ts")).exportData(run, options, terminal)),
    );

  command("merge <adapters>", "the whole checkpoint that low-rank adapters make, for tools that know none", [
    "merge runs/mine/checkpoints/rl-cai --to merged",
  ])
    .requiredOption("--to <folder>", "where the checkpoint goes")
    .action(async (folder, options) =>
      done(await (await import("./merge.ts")).merge(folder, options, terminal)),
    );
}
