// Pairs of principles: how alike they are, and whether one affirms what the other denies, by their words (statements.ts).
import type { Constitution, Principle } from "./constitution.ts";
import { likeness, type Statement, statementsOf, stemsOf } from "./statements.ts";

/** From this likeness on, an affirmation and a denial are about the same thing. */
const OPPOSED = 0.6;

/** Two principles, in the order of the constitution. */
interface Pair {
  readonly a: Principle;
  readonly b: Principle;
}

/** Two principles, and how alike what they say is: from 0 to 1, all content words the same. */
export interface Alike extends Pair {
  readonly alike: number;
}

export const pairsOf = (principles: readonly Principle[]): readonly Pair[] =>
  principles.flatMap((a, i) => principles.slice(i + 1).map((b) => ({ a, b })));

/** Every pair, with the likeness of what is said. A word tells the less, the more others have it: of n principles, log((n + 1) / others). */
export function pairsAlike({ principles }: Constitution): readonly Alike[] {
  const stems = new Map(principles.map(({ id, text }) => [id, signedStems(text)]));
  const uses = new Map<string, number>();
  for (const own of stems.values()) for (const one of own) uses.set(one, (uses.get(one) ?? 0) + 1);
  const weight = (one: string) => Math.log((principles.length + 1) / Math.max(1, uses.get(one)! - 1));
  return pairsOf(principles).map(({ a, b }) => ({
    a,
    b,
    // A text without content words is like none, but the same.
    alike: a.text === b.text ? 1 : likeness(stems.get(a.id)!, stems.get(b.id)!, weight),
  }));
}

/** Content words, those that are denied marked: "steal" and "not steal" are not alike. */
const signedStems = (text: string): ReadonlySet<string> =>
  new Set(
    statementsOf(text).flatMap(({ isDenied, stems }) =>
      [...stems].map((one) => (isDenied ? `not ${one}` : one)),
    ),
  );

/** Pairs of statements of which one affirms what the other denies: the same words, or one word exchanged for its opposite. */
export function opposites(
  ours: readonly Statement[],
  theirs: readonly Statement[],
): readonly (readonly [Statement, Statement])[] {
  return ours.flatMap((one) =>
    theirs.flatMap((other) => {
      // Of a pair of opposites, one has the first word alone and the other the second alone.
      const isExchanged = OPPOSITES.some((pair) => {
        const [here, there] = [one, other].map(({ stems }) => pair.filter((word) => stems.has(word)));
        return here!.length === 1 && there!.length === 1 && here![0] !== there![0];
      });
      const left = new Set([...one.stems].map(canonical));
      const right = new Set([...other.stems].map(canonical));
      const isOpposed = (one.isDenied !== other.isDenied) !== isExchanged;
      return isOpposed && left.intersection(right).size >= 2 && likeness(left, right) >= OPPOSED
        ? [[one, other] as const]
        : [];
    }),
  );
}

/** Words that mean the opposite of each other. */
const OPPOSITES = [
  "brief detailed",
  "short long",
  "formal informal",
  "reveal conceal",
  "share withhold",
  "accept reject",
  "agree disagree",
].map((pair) => [...stemsOf(pair)] as [string, string]);

/** The first word of an opposite pair for both. */
const canonical = (one: string): string => OPPOSITES.find(([, b]) => b === one)?.[0] ?? one;
