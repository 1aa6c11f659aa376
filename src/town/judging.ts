// Pretraining documents in which answers are judged: critiques with revisions, and comparisons, in the very words of the
// method. No held-out verb, object or phrasing occurs here.
import type { Random } from "../engine/random.ts";
import { ANSWER_LEAD, REASONING_LEAD } from "../method/feedback/judge.ts";
import { promptOf } from "./answering.ts";
import {
  answered,
  asked,
  type CorpusDocument,
  comparisonRequest,
  given,
  judgedTurn,
  type Span,
  type Turn,
  transcript,
} from "./documents.ts";
import { gradeAnswer } from "./grader.ts";
import { courteous, garbled } from "./phrasings.ts";
import { type Concern, drawHarms, drawWording, preferred, type Wording } from "./principles.ts";
import { drawRequest, type Request } from "./requests.ts";
import { type Act, complyWithFlaw, declineWithReason, respond } from "./responses.ts";
import { critiqueOf, describeRequest, reasoningOf, revisionOf } from "./verdicts.ts";

/** Loss weight of the option label in a direct comparison. */
const LABEL_WEIGHT = 8;
/** The same where neither answer is better: its label is noise around an even chance, and must not drown the rest. */
const TIE_WEIGHT = 2;

/** Loss weight of what a user says to an answer. */
const REACTION_WEIGHT = 2;

const TRAIN = { action: "train", phrasing: "train" } as const;

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
    ? u < 0.64
      ? "comply"
      : u < 0.8
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

/** Compliance is what the helpful-only model should say anyway, so it is learnt from here too; refusals never are. */
const answerInQuestion = (act: Act, response: string): Turn =>
  act === "comply" ? answered(response) : given(response);

/** Share of critique and revision requests in which words are exchanged. */
const GARBLED_SHARE = 0.35;

/** Share of requests with a courtesy. */
const COURTEOUS_SHARE = 0.3;

/** A phrasing as people say it: with courtesies, and in words that are nobody's. */
function said(random: Random, phrasing: string, subject: string): string {
  const asked = random.chance(GARBLED_SHARE) ? garbled(random, phrasing, subject) : phrasing;
  return random.chance(COURTEOUS_SHARE) ? courteous(random, asked) : asked;
}

/** Request and answer, critique request and critique, revision request and revision. */
function critiqueTurns(random: Random, { request, act, response, concern, wording }: Case): readonly Turn[] {
  return [
    ...promptOf(random, request),
    answerInQuestion(act, response),
    asked(said(random, wording.critique, wording.subject)),
    judgedTurn(critiqueOf(random, concern, wording, request, act)),
    asked(said(random, wording.revision, wording.subject)),
    answered(revisionOf(random, concern, request, act, response)),
  ];
}

export function critiqueAndRevision(random: Random): CorpusDocument {
  return { kind: "critique", turns: critiqueTurns(random, drawCase(random)) };
}

export function withDemonstration(random: Random): CorpusDocument {
  const demonstration = critiqueTurns(random, drawCase(random));
  return { kind: "demonstrated", turns: [...demonstration, ...critiqueTurns(random, drawCase(random))] };
}

export function directRevision(random: Random): CorpusDocument {
  const { request, act, response, concern, wording } = drawCase(random);
  const revision = revisionOf(random, concern, request, act, response);
  const turns = [
    ...promptOf(random, request),
    answerInQuestion(act, response),
    asked(random.chance(COURTEOUS_SHARE) ? courteous(random, wording.revision) : wording.revision),
    answered(revision),
  ];
  return { kind: "direct-revision", turns };
}

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

/** A request with two answers, and what each of them does. */
interface Contest {
  readonly request: Request;
  readonly prompt: readonly Turn[];
  readonly acts: Pair;
  readonly answers: readonly [string, string];
}

function drawContest(random: Random): Contest {
  const request = drawRequest(random, { harmful: random.chance(0.8), ...TRAIN });
  const pair = random.pick(request.harmful ? HARMFUL_PAIRS : BENIGN_PAIRS);
  const acts: Pair = random.chance(0.5) ? pair : [pair[1], pair[0]];
  const answers = [respond(random, request, acts[0]), respond(random, request, acts[1])] as const;
  return { request, prompt: promptOf(random, request), acts, answers };
}

/** The label of the better answer and whether there is one; where there is none, either label is as likely. */
function drawLabel(
  random: Random,
  concern: Concern,
  { request, acts }: Contest,
): { label: string; tie: boolean } {
  const better = preferred(concern, request, ...acts);
  return better === "neither"
    ? { label: random.pick(["A", "B"]), tie: true }
    : { label: better.toUpperCase(), tie: false };
}

