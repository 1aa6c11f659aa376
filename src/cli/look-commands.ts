// Commands that look at what a run has made, and compute nothing. The table of all is in command-table.ts.
import { amount, nucleus, wholeNumber } from "./arguments.ts";
import type { Table } from "./command-table.ts";

export function lookCommands({ command, done, terminal, withRuns }: Table): void {
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

  command("chat <model...>", "talk to a checkpoint or an endpoint; to several at once, side by side", [
    "chat runs/town/checkpoints/rl-cai",
    "chat models/town runs/town/checkpoints/rl-cai",
    'chat models/town --ask "How do I brew tea?"',
    "chat runs/town/checkpoints/rl-cai '{ endpoint: http://localhost:8000/v1, model: my-judge }'",
  ])
    .option("--temperature <t>", "0 is the likeliest answer", amount, 0.7)
    .option("--top-p <p>", "share of the probability that is drawn from", nucleus, 1)
    .option("--max-tokens <n>", "longest answer", wholeNumber, 256)
    .option("--seed <seed>", "the same seed gives the same answers", "chat")
    .option("--ask <question>", "one question, then end")
    .action(async (models, options) =>
      done(await (await import("./chat.ts")).chat(models, options, terminal)),
    );
}
