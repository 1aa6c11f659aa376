// The command table: what can be asked for, with examples; how mistakes are told; the exit code. A command is loaded when it
// is called, so that help is instant.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { FORMAT_NAMES, WRITABLE } from "../method/constitution/exchange/format-names.ts";
import { UserError } from "../user-error.ts";
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
    writeError(`Stopped. Nothing is lost; \`${call} ${args.map(quoted).join(" ")}\` goes on from here.\n`);
    return 130;
  }
  writeError(`${paint("red", "charter: internal error.")} Please report it with what follows.\n`);
  writeError(`${error instanceof Error ? withCauses(error) : String(error)}\n`);
  return 1;
}

const quoted = (arg: string): string =>
  /^[\w./=:@,-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;

function withCauses(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by: ${withCauses(error.cause)}` : own;
}

function commandTable(terminal: Terminal, done: (code: ExitCode) => void): Command {
  const program = new Command("charter")
    .description(
      "Train a language model under a written constitution: Constitutional AI, end to end, on one machine.",
    )
    .version(versionOf(terminal.projectRoot))
    .exitOverride()
    .configureOutput({ writeOut: terminal.write, writeErr: terminal.writeError })
    .showSuggestionAfterError()
    .helpCommand(false);

  const command = (
    usage: string,
    description: string,
    examples: readonly string[],
    parent = program,
  ): Command =>
    parent
      .command(usage)
      .description(description)
      .addHelpText(
        "after",
        `\nExamples:\n${examples.map((example) => `  ${terminal.call} ${example}`).join("\n")}`,
      );

  const withRuns = (of: Command): Command =>
    of.option("--runs <folder>", "folder that holds the runs", "runs");
  const withSet = (of: Command): Command =>
    of.option("--set <key=value>", "override a key of the recipe; may be repeated", collect, []);

  withSet(
    withRuns(
      command(
        "run [recipe]",
        "follow a recipe to its report; the same command goes on after an interruption",
        [
          "run",
          "run recipes/town-small.yaml --name trial",
          "run town --set rl.klCoefficient=0.1 --set 'constitution.without=[theft]' --name no-theft",
        ],
      ),
    ),
  )
    .option("--name <name>", "name of the run, and of its folder")
    .option("--json", "one event a line, for machines")
    .action(async (recipe, options) => done(await (await import("./run.ts")).run(recipe, options, terminal)));

  withSet(
    command(
      "plan [recipe]",
      "what a run will ask of the models, its time and memory; spends nothing but a short probe",
      ["plan", "plan town --set supervised.rounds=2"],
    ),
  )
    .option("--json", "as JSON, for machines")
    .action(async (recipe, options) =>
      done(await (await import("./plan.ts")).plan(recipe, options, terminal)),
    );

  command(
    "init <folder>",
    "a folder to begin with: recipe, constitution, prompts; asks what it is not told",
    [
      "init my-policy",
      "init my-policy --policy models/town",
      "init my-policy --endpoint http://localhost:8000/v1 --model my-judge --api-key '$MY_KEY'",
      "init my-policy --endpoint https://api.anthropic.com/v1 --model claude-sonnet-4-5 --api-key '$ANTHROPIC_API_KEY'",
    ],
  )
    .option("--policy <model>", "the model that is trained: a folder, or an id of the hub")
    .option("--endpoint <url>", "endpoint of the model that criticises and judges")
    .option("--model <name>", "that model's name there")
    .option("--api-key <$NAME>", "name of the environment variable that holds its key")
    .addOption(
      new Option(
        "--protocol <name>",
        "what the endpoint speaks; by its address where it is not told",
      ).choices(["openai", "anthropic"]),
    )
    .action(async (folder, options) =>
      done(await (await import("./init.ts")).init(folder, options, terminal)),
    );

  withSet(
    withRuns(
      command("doctor [recipe]", "what works on this machine and what does not, with the fix", [
        "doctor",
        "doctor my-recipe.yaml",
      ]),
    ),
  )
    .option("--json", "as JSON, for machines")
    .action(async (recipe, options) =>
      done(await (await import("./doctor.ts")).doctor(recipe, options, terminal)),
    );

  withRuns(
    command(
      "why <record>",
      "how a record, a checkpoint or a line of an export came to be, down to the principle's text, the prompt and the model",
      [
        "why 3f2a91c0",
        "why rl-cai --run town",
        "why runs/town/checkpoints/sl-cai --json",
        "why runs/town/export/sft.jsonl:12",
      ],
    ),
  )
    .option("--run <run>", "folder or name of the run (default: the one worked on last)")
    .option("--json", "as JSON, for machines")
    .action(async (id, options) => done(await (await import("./why.ts")).why(id, options, terminal)));

  withRuns(
    command("touched <principle>", "everything a principle took part in, and its case law, quoted with ids", [
      "touched do-no-harm",
      "touched do-no-harm --run town --most 5",
      "touched do-no-harm --json",
    ]),
  )
    .option("--run <run>", "folder or name of the run (default: the one worked on last)")
    .option("--most <n>", "how many cases of a sort", wholeNumber, 3)
    .option("--json", "as JSON, for machines")
    .action(async (principle, options) =>
      done((await import("./touched.ts")).touched(principle, options, terminal)),
    );

  withRuns(
    command("show [id]", "a record as it is kept; without an id, the latest ones", [
      "show 3f2a91c0",
      "show --kind revision --last 5",
      "show 3f2a91c0 --json",
    ]),
  )
    .option("--run <run>", "folder or name of the run (default: the one worked on last)")
    .option("--kind <kind>", "only records of this kind")
    .option("--last <n>", "how many, without an id", wholeNumber, 20)
    .option("--json", "as JSON, for machines")
    .action(async (id, options) => done((await import("./show.ts")).show(id, options, terminal)));

  withRuns(command("verify [run]", "recompute a run's ledger from its bytes", ["verify", "verify runs/town"]))
    .option("--json", "as JSON, for machines")
    .action(async (run, options) => done((await import("./verify.ts")).verify(run, options, terminal)));

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

  withSet(
    withRuns(
      command(
        "amend <run>",
        "another constitution or other settings on what a run has made: a preview first",
        [
          "amend runs/town --constitution my-constitution.yaml",
          "amend town --set feedback.clamp='[0.1, 0.9]' --name town-clamped --yes",
        ],
      ),
    ),
  )
    .option("--constitution <file>", "the constitution of the new run")
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
      "ask every principle about the models' answers to so many held-out prompts first",
      wholeNumber,
    )
    .option("--json", "as JSON, for machines")
    .action(async (run, options) =>
      done(await (await import("./scoreboard.ts")).scoreboard(run, options, terminal)),
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

  command("chat <checkpoint...>", "talk to a checkpoint; to several at once, one answer under the other", [
    "chat runs/town/checkpoints/rl-cai",
    "chat models/town runs/town/checkpoints/rl-cai",
    'chat models/town --ask "How do I brew tea?"',
  ])
    .option("--temperature <t>", "0 is the likeliest answer", amount, 0.7)
    .option("--top-p <p>", "share of the probability that is drawn from", nucleus, 1)
    .option("--max-tokens <n>", "longest answer", wholeNumber, 256)
    .option("--seed <seed>", "the same seed gives the same answers", "chat")
    .option("--ask <question>", "one question, then end")
    .action(async (checkpoints, options) =>
      done(await (await import("./chat.ts")).chat(checkpoints, options, terminal)),
    );

  command("merge <adapters>", "the whole checkpoint that low-rank adapters make, for tools that know none", [
    "merge runs/mine/checkpoints/rl-cai --to merged",
  ])
    .requiredOption("--to <folder>", "where the checkpoint goes")
    .action(async (folder, options) =>
      done(await (await import("./merge.ts")).merge(folder, options, terminal)),
    );

  command("import <file>", "a data file of any known shape as JSONL that a recipe, and TRL, can read", [
    "import harmless-base/train.jsonl.gz --to comparisons.jsonl",
    "import ultrafeedback.parquet --to prompts.jsonl --as prompts",
    "import annotated-pairs.json --to comparisons.jsonl --annotator 'gpt-4o'",
  ])
    .requiredOption("--to <out.jsonl>", "where the rows go; what cannot be used goes beside it")
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

  const pretrain = command("pretrain", "make a model that a recipe can start from", ["pretrain town"]);
  command(
    "town",
    "the helpful-only model of the make-believe town, from nothing",
    ["pretrain town", "pretrain town --seed other --to models/town-other"],
    pretrain,
  )
    .option("--to <folder>", "where the checkpoint goes", "runs/pretrained-town")
    .option("--seed <seed>", "names every random stream")
    .option("--tokens <n>", "tokens to train on", wholeNumber)
    .option("--json", "one event a line, for machines")
    .action(async (options) => done(await (await import("./pretrain.ts")).pretrainTown(options, terminal)));

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
    "that the file holds: where they go",
  )
    .option("--to <file>", "where it goes (default: the standard output)")
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
    .requiredOption("--to <file>", "where it goes")
    .addOption(
      new Option("--format <format>", "what the file is to be (default: Markdown for .md)").choices(WRITABLE),
    )
    .action(async (file, options) =>
      done(await (await import("./constitution-export.ts")).exportTo(file, options, terminal)),
    );

  return program;
}

/** A model named on the command line. */
const MODEL = "a model goes over it: a folder, an id of the hub, or '{ endpoint: http://…/v1, model: … }'";

function versionOf(projectRoot: string): string {
  const manifest = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
    readonly version: string;
  };
  return manifest.version;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const commaSeparated = (value: string): readonly string[] => value.split(",").map((name) => name.trim());

function wholeNumber(value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new InvalidArgumentError("Expected a whole number from 1.");
  return Number(value);
}

function amount(value: string): number {
  const number = Number(value);
  if (value.trim() === "" || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError("Expected a number from 0.");
  return number;
}

function nucleus(value: string): number {
  const mass = amount(value);
  if (mass === 0 || mass > 1) throw new InvalidArgumentError("Expected a number above 0, at most 1.");
  return mass;
}

function share(value: string): number {
  const part = amount(value);
  if (part > 1) throw new InvalidArgumentError("Expected a number from 0 to 1.");
  return part;
}
