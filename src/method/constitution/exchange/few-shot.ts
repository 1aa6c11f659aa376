// Demonstrations that stand beside a constitution: chats of the Hugging Face file, and the paper's few-shot prompts for critique
// and revision and for comparisons. What is none is left out with its reason.
import { z } from "zod";
import type { Conversation } from "../../../models/model.ts";
import type { Demonstration } from "../../critique/few-shot.ts";
import { parseConversation, parsePrompt, splitReply } from "../../datasets/conversation.ts";
import { MalformedRow } from "../../datasets/dataset.ts";
import type { PreferenceRow } from "../../datasets/preferences.ts";
import { type Content, parseAs, saidText } from "./content.ts";
import type { Beside, Reading } from "./draft.ts";

/** A critique and a revision take the last four turns; what comes before is the conversation and the response. */
const REVIEW_TURNS = 4;

/** Chats that end in critique request, critique, revision request and revision, of any even length from six on. */
export function demonstrationsOfChats(chats: readonly unknown[], where: string) {
  const { items, notes } = each(chats, (chat, i): Demonstration => {
    const turns = parseConversation(chat, `${where}: system_chat[${i}]`);
    const reviewed = turns.slice(0, -REVIEW_TURNS);
    const { conversation, reply } = splitReply(
      reviewed,
      `${where}: system_chat[${i}] before its last four turns`,
    );
    const [critiqueRequest, critique, revisionRequest, revision] = turns
      .slice(-REVIEW_TURNS)
      .map(({ content }) => content) as [string, string, string, string];
    return { conversation, response: reply, critiqueRequest, critique, revisionRequest, revision };
  });
  return { demonstrations: items, notes };
}

/** The chat that a demonstration is. */
export const chatOf = (shown: Demonstration): Conversation => [
  ...shown.conversation,
  { role: "assistant", content: shown.response },
  { role: "user", content: shown.critiqueRequest },
  { role: "assistant", content: shown.critique },
  { role: "user", content: shown.revisionRequest },
  { role: "assistant", content: shown.revision },
];

const REVIEWED =
  /^([\s\S]*?)\n\nCritiqueRequest:([\s\S]*?)\n\nCritique:([\s\S]*?)\n\nRevisionRequest:([\s\S]*?)\n\nRevision:([\s\S]*?)(?:\n\nHuman:\s*)?$/;

/** CritiqueRevisionFewShotPrompts.json: transcripts with a critique and a revision, left open at the next "Human:". */
export function readPaperFewShot({ json, where }: Content): Reading {
  const { items: demonstrations, notes } = each(parseAs(z.array(saidText).min(1), json, where), (text, i) => {
    const parts = REVIEWED.exec(text)?.slice(1);
    if (parts === undefined)
      throw new MalformedRow("unknown-shape", `${where}: [${i}]: expected CritiqueRequest to Revision`);
    const { conversation, reply } = splitReply(parseConversation(parts[0], `${where}: [${i}]`), where);
    const [critiqueRequest, critique, revisionRequest, revision] = parts
      .slice(1)
      .map((part) => part.trim()) as [string, string, string, string];
    return { conversation, response: reply, critiqueRequest, critique, revisionRequest, revision };
  });
  return { principles: [], demonstrations, notes };
}

/** The file that `readPaperFewShot` reads. */
export const writePaperFewShot = (_: unknown, { demonstrations = [] }: Beside): string =>
  json(
    demonstrations.map((shown) =>
      [
        transcriptOf([...shown.conversation, { role: "assistant", content: shown.response }]),
        `CritiqueRequest: ${shown.critiqueRequest}`,
        `Critique: ${shown.critique}`,
        `RevisionRequest: ${shown.revisionRequest}`,
        `Revision: ${shown.revision}`,
        "Human:",
      ].join("\n\n"),
    ),
  );

const SPEAKERS = { system: "System", user: "Human", assistant: "Assistant" } as const;

const transcriptOf = (turns: Conversation): string =>
  turns.map(({ role, content }) => `\n\n${SPEAKERS[role]}: ${content}`).join("");

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const labelled = z.looseObject({
  prompt: saidText,
  corrects: z.array(saidText).min(1),
  incorrects: z.array(saidText).min(1),
});
const reasoned = z.looseObject({ prompt: saidText });

