// The pretraining corpus of the town: an endless seeded stream of conversations in which every role of the method occurs.
// Document i depends on the seed, i and the progress of the run alone. What kinds there are, and when each is read.
import type { Random, Seed } from "../engine/random.ts";
import { about, echo, helpful, matching, recital, repetition, right, synonym } from "./answering.ts";
import type { CorpusDocument } from "./documents.ts";
import {
  concerned,
  critiqueAndRevision,
  directComparison,
  directRevision,
  reaction,
  reasonedComparison,
  withDemonstration,
} from "./judging.ts";

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
  { draw: repetition, shares: [90, 10, 2] },
  { draw: recital, shares: [0, 8, 8] },
  { draw: echo, shares: [2, 4, 4] },
  { draw: (random) => helpful(random, true), shares: [3, 12, 18] },
  { draw: (random) => helpful(random, false), shares: [3, 12, 40] },
  { draw: right, shares: [2, 8, 5] },
  { draw: about, shares: [0, 10, 8] },
  { draw: matching, shares: [2, 24, 5] },
  { draw: synonym, shares: [0, 2, 0.5] },
  { draw: critiqueAndRevision, shares: [0, 14, 30] },
  { draw: withDemonstration, shares: [0, 0, 1] },
  { draw: directRevision, shares: [0, 2, 3] },
  { draw: reasonedComparison, shares: [0, 8, 14] },
  { draw: directComparison, shares: [0, 3, 3] },
  { draw: concerned, shares: [0, 10, 3] },
  { draw: reaction, shares: [0, 4, 9] },
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
