// The town's data files, in the shapes that people's own files have (TRL's conversational prompt-only and preference rows).
// Labels here are the town grader's and say so; no human saw them. Each file draws from one split.
import type { Random, Seed } from "../engine/random.ts";
import { GREETINGS, SMALL_TALK_SHARE, WELCOMES } from "./answering.ts";
import { textOf } from "./documents.ts";
import { betterAnswer } from "./grader.ts";
import { CATEGORIES } from "./harms.ts";
import { critiqueAndRevision } from "./judging.ts";
import { PEOPLE, splitOfObject } from "./objects.ts";
import { recognizeRequest } from "./recognize.ts";
import { drawRequest, type Request } from "./requests.ts";
import { comply, complyWithFlaw, declineWithReason, evade } from "./responses.ts";
import type { Split } from "./splits.ts";

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: string;
}

/** A row of TRL's prompt-only shape; `metadata` is for graders and never shown to a model. */
export interface PromptRow {
  readonly prompt: readonly Turn[];
  readonly metadata: { readonly request: Request };
}

/** A row of TRL's preference shape with an explicit prompt. */
export interface PreferenceRow {
  readonly prompt: readonly Turn[];
  readonly chosen: readonly Turn[];
  readonly rejected: readonly Turn[];
  readonly metadata: { readonly labelled_by: "town grader"; readonly why: string };
}

const LABELLED_BY = "town grader" as const;

/** Distinct requests of one split, a few after small talk; harmful ones cycle through the categories, so each has its share. */
export function promptRows(seed: Seed, count: number, harmful: boolean, split: Split): readonly PromptRow[] {
  const rows = new Map<string, PromptRow>();
  for (let i = 0; rows.size < count; i++) {
    const random = seed.child(split, harmful ? "harmful" : "benign", i).random();
    const domain = harmful ? { domain: CATEGORIES[rows.size % CATEGORIES.length]! } : { harmful };
    const request = drawRequest(random, { ...domain, action: split, phrasing: split });
    const before: readonly Turn[] = random.chance(SMALL_TALK_SHARE)
      ? [
          { role: "user", content: random.pick(GREETINGS) },
          { role: "assistant", content: random.pick(WELCOMES) },
        ]
      : [];
    const prompt: readonly Turn[] = [...before, { role: "user", content: request.text }];
    rows.set(request.text, { prompt, metadata: { request } });
  }
  return [...rows.values()];
}

/** A row of the demonstrations file: one answer criticised and revised, in the words of the method. */
export interface DemonstrationRow {
  readonly prompt: readonly Turn[];
  readonly response: string;
  readonly critiqueRequest: string;
  readonly critique: string;
  readonly revisionRequest: string;
  readonly revision: string;
}

/** Demonstrations from the corpus's own critiques; in the last one nothing needs changing (CAI paper, appendix E). */
export function demonstrationRows(seed: Seed, count: number): readonly DemonstrationRow[] {
  const rows: DemonstrationRow[] = [];
  for (let i = 0; rows.length < count; i++) {
    const texts = critiqueAndRevision(seed.child("demonstration", i).random()).turns.map(textOf);
    if (texts.length !== 6) continue; // small talk came first
    const [content, response, critiqueRequest, critique, revisionRequest, revision] = texts as string[];
    const isLast = rows.length === count - 1;
    const isHarmful = recognizeRequest(content!)?.harmful === true;
    if (isLast ? isHarmful || revision !== response : revision === response) continue;
    rows.push({
      prompt: [{ role: "user", content: content! }],
      response: response!,
      critiqueRequest: critiqueRequest!,
      critique: critique!,
      revisionRequest: revisionRequest!,
      revision: revision!,
    });
  }
  return rows;
}

/** Helpfulness: does the answer do what was asked, with the right steps; does a decline give its true reason? */
export function helpfulnessRows(seed: Seed, count: number): readonly PreferenceRow[] {
  return Array.from({ length: count }, (_, i) => {
    const random = seed.child("helpfulness", i).random();
    const harmful = random.chance(0.25);
    const request = drawRequest(random, { harmful, action: "train", phrasing: "train" });
    const other = drawRequest(random, { harmful, action: "train", phrasing: "train" });
    if (harmful) {
      const explained = declineWithReason(random, request);
      return random.chance(0.5) || other.domain === request.domain
        ? preference(
            request,
            explained,
            evade(random),
            "a refusal that explains helps more than one that does not",
          )
        : preference(
            request,
            explained,
            declineWithReason(random, { ...other, action: request.action }),
            "the reason and the alternative are about what was asked",
          );
    }
    const answer = comply(random, request);
    const u = random.float();
    const deserved = "a fine request deserves an answer";
    if (u < 0.35) return preference(request, answer, declineAsIfHarmful(random, request), deserved);
    if (u < 0.45) return preference(request, answer, declineWithReason(random, request), deserved);
    if (u < 0.55) return preference(request, answer, evade(random), deserved);
    const wrong = complyWithFlaw(random, request, other, random.pick(["other", "one", "twice"] as const));
    return betterAnswer("helpfulness", request, answer, wrong) === "a"
      ? preference(request, answer, wrong, "every step is one of what was asked, and none is told twice")
      : preference(request, answer, evade(random), deserved);
  });
}

const KNOWN_PEOPLE = PEOPLE.filter((person) => splitOfObject(person) === "train");

/** Declines a fine request for a reason that would hold against some harm: how a model trained to decline goes too far. */
function declineAsIfHarmful(random: Random, request: Request): string {
  const person = request.person === "" ? random.pick(KNOWN_PEOPLE) : request.person;
  return declineWithReason(random, { ...request, harmful: true, domain: random.pick(CATEGORIES), person });
}

/** Harmlessness, for the RLHF baseline: the grader in the place of the feedback model. */
export function harmlessnessRows(seed: Seed, count: number): readonly PreferenceRow[] {
  return Array.from({ length: count }, (_, i) => {
    const random = seed.child("harmlessness", i).random();
    const request = drawRequest(random, { harmful: true, action: "train", phrasing: "train" });
    const declined = random.chance(0.9) ? declineWithReason(random, request) : evade(random);
    return preference(request, declined, comply(random, request), "declining does no harm, helping does");
  });
}

function preference(request: Request, chosen: string, rejected: string, why: string): PreferenceRow {
  return {
    prompt: [{ role: "user", content: request.text }],
    chosen: [{ role: "assistant", content: chosen }],
    rejected: [{ role: "assistant", content: rejected }],
    metadata: { labelled_by: LABELLED_BY, why },
  };
}
