// The pretraining corpus of the town: an endless seeded stream of conversations in which every role of the method occurs.
// Document i depends on the seed and i alone. Held-out material occurs only where something is asked or known, never where
// it is criticised, revised or compared.
import type { Random, Seed } from "../engine/random.ts";
import {
  ANSWER_LEAD,
  answered,
  asked,
  COMPARISON_HEADER,
  type CorpusDocument,
  comparisonRequest,
  given,
  judgedTurn,
  REASONING_LEAD,
  type Span,
  type Turn,
  transcript,
} from "./documents.ts";
import { CATEGORIES, HARMS } from "./harms.ts";
import { type Concern, drawHarms, drawWording, listOf, preferred, type Wording } from "./principles.ts";
import { drawRequest, type Request } from "./requests.ts";
import { type Act, comply, groundsFor, OPENINGS, respond, SUGGESTIONS } from "./responses.ts";
import { drawWords } from "./scrambled.ts";
import { critiqueOf, describeAct, nameOfHarm, reasoningOf, revisionOf } from "./verdicts.ts";

/** Loss weight of the option label in a direct comparison. */
const LABEL_WEIGHT = 8;
/** Share of prompts that have small talk before the request. */
const SMALL_TALK_SHARE = 0.06;

const GREETINGS = ["Hello!", "Good morning.", "Hi there.", "Good day to you."];
const WELCOMES = ["Hello! What can I do for you?", "Good day! How can I help?", "Hi! What do you need?"];

const TRAIN = { action: "train", phrasing: "train" } as const;
const ANY = { action: "any", phrasing: "any" } as const;

/** The turns that lead to an answer: the request, sometimes after small talk. */
function promptOf(random: Random, request: Request): readonly Turn[] {
  const smallTalk = random.chance(SMALL_TALK_SHARE)
    ? [asked(random.pick(GREETINGS)), given(random.pick(WELCOMES))]
    : [];
  return [...smallTalk, asked(request.text)];
}

// Answering ----------------------------------------------------------------------------------------------------------

function helpful(random: Random, harmful: boolean): CorpusDocument {
  const request = drawRequest(random, { harmful, ...ANY });
  return { kind: "helpful", turns: [...promptOf(random, request), answered(comply(random, request))] };
}

// Knowing: short questions -------------------------------------------------------------------------------------------

/** Is it right? What it is, why not, what else: for every verb, held out or not. */
function right(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.85), ...ANY });
  const turns = [asked(`Is it right to ${request.action}?`)];
  if (!request.harmful) return { kind: "right", turns: [...turns, answered("Yes. It is something fine.")] };
  const { reasons, alternatives } = groundsFor(request);
  const suggestion = random.pick(SUGGESTIONS).replace("{alternative}", random.pick(alternatives));
  const answer = `No. It is ${nameOfHarm(request)}. This is wrong, because ${random.pick(reasons)}. ${suggestion}`;
  return { kind: "right", turns: [...turns, answered(answer)] };
}

/** Which harm is it, and is it one of these? The question behind every verdict, at its shortest. */
function matching(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.9), ...ANY });
  const concern = drawHarms(random, request, request.harmful && random.chance(0.5));
  const names = concern.kind === "harms" ? concern.categories.map((c) => random.pick(HARMS[c].keywords)) : [];
  const wording = { subject: listOf(names), critique: "", revision: "", comparison: "" };
  const verdict = describeAct("It", concern, wording, request, "comply").map((part) => ({
    ...part,
    text: part.text.replace(/^It helps with$/, "It is"),
  }));
  return {
    kind: "matching",
    turns: [asked(`Is it ${listOf(names)} to ${request.action}?`), judgedTurn(verdict)],
  };
}

function synonym(random: Random): CorpusDocument {
  const [name, other] = HARMS[random.pick(CATEGORIES)].keywords;
  const [from, to] = random.chance(0.5) ? [name, other] : [other, name];
  return { kind: "synonym", turns: [asked(`What is another word for ${from}?`), answered(`${to}.`)] };
}

/** Copying words in no order at all: what leaving an answer as it was takes. */
function repetition(random: Random): CorpusDocument {
  const text = `${random.pick(OPENINGS)} ${drawWords(random, 6 + random.integer(24))}`;
  return { kind: "repetition", turns: [asked(`Repeat this text: ${text}`), answered(text)] };
}

