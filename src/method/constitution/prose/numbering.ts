// Numbers that a document counts its items and headings by. A paragraph between two items ends a list in Markdown and not the
// counting. Knows numbers and depths, no words.

/** Items or headings that are counted through: a list, what takes up its numbers behind a paragraph included. */
export interface Numbering {
  /** Offset of the first. */
  readonly first: number;
  readonly of: number;
}

/** Numberings in the order of the document: what begins with the number that comes next goes on with one. */
export function numberings() {
  type Going = Map<number, { first: number; of: number; next: number }>;
  const [lists, headings]: readonly [Going, Going] = [new Map(), new Map()];
  const take = (going: Going, depth: number, start: number, first: number, count: number) => {
    const last = going.get(depth);
    const numbering = start > 1 && last?.next === start ? last : { first, of: 0, next: start };
    going.set(depth, numbering);
    const before = numbering.of;
    numbering.of += count;
    numbering.next += count;
    return { numbering: numbering as Numbering, before };
  };
  return {
    /**
     * The numbering of a list, and how many of it were before.
     * @param start the number of its first item; bullets have none, and are counted by themselves
     */
    takeList: (depth: number, start: number | undefined, first: number, count: number) =>
      take(start === undefined ? new Map() : lists, depth, start ?? 1, first, count),
    /** The same of a heading that has a number. It ends the lists above it, and the numbers of lower headings. */
    takeHeading(depth: number, number: number | undefined, first: number) {
      lists.clear();
      for (const lower of headings.keys()) if (lower > depth) headings.delete(lower);
      return number === undefined ? undefined : take(headings, depth, number, first, 1);
    },
  };
}
