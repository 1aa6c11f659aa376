// Lists of instructions: the Hugging Face constitution (critic and revision) and the paper's own prompt files, whose strings
// carry the framing of its transcripts. Instructions keep their words; see draft.ts for the text that a principle needs as well.
import { z } from "zod";
import { demonstrationTurns } from "../../critique/few-shot.ts";
import type { Skipped } from "../../datasets/dataset.ts";
import type { Constitution, Principle } from "../constitution.ts";
import { comparisonQuestion, critiqueRequest, revisionRequest } from "../wording.ts";
import {
  type Content,
  type Entries,
  each,
  eachRow,
  entryAs,
  json,
  jsonIn,
  parseAs,
  saidText,
  unreadNote,
} from "./content.ts";
import { type Beside, type DraftPrinciple, draftOf, type ForeignReading, quotedNote } from "./draft.ts";
import { demonstrationsOfChats } from "./few-shot.ts";

const huggingFace = z.looseObject({
  constitutions: z.array(z.unknown()).min(1),
  system_chat: z.unknown().optional(),
});
const pair = z.looseObject({ critic: saidText, revision: saidText });

/** { constitutions: [{ critic, revision }], system_chat: [chat] }, as in llm-swarm and the alignment handbook. */
export function readHuggingFace(content: Content): ForeignReading {
  const file = parseAs(huggingFace, jsonIn(content), content.where);
  const pairs = each(
    file.constitutions,
    (i) => `constitutions[${i}]`,
    (one, locator) => ({ ...entryAs(pair, one, locator), locator }),
  );
  const { items: demonstrations, malformed } = demonstrationsOfChats([file.system_chat ?? []].flat());
  const reading = readingOf(
    pairs.items.map(({ locator, critic, revision }) => ({
      locator,
      words: { critique: critic.trim(), revision: revision.trim() },
    })),
    [...pairs.malformed, ...malformed],
  );
  const unread = [
    ...unreadNote([file], ["constitutions", "system_chat"]),
    ...unreadNote(pairs.items, ["locator", "critic", "revision"], "constitutions."),
  ];
  return { ...reading, demonstrations, notes: [...reading.notes, ...unread] };
}

export const writeHuggingFace = ({ principles }: Constitution, { demonstrations = [] }: Beside): string =>
  json({
    constitutions: principles.map((principle) => ({
      critic: critiqueRequest(principle).text,
      revision: revisionRequest(principle).text,
    })),
    system_chat: demonstrations.map((shown) => demonstrationTurns([shown], true)),
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

const TEXTS = "expected text, or a list of texts";
const requests = z.looseObject({
  prompt: z.union([z.array(saidText).nonempty({ error: TEXTS }), saidText], { error: TEXTS }),
  edit_request: saidText,
});

/** CritiqueRevisionInstructions.json: { harmful0: { prompt: [one string], edit_request } }; each prompt is a principle. */
export function readPaperInstructions(content: Content): ForeignReading {
  const { items, malformed } = requestsIn(content);
  return readingOf(items.flat(), malformed);
}

function requestsIn(content: Content): Entries<readonly Instructions[]> {
  const named = Object.entries(parseAs(z.record(z.string(), z.unknown()), jsonIn(content), content.where));
  return each(
    named,
    (i) => named[i]![0],
    ([, value], name) => {
      const { prompt, edit_request } = entryAs(requests, value, name);
      return [prompt].flat().map((critique) => ({
        locator: name,
        name,
        words: { critique: unframed("critique", critique), revision: unframed("revision", edit_request) },
      }));
    },
  );
}

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
export function readPaperComparisons(content: Content): ForeignReading {
  const { items, malformed } = choicesIn(content);
  return readingOf(items, malformed);
}

const choicesIn = (content: Content): Entries<Instructions> =>
  eachRow(content, (row, locator) => ({
    locator,
    words: { comparison: unframed("comparison", entryAs(saidText, row, locator)) },
  }));

export const writePaperComparisons = ({ principles }: Constitution): string =>
  json(principles.map((principle) => framed("comparison", comparisonQuestion(principle).text)));

/** Both files of the paper, paired by their order; what one list has more of stands alone. */
export function readPaperPair(instructions: Content, comparisons: Content): ForeignReading {
  const [of, to] = [requestsIn(instructions), choicesIn(comparisons)];
  // An entry that cannot be read keeps its place, so that those behind it find theirs.
  const asked = of.places.flatMap((one): readonly (Instructions | undefined)[] => one ?? [undefined]);
  const chosen = to.places;
  const [fewer, more] = [asked.length, chosen.length].sort((a, b) => a - b) as [number, number];
  const pairs = Array.from({ length: more }, (_, i): readonly Instructions[] => {
    const both = [asked[i], chosen[i]].filter((one) => one !== undefined);
    if (both.length === 0) return [];
    const words = Object.assign({}, ...both.map((one) => one.words));
    return [{ ...both[0]!, locator: both.map(({ locator }) => locator).join(" and "), words }];
  });
  const { notes, ...reading } = readingOf(pairs.flat(), [...of.malformed, ...to.malformed]);
  return {
    ...reading,
    notes: [
      ...notes,
      "the two files are paired by order: nothing in them says which instructions belong together",
      ...(fewer === more ? [] : [`${more - fewer} of the longer file without a counterpart`]),
    ],
  };
}

interface Instructions extends Pick<DraftPrinciple, "name" | "locator"> {
  readonly words: Principle["wording"];
}

function readingOf(instructions: readonly Instructions[], malformed: readonly Skipped[]): ForeignReading {
  const drafts = instructions.map((one) => ({ ...one, ...draftOf(one.words) }));
  const quoted = drafts.filter(({ isQuoted }) => isQuoted).length;
  return { principles: drafts, notes: quotedNote(quoted), malformed };
}
