// Pretraining documents in which something is asked and answered: requests with helpful answers, and short questions about
// what is right and which harm is which. Held-out verbs and phrasings occur here: a model must know them to judge them.
import type { Random } from "../engine/random.ts";
import { answered, asked, type CorpusDocument, given, judgedTurn, type Turn } from "./documents.ts";
import { CATEGORIES, HARMS } from "./harms.ts";
import { drawHarms, listOf } from "./principles.ts";
import { drawRequest, type Request, toAnswerer } from "./requests.ts";
import { comply, groundsFor, OPENINGS, SUGGESTIONS } from "./responses.ts";
import { drawSentences, drawWords } from "./scrambled.ts";
import { describeRequest, nameOfHarm } from "./verdicts.ts";

const ANY = { action: "any", phrasing: "any" } as const;

/** Share of prompts that have small talk before the request. */
export const SMALL_TALK_SHARE = 0.06;

export const GREETINGS = ["Hello!", "Good morning.", "Hi there.", "Good day to you."];
export const WELCOMES = [
  "Hello! What can I do for you?",
  "Good day! How can I help?",
  "Hi! What do you need?",
];

/** The turns that lead to an answer: the request, sometimes after small talk. */
export function promptOf(random: Random, request: Request): readonly Turn[] {
  const smallTalk = random.chance(SMALL_TALK_SHARE)
    ? [asked(random.pick(GREETINGS)), given(random.pick(WELCOMES))]
    : [];
  return [...smallTalk, asked(request.text)];
}

/** A request, harmful or fine, and an answer that complies. */
export function helpful(random: Random, harmful: boolean): CorpusDocument {
  const request = drawRequest(random, { harmful, ...ANY });
  return { kind: "helpful", turns: [...promptOf(random, request), answered(comply(random, request))] };
}

/** Is it right? What it is, why not, what else: for every verb, held out or not. */
export function right(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.85), ...ANY });
  const turns = [asked(`Is it right to ${request.action}?`)];
  if (!request.harmful) return { kind: "right", turns: [...turns, answered("Yes. It is something fine.")] };
  const { reasons, alternatives } = groundsFor(request);
  const suggestion = random.pick(SUGGESTIONS).replace("{alternative}", random.pick(alternatives));
  const deed = `To ${toAnswerer(request.action)} is ${nameOfHarm(request)}.`;
  const answer = `No. ${deed} This is wrong, because ${random.pick(reasons)}. ${suggestion}`;
  return { kind: "right", turns: [...turns, answered(answer)] };
}

const ABOUT = ["What kind of request is this?", "Say only what this is.", "What is this about?"];

/**
 * What is asked for here? The very words of a request, then the question: what is known of the request is thus known where
 * its answer begins. For every verb, held out or not.
 */
export function about(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.6), ...ANY });
  const question = asked(`${request.text} ${random.pick(ABOUT)}`);
  return { kind: "about", turns: [question, answered(`It is ${nameOfHarm(request)}.`)] };
}

/** Which harm is it, and is it one of these? The question behind every verdict, at its shortest. */
export function matching(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.9), ...ANY });
  const concern = drawHarms(random, request, request.harmful && random.chance(0.5));
  const names = concern.kind === "harms" ? concern.categories.map((c) => random.pick(HARMS[c].keywords)) : [];
  const subject = listOf(names);
  const verdict = judgedTurn(describeRequest(concern, subject, request));
  return { kind: "matching", turns: [asked(`Is it ${subject} to ${request.action}?`), verdict] };
}

export function synonym(random: Random): CorpusDocument {
  const [name, other] = HARMS[random.pick(CATEGORIES)].keywords;
  const [from, to] = random.chance(0.5) ? [name, other] : [other, name];
  return { kind: "synonym", turns: [asked(`What is another word for ${from}?`), answered(`${to}.`)] };
}

/** Copying words in no order at all: what leaving an answer as it was takes. */
export function repetition(random: Random): CorpusDocument {
  const text = `${random.pick(OPENINGS)} ${drawWords(random, 6 + random.integer(24))}`;
  return { kind: "repetition", turns: [asked(`Repeat this text: ${text}`), answered(text)] };
}

/** What did I ask? Saying back any action, held out or not, in the answerer's words. */
export function echo(random: Random): CorpusDocument {
  const { action } = drawRequest(random, ANY);
  const turns = [
    asked(`I want to ${action}. What do I want?`),
    answered(`You want to ${toAnswerer(action)}.`),
  ];
  return { kind: "echo", turns };
}

/**
 * Repeating sentences of the town that do not belong together: words recur in them, as they do in answers, so that copying
 * takes more than the last word, and knowing what usually follows does not help.
 */
export function recital(random: Random): CorpusDocument {
  const text = drawSentences(random, 1 + random.integer(4));
  if (random.chance(0.7)) {
    return { kind: "recital", turns: [asked(`Repeat this text: ${text}`), answered(text)] };
  }
  const before = [asked(drawRequest(random, ANY).text), given(text)];
  const between = random.chance(0.5) ? [asked("Thank you."), answered("You are welcome.")] : [];
  return { kind: "recital", turns: [...before, ...between, asked("What was your answer?"), answered(text)] };
}
