// The examples that fine-tuning and scoring are timed on: prompts of the town with the answers chosen.
import { readFileSync } from "node:fs";
import type { Conversation, Message } from "../src/models/model.ts";

interface Row {
  readonly prompt: readonly Message[];
  readonly chosen: readonly Message[];
}

/** The first so many conversations of the town's helpfulness comparisons. */
export function townConversations(count: number): readonly Conversation[] {
  const rows = readFileSync("data/town/helpfulness-comparisons.jsonl", "utf8").trim().split("\n");
  return rows.slice(0, count).map((line) => {
    const { prompt, chosen }: Row = JSON.parse(line);
    return [...prompt, ...chosen];
  });
}
