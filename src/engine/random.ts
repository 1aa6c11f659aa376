// Randomness that is named and counted: a seed is a path of names, a draw is a hash of (path, counter). So a record's
// draws depend on its own name, never on what was drawn before it. Mixing: MurmurHash3's 32-bit finaliser, twice.

/** A stream of draws. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  float(): number;
  /** Uniform in 0, 1, ..., n-1. */
  integer(n: number): number;
  pick<T>(items: readonly T[]): T;
  /** True with probability p. */
  chance(p: number): boolean;
  /** Normal with mean 0 and variance 1. */
  normal(): number;
  /** So many numbers at once, each `value` with probability p and otherwise 0: 32 bits a number, for what is drawn by the million. */
  bernoulli(count: number, p: number, value: number): Float32Array;
  /** The items in a uniformly drawn order, as a new array. */
  shuffle<T>(items: readonly T[]): T[];
}

/** A named place to draw from. */
export interface Seed {
  /** The path of names, as text. */
  readonly name: string;
  child(...parts: readonly (string | number)[]): Seed;
  random(): Random;
}

function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Two independent 32-bit keys of a text. */
function keysOf(text: string): readonly [number, number] {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  for (let i = 0; i < text.length; i++) {
    a = mix(a ^ text.charCodeAt(i)) + 0x6d2b79f5;
    b = mix(Math.imul(b, 31) + text.charCodeAt(i)) ^ 0x3c6ef372;
  }
  return [mix(a), mix(b)];
}

/**
 * The root of a tree of names.
 * @example seed("run 7").child("critique", promptId, 2).random().float()
 */
export function seed(name: string): Seed {
  return {
    name,
    child: (...parts) => seed([name, ...parts.map((part) => JSON.stringify(part))].join("/")),
    random: () => streamOf(keysOf(name)),
  };
}

/** The draw at a place of a stream: 32 bits, as an integer with a sign. */
const wordAt = (a: number, b: number, place: number): number =>
  mix(mix(place ^ a) + Math.imul(place, 0x9e3779b1) + b);

function streamOf([a, b]: readonly [number, number]): Random {
  let counter = 0;
  const word = (): number => {
    counter += 1;
    return wordAt(a, b, counter) >>> 0;
  };
  const float = (): number => ((word() >>> 5) * 0x4000000 + (word() >>> 6)) / 0x20000000000000;
  const integer = (n: number): number => Math.floor(float() * n);
  return {
    float,
    integer,
    pick: (items) => {
      if (items.length === 0) throw new Error("random.pick: expected at least one item, got none");
      return items[integer(items.length)]!;
    },
    chance: (p) => float() < p,
    // Box and Muller: both uniforms are drawn anew each time, so that one call is one step of the stream.
    normal: () => Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float()),
    bernoulli: (count, p, value) => {
      const numbers = new Float32Array(count);
      const first = counter + 1;
      const least = 2 ** 31 - p * 2 ** 32; // of words with a sign
      // Multiplied in place of a branch, which would often be foreseen wrongly.
      for (let i = 0; i < count; i++) numbers[i] = Number(wordAt(a, b, first + i) >= least) * value;
      counter += count;
      return numbers;
    },
    // Fisher and Yates.
    shuffle: (items) => {
      const shuffled = [...items];
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
      }
      return shuffled;
    },
  };
}
