// Lists of instructions: the Hugging Face constitution (critic and revision) and the paper's own prompt files, whose strings
// carry the framing of its transcripts. Instructions keep their words; see draft.ts for the text that a principle needs as well.
import { z } from "zod";
import type { Constitution, Principle } from "../constitution.ts";
import { comparisonQuestion, critiqueRequest, revisionRequest } from "../wording.ts";
import { type Content, parseAs, saidText, unreadNote } from "./content.ts";
import { type Beside, type Draft, draftOf, quotedNote, type Reading } from "./draft.ts";
import { chatOf, demonstrationsOfChats } from "./few-shot.ts";

const huggingFace = z.looseObject({
  constitutions: z.array(z.looseObject({ critic: saidText, revision: saidText })).min(1),
  system_chat: z.array(z.unknown()).default([]),
});

/** { constitutions: [{ critic, revision }], system_chat: [chat] }, as in llm-swarm and the alignment handbook. */
export function readHuggingFace({ json, where }: Content): Reading {
  const file = parseAs(huggingFace, json, where);
  const { constitutions, system_chat } = file;
  const { demonstrations, notes } = demonstrationsOfChats(system_chat, where);
  const reading = readingOf(
    constitutions.map(({ critic, revision }, i) => ({
      locator: `constitutions[${i}]`,
      words: { critique: critic.trim(), revision: revision.trim() },
    })),
  );
  const unread = [
    ...unreadNote([file], ["constitutions", "system_chat"]),
    ...unreadNote(constitutions, ["critic", "revision"], "constitutions."),
  ];
  return { ...reading, demonstrations, notes: [...reading.notes, ...notes, ...unread] };
}

export const writeHuggingFace = ({ principles }: Constitution, { demonstrations = [] }: Beside): string =>
  json({
    constitutions: principles.map((principle) => ({
      critic: critiqueRequest(principle).text,
      revision: revisionRequest(principle).text,
    })),
    system_chat: demonstrations.map(chatOf),
  });

/** The paper's framing of each instruction: what stands before and after it. */
const FRAMES = {
  critique: ["\n\nCritiqueRequest: ", "\n\nCritique:"],
  revision: ["\n\nRevisionRequest: ", "\n\nRevision:"],
  comparison: ["\n", " Options:"],
} as const;

const framed = (use: keyof typeof FRAMES, words: string): string => FRAMES[use].join(words);

/** The instruction without its framing; what has none is taken as it is. */
function unframed(use: keyof typeof FRAMES, words: string): string {
  const [before, after] = FRAMES[use].map((part) => part.trim()) as [string, string];
  const bare = words.trim();
  const from = bare.startsWith(before) ? before.length : 0;
  const to = bare.endsWith(after) ? bare.length - after.length : bare.length;
  return bare.slice(from, to).trim();
}

const paperInstructions = z.record(
  z.string(),
  z.looseObject({ prompt: z.union([z.array(saidText).min(1), saidText]), edit_request: saidText }),
);

/** CritiqueRevisionInstructions.json: { harmful0: { prompt: [one string], edit_request } }; each prompt is a principle. */
export const readPaperInstructions = (content: Content): Reading => readingOf(requestsIn(content));

const requestsIn = ({ json, where }: Content): readonly Instructions[] =>
  Object.entries(parseAs(paperInstructions, json, where)).flatMap(([key, { prompt, edit_request }]) =>
    [prompt].flat().map((critique) => ({
      locator: key,
      name: key,
      words: { critique: unframed("critique", critique), revision: unframed("revision", edit_request) },
    })),
  );

export const writePaperInstructions = ({ principles }: Constitution): string =>
  json(
    Object.fromEntries(
      principles.map((principle) => [
        principle.id,
        {
          prompt: [framed("critique", critiqueRequest(principle).text)],
          edit_request: framed("revision", revisionRequest(principle).text),
        },
      ]),
    ),
  );

/** RLMadisonInstructions.json: a list of strings that end in "Options:". */
export const readPaperComparisons = (content: Content): Reading => readingOf(choicesIn(content));

const choicesIn = ({ json, where }: Content): readonly Instructions[] =>
  parseAs(z.array(saidText).min(1), json, where).map((words, i) => ({
    locator: `[${i}]`,
    words: { comparison: unframed("comparison", words) },
  }));

export const writePaperComparisons = ({ principles }: Constitution): string =>
  json(principles.map((principle) => framed("comparison", comparisonQuestion(principle).text)));

/** Both files of the paper, paired by their order; what one list has more of stands alone. */
export function readPaperPair(instructions: Content, comparisons: Content): Reading {
  const [requests, choices] = [requestsIn(instructions), choicesIn(comparisons)];
  const [fewer, more] = [requests.length, choices.length].sort((a, b) => a - b) as [number, number];
  const pairs = Array.from({ length: more }, (_, i): Instructions => {
    const [request, choice] = [requests[i], choices[i]];
    const locator = [request, choice].flatMap((one) => one?.locator ?? []).join(" and ");
    return { ...(request ?? choice)!, locator, words: { ...request?.words, ...choice?.words } };
  });
  const { notes, ...reading } = readingOf(pairs);
  return {
    ...reading,
    notes: [
      ...notes,
      "the two files are paired by order: nothing in them says which instructions belong together",
      ...(fewer === more ? [] : [`${more - fewer} of the longer file without a counterpart`]),
    ],
  };
}

interface Instructions extends Pick<Draft, "name" | "locator"> {
  readonly words: Principle["wording"];
}

function readingOf(instructions: readonly Instructions[]): Reading {
  const drafts = instructions.map((one) => ({ ...one, ...draftOf(one.words) }));
  return { principles: drafts, notes: quotedNote(drafts.filter(({ isQuoted }) => isQuoted).length) };
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
