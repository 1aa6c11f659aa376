// charter chat <checkpoint...>: talk to a checkpoint; with two or more, each answers the same question, one under the other,
// and each goes on from its own answers.
import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { createInterface } from "node:readline/promises";
import { openHost } from "../models/local.ts";
import type { Conversation, Sampling, TrainableModel } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { folderOf } from "./hub-progress.ts";
import type { Terminal } from "./terminal.ts";

export interface ChatOptions {
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  readonly seed: string;
  /** One question, answered without asking for more. */
  readonly ask?: string;
}

interface Speaker {
  readonly name: string;
  readonly model: TrainableModel;
  conversation: Conversation;
}

export async function chat(
  checkpoints: readonly string[],
  options: ChatOptions,
  terminal: Terminal,
): Promise<number> {
  const { temperature, topP, maxTokens } = options;
  const sampling: Sampling = { temperature, topP, maxTokens, stop: [] };
  const host = await openHost({});
  try {
    const speakers: Speaker[] = [];
    for (const given of checkpoints) {
      const path = resolve(terminal.workingDirectory, given);
      const model = await host.open(existsSync(path) ? path : await folderOf(given, path, terminal));
      if (model.head !== "vocabulary") {
        throw new UserError(
          "not-a-speaker",
          `${given}: expected a model that answers, got one that scores (a preference model)`,
          "Name another checkpoint, such as checkpoints/rl-cai of the same run.",
        );
      }
      speakers.push({ name: basename(given), model, conversation: [] });
    }
    let turn = 0;
    for await (const line of questions(options.ask, terminal)) {
      turn += 1;
      for (const speaker of speakers)
        await answer(speaker, line, sampling, `${options.seed}/${turn}`, terminal);
    }
    return 0;
  } finally {
    await host.close();
  }
}

async function answer(
  speaker: Speaker,
  line: string,
  sampling: Sampling,
  seed: string,
  { write, paint }: Terminal,
) {
  let conversation: Conversation = [...speaker.conversation, { role: "user", content: line }];
  let [sample] = await speaker.model.sample([{ conversation, seed }], sampling);
  const note = (text: string) => write(`${paint("dim", `(${speaker.name} ${text})`)}\n`);
  while (sample!.tokens.length === 0 && conversation.length > 1) {
    conversation = conversation.slice(2); // the oldest exchange
    [sample] = await speaker.model.sample([{ conversation, seed }], sampling);
    note(`forgets the oldest exchange: it reads ${speaker.model.contextLength} tokens`);
  }
  if (sample!.tokens.length === 0) {
    note(`cannot answer: the question alone fills the ${speaker.model.contextLength} tokens it reads`);
    return;
  }
  write(`${paint("bold", speaker.name)}  ${sample!.text.trim()}${sample!.finish === "length" ? " …" : ""}\n`);
  speaker.conversation = [...conversation, { role: "assistant", content: sample!.text }];
}

/** Lines typed, or the one that was given; an empty line is passed over, end of input ends. */
async function* questions(
  ask: string | undefined,
  { paint, isInteractive }: Terminal,
): AsyncGenerator<string> {
  if (ask !== undefined) {
    yield ask;
    return;
  }
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    prompt: paint("cyan", "you  "),
    terminal: isInteractive,
  });
  if (isInteractive) lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== "") yield line.trim();
    if (isInteractive) lines.prompt();
  }
}
