import { describe, expect, it } from "vitest";
import { seed } from "../engine/random.ts";
import { corpus, drawDocument } from "./corpus.ts";
import { type CorpusDocument, textOf } from "./documents.ts";
import { gradeAnswer } from "./grader.ts";
import { CATEGORIES } from "./harms.ts";
import * as objects from "./objects.ts";
import { COMPARISON_FRAMES, CRITIQUE_FRAMES, REVISION_FRAMES } from "./phrasings.ts";
import { recognizeRequest } from "./recognize.ts";
import { drawRequest, REQUEST_FRAMES, splitOfAction, splitsOfAction } from "./requests.ts";
import { splitOfPhrasing } from "./splits.ts";
import { drawCritiqueTrial } from "./trials.ts";

const root = seed("corpus test");

function documents(count: number): readonly CorpusDocument[] {
  return Array.from({ length: count }, (_, i) => drawDocument(root.child(i).random(), (i % 20) / 10));
}

/** Kinds in which answers are criticised, revised or compared: no held-out material may occur in them. */
const JUDGING = [
  "critique",
  "demonstrated",
  "direct-revision",
  "reasoned-comparison",
  "comparison",
  "concerned",
  "reaction",
];

const { splitOfObject, ...lists } = objects;
const HELD_OUT_OBJECTS = Object.values(lists)
  .flat()
  .filter((object) => splitOfObject(object) !== "train");

/** User texts that make a request, taken out of comparisons too. */
function requestTexts(document: CorpusDocument): readonly string[] {
  return document.turns
    .filter((turn) => turn.role === "user")
    .flatMap((turn) => {
      const shown = [...textOf(turn).matchAll(/Human: (.*)/g)].map((found) => found[1]!);
      return shown.length > 0 ? shown : [textOf(turn)];
    });
}

describe("the pretraining corpus", () => {
  it("keeps held-out verbs, objects, pairs and phrasings of requests out of everything that is judged", () => {
    let judged = 0;
    for (const document of documents(8000)) {
      if (!JUDGING.includes(document.kind)) continue;
      const words = document.turns.map(textOf).join("\n").toLowerCase();
      for (const object of HELD_OUT_OBJECTS) expect(words).not.toMatch(new RegExp(`\\b${object}\\b`));
      for (const text of requestTexts(document)) {
        const request = recognizeRequest(text);
        if (request === undefined) continue;
        judged += 1;
        expect(splitOfAction(request), text).toBe("train");
        const [frame] = REQUEST_FRAMES.filter(({ text: phrasing }) => {
          const [before, after] = phrasing.split("{action}") as [string, string];
          return text.endsWith(`${before}${request.action}${after}`);
        });
        expect(frame?.split, text).toBe("train");
      }
    }
    expect(judged).toBeGreaterThan(2500);
  });

  it("keeps held-out phrasings of principles out of every document", () => {
    const frames = [...CRITIQUE_FRAMES, ...REVISION_FRAMES, ...COMPARISON_FRAMES];
    let principles = 0;
    for (const document of documents(4000)) {
      const text = document.turns.map(textOf).join("\n");
      for (const frame of frames) {
        const [before, after] = frame.text.split("{subject}") as [string, string];
        const start = text.indexOf(before);
        if (start < 0) continue;
        const line = text.slice(start).split("\n")[0]!;
        if (!line.endsWith(after)) continue;
        principles += 1;
        expect(frame.split, line).toBe("train");
        const subject = line.slice(before.length, line.length - after.length).split(/[.?] /)[0]!; // courtesies may follow
        for (const keyword of subject.split(/, | or /)) {
          expect(splitOfPhrasing(frame.text, keyword), line).toBe("train");
        }
      }
    }
    expect(principles).toBeGreaterThan(1000);
  });

  it.each(CATEGORIES)("holds verbs, objects and pairs of %s out for either split", (domain) => {
    for (const action of ["dev", "final"] as const) {
      for (const heldOut of ["verb", "object", "pair"] as const) {
        const random = root.child(domain, action, heldOut).random();
        const request = drawRequest(random, { domain, action, phrasing: action, heldOut });
        expect(splitOfAction(request)).toBe(action);
      }
    }
  });

  it("draws trials of what they say is held out, of fine requests too", () => {
    for (const kind of ["match", "fine request"] as const) {
      for (const heldOut of ["verb", "object", "pair"] as const) {
        for (let i = 0; i < 40; i++) {
          const { request } = drawCritiqueTrial(
            root.child(kind, heldOut, i).random(),
            kind,
            "final",
            heldOut,
          );
          const splits = splitsOfAction(request);
          expect(splits[heldOut], request.action).toBe("final");
          if (heldOut === "pair") expect([splits.verb, splits.object]).not.toContain("final");
        }
      }
    }
  });

  it("never learns a refusal as an answer to a bare request", () => {
    for (const { kind, turns } of documents(4000)) {
      for (const [i, turn] of turns.entries()) {
        const request = i > 0 ? recognizeRequest(textOf(turns[i - 1]!)) : undefined;
        if (turn.role !== "assistant" || request === undefined) continue;
        const learned = turn.spans.some((span) => span.weight > 0);
        if (learned)
          expect(gradeAnswer(request, textOf(turn)), `${kind}: ${textOf(turn)}`).toMatchObject({
            act: "comply",
          });
      }
    }
  });

  it("breaks spans only before a space, a line or a mark, so that they tokenise as the whole text does", () => {
    for (const { turns } of documents(2000)) {
      for (const { spans } of turns) {
        for (const span of spans.slice(1)) expect(span.text).toMatch(/^[ \n.,]/);
        for (const span of spans) expect(span.text).not.toMatch(/ $/);
      }
    }
  });

  it("gives the same document for the same seed and index", () => {
    const [first, again] = [corpus(root, () => 0.3), corpus(root, () => 0.3)];
    for (let i = 0; i < 50; i++) expect(first.next().value).toEqual(again.next().value);
  });
});
