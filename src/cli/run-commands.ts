// Commands that train, and what comes before. The table of all is in command-table.ts.
import { Option } from "commander";
import { wholeNumber } from "./arguments.ts";
import type { Table } from "./command-table.ts";

export function runCommands({ command, done, terminal, withRuns, withSet }: Table): void {
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
}
