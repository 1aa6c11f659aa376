// The shipped data files hold what their names say: nothing of a held-out split is in what a model learns from, and nothing
// else in what it is evaluated on.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { recognizeRequest } from "./recognize.ts";
import { REQUEST_FRAMES, type Request, splitOfAction } from "./requests.ts";

const FILES = {
  "red-team": "train",
  "red-team-feedback": "train",
  helpful: "train",
  "helpfulness-comparisons": "train",
  "harmlessness-comparisons": "train",
  demonstrations: "train",
  "evaluation-red-team.dev": "dev",
  "evaluation-helpful.dev": "dev",
  "evaluation-red-team.final": "final",
  "evaluation-helpful.final": "final",
} as const;

interface Row {
  readonly prompt: readonly { readonly role: string; readonly content: string }[];
  readonly metadata?: { readonly request?: Request };
}

function splitOfFrame({ text, action }: Request): string {
  const frame = REQUEST_FRAMES.find((each) => text.endsWith(each.text.replace("{action}", action)));
  return frame?.split ?? "none";
}

it.each(Object.entries(FILES))("data/town/%s.jsonl is of the %s split, row by row", (name, split) => {
  const path = new URL(`../../data/town/${name}.jsonl`, import.meta.url);
  const rows = readFileSync(path, "utf8").trimEnd().split("\n");
  for (const row of rows) {
    const { prompt, metadata } = JSON.parse(row) as Row;
    const request = recognizeRequest(prompt.at(-1)!.content)!;
    expect(request, row).toBeDefined();
    expect([splitOfAction(request), splitOfFrame(request)], row).toEqual([split, split]);
    if (metadata?.request !== undefined) expect(metadata.request).toEqual(request);
  }
});