// Criticising and revising -------------------------------------------------------------------------------------------

/** An answer, a principle to judge it by, and the words of both. */
interface Case {
  readonly request: Request;
  readonly act: Act;
  readonly response: string;
  readonly concern: Concern;
  readonly wording: Wording;
}

function drawConcern(random: Random, request: Request, act: Act): Concern {
  if (act === "evasive" && random.chance(0.5)) return { kind: "evasion" };
  const u = random.float();
  if (u < 0.08) return { kind: "harm" };
  if (u < 0.16) return { kind: "evasion" };
  return drawHarms(random, request, request.harmful && random.chance(0.5));
}

function drawCase(random: Random): Case {
  const request = drawRequest(random, { harmful: random.chance(0.8), ...TRAIN });
  const u = random.float();
  const act = request.harmful
    ? u < 0.7
      ? "comply"
      : u < 0.87
        ? "reasoned"
        : "evasive"
    : u < 0.8
      ? "comply"
      : u < 0.88
        ? "reasoned"
        : "evasive";
  const concern = drawConcern(random, request, act);
  const wording = drawWording(random, concern, "train");
  return { request, act, response: respond(random, request, act), concern, wording };
}

/** Request and answer, critique request and critique, revision request and revision. */
function critiqueTurns(random: Random, { request, act, response, concern, wording }: Case): readonly Turn[] {
  return [
    ...promptOf(random, request),
    given(response),
    asked(wording.critique),
    judgedTurn(critiqueOf(random, concern, wording, request, act)),
    asked(wording.revision),
    answered(revisionOf(random, concern, request, act, response)),
  ];
}

function critiqueAndRevision(random: Random): CorpusDocument {
  return { kind: "critique", turns: critiqueTurns(random, drawCase(random)) };
}

function withDemonstration(random: Random): CorpusDocument {
  const demonstration = critiqueTurns(random, drawCase(random));
  return { kind: "demonstrated", turns: [...demonstration, ...critiqueTurns(random, drawCase(random))] };
}

function directRevision(random: Random): CorpusDocument {
  const { request, act, response, concern, wording } = drawCase(random);
  const revision = revisionOf(random, concern, request, act, response);
  const turns = [...promptOf(random, request), given(response), asked(wording.revision), answered(revision)];
  return { kind: "direct-revision", turns };
}

// Comparing ----------------------------------------------------------------------------------------------------------

type Pair = readonly [Act, Act];

const HARMFUL_PAIRS: readonly Pair[] = [
  ["comply", "reasoned"],
  ["comply", "reasoned"],
  ["comply", "reasoned"],
  ["comply", "evasive"],
  ["comply", "comply"],
  ["reasoned", "reasoned"],
  ["reasoned", "evasive"],
];

const BENIGN_PAIRS: readonly Pair[] = [
  ["comply", "comply"],
  ["comply", "reasoned"],
  ["comply", "evasive"],
  ["reasoned", "evasive"],
];

function drawComparedConcern(random: Random, request: Request): Concern {
  const u = random.float();
  if (u < 0.1) return { kind: "harm" };
  if (u < 0.2) return { kind: "evasion" };
  if (u < (request.harmful ? 0.28 : 0.5)) return { kind: "helpfulness" };
  return drawHarms(random, request, request.harmful && random.chance(0.5));
}

function comparison(random: Random, reasoned: boolean): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.8), ...TRAIN });
  const pair = random.pick(request.harmful ? HARMFUL_PAIRS : BENIGN_PAIRS);
  const [a, b] = random.chance(0.5) ? pair : [pair[1], pair[0]];
  const concern = drawComparedConcern(random, request);
  const wording = drawWording(random, concern, "train");
  const question = comparisonRequest(
    promptOf(random, request),
    wording.comparison,
    respond(random, request, a),
    respond(random, request, b),
  );
  const better = preferred(concern, request, a, b);
  const label = better === "neither" ? random.pick(["A", "B"]) : better.toUpperCase();
  if (!reasoned) {
    const spans = [
      { text: ANSWER_LEAD, weight: 0.1 },
      { text: ` (${label})`, weight: LABEL_WEIGHT },
    ];
    return { kind: "comparison", turns: [unweighted(question), { role: "assistant", spans }] };
  }
  const [first, ...rest] = reasoningOf(concern, wording, request, a, b);
  const reasoning = [{ text: ` ${first!.text}`, isVerdict: first!.isVerdict }, ...rest];
  const lead: Span = { text: REASONING_LEAD, weight: 0.5 };
  const answer: readonly Span[] = [
    { text: `\n${ANSWER_LEAD}`, weight: 0.5 },
    { text: ` (${label})`, weight: 2 },
  ];
  return {
    kind: "reasoned-comparison",
    turns: [unweighted(question), judgedTurn(reasoning, [lead], answer)],
  };
}

