import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openLedger } from "../ledger/ledger.ts";
import { answersTo } from "../method/constitution/ask.ts";
import type { LanguageModel } from "../models/model.ts";
import { createScriptedModel } from "../models/scripted.ts";
import { remembering } from "./remembered-model.ts";

it("a question that was answered is not put again, also where the next one ended the asking", async () => {
  const folder = mkdtempSync(join(tmpdir(), "remembered-"));
  const ledger = openLedger(folder);
  const signal = new AbortController().signal;
  const run = { ledger, directory: folder, emit: () => {}, signal, now: () => 0, device: "cpu" } as const;
  const heard: string[] = [];
  let answersThree = false;
  const scripted = createScriptedModel({
    answer: ({ conversation }) => {
      const { content } = conversation[0]!;
      heard.push(content);
      if (content === "three?" && !answersThree) throw new Error("The server is gone.");
      return content.replace("?", "!");
    },
  });
  const endpoint: LanguageModel = { ...scripted, capabilities: { ...scripted.capabilities, inFlight: 1 } };
  const ask = () => answersTo(remembering(endpoint, run), ["one?", "two?", "three?"]);
  await expect(ask()).rejects.toThrow("The server is gone.");
  answersThree = true;
  const answers = await ask();
  expect(answers.map(({ text }) => text)).toEqual(["one!", "two!", "three!"]);
  expect(heard).toEqual(["one?", "two?", "three?", "three?"]);
  const another = remembering({ ...endpoint, id: "another" }, run);
  await answersTo(another, ["one?"]);
  expect(heard.at(-1)).toBe("one?");
  ledger.close();
  rmSync(folder, { recursive: true });
});
