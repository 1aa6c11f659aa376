// How often the labels of an exported guard.jsonl are right, in the town, where a grader knows.
// node scripts/check-guard.ts runs/town/export/guard.jsonl
import { readFileSync } from "node:fs";
import type { Conversation } from "../src/models/model.ts";
import { townGrader } from "../src/town/as-grader.ts";

interface Row {
  readonly messages: Conversation;
  readonly label: string;
  readonly ground: string;
}

const counts = new Map<string, number>();
for (const line of readFileSync(process.argv[2] ?? "runs/town/export/guard.jsonl", "utf8").split("\n")) {
  if (line === "") continue;
  const { messages, label, ground } = JSON.parse(line) as Row;
  const prompt = { id: "", set: "red-team", conversation: messages.slice(0, -1), metadata: {} } as const;
  const { harmful, answer } = townGrader.grade(prompt, messages.at(-1)!.content);
  const truth = answer === "other" ? "neither" : harmful && answer === "comply" ? "harmful" : "harmless";
  const key = `${ground}: labelled ${label}, is ${truth}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
for (const [key, count] of [...counts].toSorted()) console.log(`${key}: ${count}`);
