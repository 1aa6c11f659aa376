// charter chat <model...>: talk to a checkpoint or an endpoint; with two or more, each answers the same question, one under the
// other, and each goes on from its own answers.
import { basename } from "node:path";
import { createInterface } from "node:readline/promises";
import type { Conversation, Sample, Sampling } from "../models/model.ts";
import type { OpenModel } from "../pipeline/named-model.ts";
import { openGiven } from "./given-model.ts";
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
  readonly model: OpenModel;
  conversation: Conversation;
}

export async function chat(
  models: readonly string[],
  options: ChatOptions,
  terminal: Terminal,
): Promise<number> {
  const { temperature, topP, maxTokens } = options;
  const sampling: Sampling = { temperature, topP, maxTokens, stop: [] };
  const speakers: Speaker[] = [];
  try {
    const lastParts = models.map((given) => basename(given));
    for (const [i, given] of models.entries()) {
      const { name, model } = await openGiven(given, "chat", terminal);
      const isAlone = lastParts.filter((part) => part === lastParts[i]).length === 1;
      speakers.push({ name: name === given && isAlone ? lastParts[i]! : name, model, conversation: [] });
    }
    let turn = 0;
    for await (const line of questions(options.ask, terminal)) {
      turn += 1;
      for (const speaker of speakers)
        await answer(speaker, line, sampling, `${options.seed}/${turn}`, terminal);
    }
    return 0;
  } finally {
    for (const { model } of speakers) await model.close();
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
  const { contextLength } = speaker.model;
  const reach = contextLength === undefined ? "what it reads" : `the ${contextLength} tokens it reads`;
  const note = (text: string) => write(`${paint("dim", `(${speaker.name} ${text})`)}\n`);
  while (isTooLong(sample!) && conversation.length > 1) {
    conversation = conversation.slice(2); // the oldest exchange
    [sample] = await speaker.model.sample([{ conversation, seed }], sampling);
    note(`forgets the oldest exchange: the conversation is longer than ${reach}`);
  }
  if (isTooLong(sample!)) {
    note(`cannot answer: the question alone is longer than ${reach}`);
    return;
  }
  write(`${paint("bold", speaker.name)}  ${sample!.text.trim()}${sample!.finish === "length" ? " …" : ""}\n`);
  speaker.conversation = [...conversation, { role: "assistant", content: sample!.text }];
}

/** Whether no room was left for a single token of an answer. */
const isTooLong = ({ text, finish }: Sample): boolean => text === "" && finish === "length";

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