/** Is the conversation what the question is about? What a comparison must know once it has read its question. */
function concerned(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.9), ...TRAIN });
  const concern = drawHarms(random, request, request.harmful && random.chance(0.5));
  const wording = drawWording(random, concern, "train");
  const shown = `${COMPARISON_HEADER}\n\n${transcript(promptOf(random, request))}\n\n${wording.comparison}`;
  const verdict = describeAct("It", concern, wording, request, "comply").map((part) => ({
    ...part,
    text: part.text.replace(/^It helps with$/, "It is"),
  }));
  return { kind: "concerned", turns: [unweighted(shown), judgedTurn(verdict)] };
}

const unweighted = (text: string): Turn => ({ role: "user", spans: [{ text, weight: 0 }] });

// The mix ------------------------------------------------------------------------------------------------------------

interface Ingredient {
  readonly draw: (random: Random) => CorpusDocument;
  /** Relative shares of documents in the three seasons of a run. */
  readonly shares: readonly [copying: number, asking: number, everything: number];
}

/**
 * Copying comes first: attention heads that copy form within a million tokens where little else is read, and hardly at all
 * where copying is rare; revisions, actions and labels all need them. Then short questions: which harm a request is.
 */
const MIX: readonly Ingredient[] = [
  { draw: repetition, shares: [90, 14, 5] },
  { draw: (random) => helpful(random, true), shares: [3, 9, 8] },
  { draw: (random) => helpful(random, false), shares: [3, 9, 10] },
  { draw: right, shares: [2, 8, 4] },
  { draw: matching, shares: [2, 28, 6] },
  { draw: synonym, shares: [0, 2, 0.5] },
  { draw: critiqueAndRevision, shares: [0, 14, 30] },
  { draw: withDemonstration, shares: [0, 0, 2] },
  { draw: directRevision, shares: [0, 3, 4] },
  { draw: (random) => comparison(random, true), shares: [0, 8, 18] },
  { draw: (random) => comparison(random, false), shares: [0, 3, 10] },
  { draw: concerned, shares: [0, 10, 4] },
];

/** Progress at which each season is in full; in between, shares change linearly. */
const SEASONS = { copying: 0.07, asking: 0.12, everything: 0.5 } as const;

/** The shares of the mix at a point of the run. */
function sharesAt(progress: number): readonly number[] {
  const between = (from: number, to: number) => Math.min(1, Math.max(0, (progress - from) / (to - from)));
  const asking = between(SEASONS.copying, SEASONS.asking);
  const everything = between(SEASONS.asking, SEASONS.everything);
  return MIX.map(({ shares: [first, second, third] }) => {
    const soFar = first + (second - first) * asking;
    return soFar + (third - second) * everything;
  });
}

/**
 * One pretraining document.
 * @param progress how far the run is, 0 to 1: early documents are simpler.
 */
export function drawDocument(random: Random, progress: number): CorpusDocument {
  const shares = sharesAt(progress);
  let left = random.float() * shares.reduce((sum, share) => sum + share, 0);
  for (const [i, share] of shares.entries()) {
    left -= share;
    if (left < 0) return MIX[i]!.draw(random);
  }
  return MIX.at(-1)!.draw(random);
}

/**
 * The stream of documents 0, 1, 2, ... without end.
 * @param progressAt how far the run is when document i is read, 0 to 1.
 */
export function* corpus(seed: Seed, progressAt: (index: number) => number): Generator<CorpusDocument> {
  for (let i = 0; ; i++) yield drawDocument(seed.child("document", i).random(), progressAt(i));
}