/** Conversation, two options in square brackets, reasons, answer; the principle's place is empty. */
const REASONED =
  /between a human[^:]*:\s*\n\n([\s\S]*?)\n\n(?:\{\}|\[\[PRINCIPLE\]\])\s*\(A\) \[\[\[([\s\S]*?)\]\]\]\s*\(B\) \[\[\[([\s\S]*?)\]\]\]\s*Assistant: Let's think step by step:([\s\S]*?)(?:\n\nHuman:\s*)?So the answer is: \(([AB])\)/;

/** RLMadisonFewShotPrompts.json ({ prompt, corrects, incorrects }) and RLMadisonPrecogFewShotPrompts.json ({ prompt } with reasons). */
export function readPaperComparisonFewShot({ json, where }: Content): Reading {
  const rows = parseAs(z.array(z.union([labelled, reasoned])).min(1), json, where);
  const { items, notes } = each(rows, (row, i): readonly PreferenceRow[] => {
    const place = `${where}: [${i}]`;
    const { prompt, corrects, incorrects } = row as z.output<typeof reasoned> &
      Partial<z.output<typeof labelled>>;
    if (corrects !== undefined && incorrects !== undefined) {
      const conversation = parsePrompt(prompt, place);
      return corrects.flatMap((chosen) =>
        incorrects.map((rejected) => ({ conversation, chosen, rejected, probability: 1, metadata: {} })),
      );
    }
    const [, turns, a, b, reasoning, answer] = REASONED.exec(prompt) ?? [];
    if (turns === undefined)
      throw new MalformedRow("unknown-shape", `${place}: expected two options, reasons and an answer`);
    const transcript = `\n\n${turns}`.replace(/\n\nH:/g, "\n\nHuman:").replace(/\n\nA:/g, "\n\nAssistant:");
    const [chosen, rejected] = (answer === "A" ? [a, b] : [b, a]) as [string, string];
    const [conversation, metadata] = [parsePrompt(transcript, place), { reasoning: reasoning!.trim() }];
    return [{ conversation, chosen: chosen.trim(), rejected: rejected.trim(), probability: 1, metadata }];
  });
  return {
    principles: [],
    comparisons: items.flat(),
    notes: [
      "comparisons are asked without examples here, so these are shown to no feedback model; as labelled comparisons they can train or test a preference model",
      ...notes,
    ],
  };
}

/** The file that `readPaperComparisonFewShot` reads: with reasons where a comparison has them. */
export const writePaperComparisonFewShot = (_: unknown, { comparisons = [] }: Beside): string =>
  json(
    comparisons.map(({ conversation, chosen, rejected, metadata }, i) => {
      const { reasoning } = metadata;
      if (typeof reasoning !== "string")
        return {
          prompt: `${transcriptOf(conversation)}\n\nAssistant:`,
          corrects: [chosen],
          incorrects: [rejected],
        };
      // By turns, so that no answer stands first in all of them.
      const [a, b, answer] = i % 2 === 0 ? [chosen, rejected, "A"] : [rejected, chosen, "B"];
      const turns = conversation.map(({ role, content }) => `${SPEAKERS[role][0]}: ${content}`).join("\n\n");
      return {
        prompt: `\n\nHuman: Consider the following conversation between a human (H) and an assistant (A):\n\n${turns}\n\n{}\n (A) [[[${a}]]]\n (B) [[[${b}]]]\n\nAssistant: Let's think step by step: ${reasoning}\n\nHuman:\nSo the answer is: (${answer})`,
      };
    }),
  );

/** What can be read of each; for the rest, how many and why. */
function each<From, To>(
  given: readonly From[],
  read: (item: From, i: number) => To,
): { readonly items: readonly To[]; readonly notes: readonly string[] } {
  const items: To[] = [];
  const notes: string[] = [];
  for (const [i, item] of given.entries()) {
    try {
      items.push(read(item, i));
    } catch (error) {
      if (!(error instanceof MalformedRow)) throw error;
      notes.push(`left out: ${error.message}`);
    }
  }
  return { items, notes };
}
