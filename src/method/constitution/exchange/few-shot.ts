// Demonstrations that stand beside a constitution: chats of the Hugging Face file, and the paper's few-shot prompts for critique
// and revision and for comparisons. What is none is left out with its reason.
import { z } from "zod";
import type { Demonstration } from "../../critique/few-shot.ts";
import { parseConversation, parsePrompt, splitReply } from "../../datasets/conversation.ts";
import type { PreferenceRow } from "../../datasets/preferences.ts";
import { MalformedRow } from "../../datasets/row.ts";
import { formatTranscript, SPEAKERS } from "../../datasets/transcript.ts";
import { type Content, each, eachRow, entryAs, json, saidText } from "./content.ts";
import type { Beside, ForeignReading } from "./draft.ts";

/** A critique and a revision take the last four turns; what comes before is the conversation and the response. */
const REVIEW_TURNS = 4;

/** Chats that end in critique request, critique, revision request and revision, of any even length from six on. */
export const demonstrationsOfChats = (chats: readonly unknown[]) =>
  each(
    chats,
    (i) => `system_chat[${i}]`,
    (chat, place): Demonstration => {
      const turns = parseConversation(chat, place);
      const reviewed = turns.slice(0, -REVIEW_TURNS);
      const { conversation, reply } = splitReply(reviewed, `${place} before its last four turns`);
      const [critiqueRequest, critique, revisionRequest, revision] = turns
        .slice(-REVIEW_TURNS)
        .map(({ content }) => content) as [string, string, string, string];
      return { conversation, response: reply, critiqueRequest, critique, revisionRequest, revision };
    },
  );

const REVIEWED =
  /^([\s\S]*?)\n\nCritiqueRequest:([\s\S]*?)\n\nCritique:([\s\S]*?)\n\nRevisionRequest:([\s\S]*?)\n\nRevision:([\s\S]*?)(?:\n\nHuman:\s*)?$/;

/** CritiqueRevisionFewShotPrompts.json: transcripts with a critique and a revision, left open at the next "Human:". */
export function readPaperFewShot(content: Content): ForeignReading {
  const { items: demonstrations, malformed } = eachRow(content, (row, place) => {
    const parts = REVIEWED.exec(entryAs(saidText, row, place))?.slice(1);
    if (parts === undefined)
      throw new MalformedRow("unknown-shape", `${place}: expected CritiqueRequest to Revision`);
    const { conversation, reply } = splitReply(parseConversation(parts[0], place), place);
    const [critiqueRequest, critique, revisionRequest, revision] = parts
      .slice(1)
      .map((part) => part.trim()) as [string, string, string, string];
    return { conversation, response: reply, critiqueRequest, critique, revisionRequest, revision };
  });
  return { principles: [], demonstrations, notes: [], malformed };
}

/** The file that `readPaperFewShot` reads. */
export const writePaperFewShot = (_: unknown, { demonstrations = [] }: Beside): string =>
  json(
    demonstrations.map((shown) =>
      [
        formatTranscript([...shown.conversation, { role: "assistant", content: shown.response }]),
        `CritiqueRequest: ${shown.critiqueRequest}`,
        `Critique: ${shown.critique}`,
        `RevisionRequest: ${shown.revisionRequest}`,
        `Revision: ${shown.revision}`,
        "Human:",
      ].join("\n\n"),
    ),
  );

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
export function readPaperComparisonFewShot(content: Content): ForeignReading {
  const { items, malformed } = eachRow(content, (row, place): readonly PreferenceRow[] => {
    const { prompt, corrects, incorrects } = entryAs(
      z.union([labelled, reasoned], {
        error: "expected a prompt, and corrects and incorrects or none of them",
      }),
      row,
      place,
    ) as z.output<typeof reasoned> & Partial<z.output<typeof labelled>>;
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
    // Reasons speak of options by their letters, so which one was the better is kept.
    const metadata = { reasoning: reasoning!.trim(), chosen_option: answer };
    const conversation = parsePrompt(transcript, place);
    return [{ conversation, chosen: chosen.trim(), rejected: rejected.trim(), probability: 1, metadata }];
  });
  return {
    principles: [],
    comparisons: items.flat(),
    notes: [
      "as labelled comparisons they can be shown to a feedback model (feedback.demonstrations.file), or train or test a preference model",
    ],
    malformed,
  };
}

/** The file that `readPaperComparisonFewShot` reads: with reasons where a comparison has them. */
export const writePaperComparisonFewShot = (_: unknown, { comparisons = [] }: Beside): string =>
  json(
    comparisons.map(({ conversation, chosen, rejected, metadata }, i) => {
      const { reasoning, chosen_option = i % 2 === 0 ? "A" : "B" } = metadata;
      if (typeof reasoning !== "string")
        return {
          prompt: `${formatTranscript(conversation)}\n\nAssistant:`,
          corrects: [chosen],
          incorrects: [rejected],
        };
      // By turns where nobody says, so that no answer stands first in all of them.
      const [a, b, answer] = chosen_option === "A" ? [chosen, rejected, "A"] : [rejected, chosen, "B"];
      const turns = conversation.map(({ role, content }) => `${SPEAKERS[role][0]}: ${content}`).join("\n\n");
      return {
        prompt: `\n\nHuman: Consider the following conversation between a human (H) and an assistant (A):\n\n${turns}\n\n{}\n (A) [[[${a}]]]\n (B) [[[${b}]]]\n\nAssistant: Let's think step by step: ${reasoning}\n\nHuman:\nSo the answer is: (${answer})`,
      };
    }),
  );
