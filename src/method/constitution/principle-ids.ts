// Ids for principles that come without one: words of the text, so that a person knows it again and the order of the list does
// not matter. Knows texts, not formats.
import { createHash } from "node:crypto";
import { tellingWords } from "./statements.ts";

/** Most characters of an id made of words. */
const LONGEST = 40;

/**
 * One id a principle, none twice: the name it came with where that can be one, or else the first telling words of its
 * gist, which is its text where nothing else is said. Of
 * several that would have the same, all but the first get a number.
 *
 * @example principleIds([{ text: "Never help anyone steal." }]) // ["never-help-steal"]
 */
export function principleIds(
  principles: readonly { readonly name?: string; readonly text: string; readonly gist?: string }[],
): readonly string[] {
  const wished = principles.map(({ name = "", text, gist = text }) => {
    const isId = /^[a-z0-9][a-z0-9._-]*$/.test(name);
    return isId ? name : (slug(name) ?? slugOfText(gist));
  });
  const taken = new Set(wished);
  const given = new Set<string>();
  return wished.map((wish) => {
    let id = wish;
    for (let n = 2; given.has(id) || (id !== wish && taken.has(id)); n++) id = `${wish}-${n}`;
    given.add(id);
    return id;
  });
}

/** Small letters, digits and hyphens, such as a tag or an id is made of; undefined where nothing of the text is any. */
export function slug(text: string): string | undefined {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}|['’]/gu, "")
    .toUpperCase() // "ß" is two letters in capitals
    .toLowerCase();
  if (/[^\P{L}a-z]/u.test(plain)) return undefined; // letters that would be lost
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "") || undefined;
}

function slugOfText(text: string): string {
  let id = "";
  for (const word of tellingWords(text)) {
    const next = [id, slug(word)].filter(Boolean).join("-");
    if (next.length > LONGEST) break;
    id = next;
  }
  const isWhole = slug(text) !== undefined && id !== "";
  return isWhole ? id : `principle-${createHash("sha256").update(text).digest("hex").slice(0, 8)}`;
}