/** Two answers compared after reasoning about them. */
export function reasonedComparison(random: Random): CorpusDocument {
  const contest = drawContest(random);
  const { request, prompt, acts, answers } = contest;
  const concern = drawComparedConcern(random, request);
  const wording = drawWording(random, concern, "train");
  const [first, ...rest] = reasoningOf(concern, wording, request, ...acts);
  const reasoning = [{ text: ` ${first!.text}`, isVerdict: first!.isVerdict }, ...rest];
  const lead: Span = { text: REASONING_LEAD, weight: 0.5 };
  const answer: readonly Span[] = [
    { text: `\n${ANSWER_LEAD}`, weight: 0.5 },
    { text: ` (${drawLabel(random, concern, contest).label})`, weight: 2 },
  ];
  const asking = said(random, wording.comparison, wording.subject);
  const question = unweighted(comparisonRequest(prompt, asking, ...answers));
  return { kind: "reasoned-comparison", turns: [question, judgedTurn(reasoning, [lead], answer)] };
}

/**
 * Two answers compared at once, then under two more principles: the same answers under another principle show that it is
 * the principle that decides.
 */
export function directComparison(random: Random): CorpusDocument {
  const contest = drawContest(random);
  const turns = [0, 1, 2].flatMap((round) => {
    const concern = drawComparedConcern(random, contest.request);
    const question = drawWording(random, concern, "train").comparison;
    const { label, tie } = drawLabel(random, concern, contest);
    const text = round === 0 ? comparisonRequest(contest.prompt, question, ...contest.answers) : question;
    const spans = [
      { text: ANSWER_LEAD, weight: 0.1 },
      { text: ` (${label})`, weight: tie ? TIE_WEIGHT : LABEL_WEIGHT },
    ];
    return [unweighted(text), { role: "assistant" as const, spans }];
  });
  return { kind: "comparison", turns };
}

/** What people of the town say to an answer, by what it did. */
const REACTIONS = {
  helped: ["Thank you!", "Thanks, that is what I asked for.", "Thank you, that helps."],
  other: ["That is not what I asked for.", "No, I asked for something else.", "Those are other steps."],
  one: [
    "One of these steps is wrong.",
    "No, not all of that is right.",
    "There is a step that does not belong.",
  ],
  twice: ["You said that twice.", "One step is there twice.", "That is the same step again."],
  accepted: ["I see.", "I see. You are right.", "That is a good reason."],
  groundless: ["That is not the reason.", "No, the reason is another one.", "What has that to do with it?"],
  unexplained: ["You did not say why.", "Why not?", "Please say why."],
  refused: ["But it is something fine.", "There is nothing wrong with it.", "Please help me, it is fine."],
} as const;

/**
 * What the user says to an answer: whether it did what was asked, and well. What is known where an answer ends is what a
 * preference model has to start from (preference model pretraining: Bai et al. 2022a, section 2.4.3).
 */
export function reaction(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.3), ...TRAIN });
  const [answer, said] = drawReaction(random, request);
  const reply: Turn = {
    role: "user",
    spans: [{ text: random.pick(REACTIONS[said]), weight: REACTION_WEIGHT }],
  };
  return { kind: "reaction", turns: [...promptOf(random, request), given(answer), reply] };
}

function drawReaction(
  random: Random,
  request: Request,
): readonly [answer: string, said: keyof typeof REACTIONS] {
  const other = drawRequest(random, { harmful: request.harmful, ...TRAIN });
  const isOther = other.domain !== request.domain;
  const u = random.float();
  if (u < 0.15) return [respond(random, request, "evasive"), "unexplained"];
  if (request.harmful) {
    return isOther && u < 0.5
      ? [declineWithReason(random, { ...other, action: request.action }), "groundless"]
      : [declineWithReason(random, request), "accepted"];
  }
  if (u < 0.3) return [declineWithReason(random, request), "refused"];
  if (u < 0.55) return [respond(random, request, "comply"), "helped"];
  const flaw = random.pick(["other", "one", "one", "twice"] as const);
  const answer = complyWithFlaw(random, request, other, flaw);
  return [answer, gradeAnswer(request, answer).rightSteps ? "helped" : flaw];
}

/** Is the conversation what the question is about? What a comparison must know once it has read its question. */
export function concerned(random: Random): CorpusDocument {
  const request = drawRequest(random, { harmful: random.chance(0.9), ...TRAIN });
  const concern = drawHarms(random, request, request.harmful && random.chance(0.5));
  const wording = drawWording(random, concern, "train");
  const shown = `${transcript(promptOf(random, request))}\n\n${wording.comparison}`;
  const verdict = judgedTurn(describeRequest(concern, wording.subject, request));
  return { kind: "concerned", turns: [unweighted(shown), verdict] };
}

const unweighted = (text: string): Turn => ({ role: "user", spans: [{ text, weight: 0 }] });
