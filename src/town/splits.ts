// Which material is for training, which steers design (dev) and which is looked at once at the end (final). Verbs
// (harms.ts, errands.ts) and objects (objects.ts) say it themselves; every verb-object pair and every phrasing belongs to
// exactly one split by a hash of its own words: no list to keep in step.

export type Split = "train" | "dev" | "final";

/** Of a hundred, how many go to dev and to final; the rest is for training. */
interface Shares {
  readonly dev: number;
  readonly final: number;
}

const PAIR_SHARES: Shares = { dev: 15, final: 15 };
const PHRASING_SHARES: Shares = { dev: 10, final: 10 };

/** FNV-1a over UTF-16 units with a final mix, a 32-bit unsigned integer. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995);
  return (hash ^ (hash >>> 15)) >>> 0;
}

function splitByHash(text: string, shares: Shares): Split {
  const bucket = hashOf(text) % 100;
  if (bucket < shares.dev) return "dev";
  return bucket < shares.dev + shares.final ? "final" : "train";
}

/** The split of a verb with an object, whatever the splits of the two themselves. */
export function splitOfPair(verbPhrase: string, object: string): Split {
  return splitByHash(`pair|${verbPhrase}|${object}`, PAIR_SHARES);
}

/** The split of a phrasing with one of the keywords that can fill it. */
export function splitOfPhrasing(frame: string, keyword: string): Split {
  return splitByHash(`phrasing|${frame}|${keyword}`, PHRASING_SHARES);
}

/** The split of something made of parts: final if any part is final, else dev if any is dev, else train. */
export function strictestSplit(parts: readonly Split[]): Split {
  if (parts.includes("final")) return "final";
  return parts.includes("dev") ? "dev" : "train";
}
