// Commands that change something and say what came of it. The table of all is in command-table.ts.
import { commaSeparated, wholeNumber } from "./arguments.ts";
import type { Table } from "./command-table.ts";

export function compareCommands({ command, done, terminal, withRuns, withSet }: Table): void {
  withSet(
    withRuns(
      command("evaluate [run]", "evaluate a run's models again, under changed settings", [
        "evaluate runs/town --set evaluation.samplesPerPrompt=4",
        "evaluate town --set prompts.evaluation.redTeam.file=data/town/evaluation-red-team.final.jsonl",
      ]),
    ),
  )
    .option("--json", "one event a line, for machines")
    .action(async (run, options) => done(await (await import("./run.ts")).evaluate(run, options, terminal)));

  withSet(
    withRuns(
      command(
        "amend <run>",
        "another constitution, other settings or more rows on what a run has made: a preview first",
        [
          "amend runs/town --constitution my-constitution.yaml",
          "amend town --set prompts.redTeam.file=longer.jsonl",
          "amend town --set feedback.clamp='[0.1, 0.9]' --name town-clamped --yes",
        ],
      ),
    ),
  )
    .option(
      "--constitution <file>",
      "the constitution of the new run (default: the run's, as its file is now)",
    )
    .option("--name <name>", "name of the new run (default: the run's, with the next free number)")
    .option("--yes", "go ahead without asking")
    .option("--json", "as JSON, for machines")
    .action(async (run, options) => done(await (await import("./amend.ts")).amend(run, options, terminal)));

  withRuns(
    command("compare <a> <b>", "what differs between two runs, and what came of it", [
      "compare town town-2",
      "compare runs/town runs/town-rlhf --transcripts 10",
    ]),
  )
    .option("--transcripts <n>", "answers that differ most, shown side by side", wholeNumber, 3)
    .option("--json", "as JSON, for machines")
    .action(async (a, b, options) =>
      done(await (await import("./compare.ts")).compare(a, b, options, terminal)),
    );

  withRuns(
    command("scoreboard [run]", "what each principle did, which of them agree, and what none speaks to", [
      "scoreboard",
      "scoreboard runs/town --prompts 40",
    ]),
  )
    .option(
      "--prompts <n>",
      "ask every principle about the models' answers to so many held-out prompts first, half of them ordinary",
      wholeNumber,
    )
    .option("--json", "as JSON, for machines")
    .action(async (run, options) =>
      done(await (await import("./scoreboard.ts")).scoreboard(run, options, terminal)),
    );

  withSet(
    withRuns(
      command("study <file>", "variants of a recipe over seeds, and one page with error bars", [
        "study rounds --plan",
        "study studies/principles.yaml --seeds 1,2,3",
        "study labels --recipe town-small --seeds 1 --name trial",
      ]),
    ),
  )
    .option("--seeds <seeds>", "in place of the study's own, with commas between", commaSeparated)
    .option("--recipe <recipe>", "in place of the study's own")
    .option("--name <name>", "name of the study, and of its folder")
    .option("--plan", "say what it takes, and write nothing")
    .option("--json", "one event a line, for machines")
    .action(async (file, options) => done(await (await import("./study.ts")).study(file, options, terminal)));
}
