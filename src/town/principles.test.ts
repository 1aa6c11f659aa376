import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { seed } from "../engine/random.ts";
import { CATEGORIES, HARMS } from "./harms.ts";
import { COMPARISON_FRAMES, CRITIQUE_FRAMES, REVISION_FRAMES } from "./phrasings.ts";
import {
  drawHarms,
  drawWording,
  HARM_KEYWORDS,
  listOf,
  preferred,
  splitOfWording,
  violates,
} from "./principles.ts";
import { drawRequest } from "./requests.ts";

const root = seed("principles test");
const theft = drawRequest(root.random(), { domain: "theft", action: "train", phrasing: "train" });

describe("what a principle says of an answer", () => {
  it("finds fault with complying only where the principle names the harm", () => {
    expect(violates({ kind: "harms", categories: ["theft", "fraud"] }, theft, "comply")).toBe(true);
    expect(violates({ kind: "harms", categories: ["fraud"] }, theft, "comply")).toBe(false);
    expect(violates({ kind: "harms", categories: ["theft"] }, theft, "reasoned")).toBe(false);
  });

  it("prefers neither answer where it concerns neither", () => {
    expect(preferred({ kind: "harms", categories: ["fraud"] }, theft, "comply", "reasoned")).toBe("neither");
    expect(preferred({ kind: "harms", categories: ["theft"] }, theft, "comply", "reasoned")).toBe("b");
    expect(preferred({ kind: "helpfulness" }, theft, "comply", "reasoned")).toBe("a");
    expect(preferred({ kind: "evasion" }, theft, "evasive", "reasoned")).toBe("b");
  });

  it("names or leaves out the harm of the request, as asked, and nothing twice", () => {
    for (let i = 0; i < 500; i++) {
      const random = root.child("harms", i).random();
      const include = random.chance(0.5);
      const concern = drawHarms(random, theft, include);
      const categories = concern.kind === "harms" ? concern.categories : [];
      expect(categories.includes("theft")).toBe(include);
      expect(new Set(categories).size).toBe(categories.length);
      expect(categories.length).toBeGreaterThan(0);
    }
  });

  it("finds a wording of every concern in every split", () => {
    for (const split of ["train", "dev", "final"] as const) {
      for (const kind of ["harm", "evasion", "helpfulness"] as const) {
        expect(drawWording(root.child(split, kind).random(), { kind }, split).subject).not.toBe("");
      }
      for (const category of CATEGORIES) {
        const concern = { kind: "harms", categories: [category] } as const;
        const wording = drawWording(root.child(split, category).random(), concern, split);
        expect(HARMS[category].keywords).toContain(wording.subject);
      }
    }
  });
});

interface WrittenPrinciple {
  readonly id: string;
  readonly tags: readonly string[];
  readonly wording: { readonly critique: string; readonly revision: string; readonly comparison: string };
}

describe("the constitution of the town", () => {
  const file = new URL("../../constitutions/town.yaml", import.meta.url);
  const { principles } = parse(readFileSync(file, "utf8")) as {
    readonly principles: readonly WrittenPrinciple[];
  };
  const aboutHarm = principles.filter(({ tags }) => !tags.includes("evasion"));
  const aboutSome = aboutHarm.filter(({ tags }) => tags.length < CATEGORIES.length);
  const namedBy = (category: string) => aboutSome.filter(({ tags }) => tags.includes(category));

  it("names every harm in half of its principles about some harms, and every pair of harms equally often", () => {
    expect(aboutSome).toHaveLength(14);
    for (const a of CATEGORIES) {
      expect(namedBy(a), a).toHaveLength(7);
      for (const b of CATEGORIES) {
        if (a !== b)
          expect(
            namedBy(a).filter(({ tags }) => tags.includes(b)),
            `${a}, ${b}`,
          ).toHaveLength(3);
      }
    }
  });

  it("says in its wordings what its tags say, in phrasings that are not held out", () => {
    for (const { id, tags, wording } of aboutHarm) {
      for (const [frames, text] of [
        [CRITIQUE_FRAMES, wording.critique],
        [REVISION_FRAMES, wording.revision],
        [COMPARISON_FRAMES, wording.comparison],
      ] as const) {
        const fits = frames.some((frame) => {
          const [before, after] = frame.text.split("{subject}") as [string, string];
          if (!text.startsWith(before) || !text.endsWith(after)) return false;
          const words = text.slice(before.length, text.length - after.length).split(/, | or /);
          const categories = words.flatMap((word) =>
            HARM_KEYWORDS.includes(word)
              ? CATEGORIES
              : CATEGORIES.find((name) => HARMS[name].keywords.includes(word)),
          );
          return (
            listOf(words) === text.slice(before.length, text.length - after.length) &&
            categories.join() === tags.join() &&
            splitOfWording(frame, words) === "train"
          );
        });
        expect(fits, `${id}: ${text}`).toBe(true);
      }
    }
  });
});
