// Finds a key that occurs twice in one object of a JSON text. JSON.parse keeps the last one silently, which in a
// safetensors header would hide a tensor, and in a constitution a principle.

/**
 * The first key written twice in the same object, at any depth, and where it stands the second time; or null.
 *
 * @param json a text that JSON.parse accepts
 * @example findDuplicateKey('{"a":1,"b":{"a":2}}'); // null
 */
export function findDuplicateKey(json: string): { readonly key: string; readonly at: number } | null {
  const seen: Set<string>[] = []; // keys of the objects that are open; an array holds an empty set
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs;
  for (const { 0: text, 1: colon, index: at } of json.matchAll(token)) {
    if (text === "{" || text === "[") seen.push(new Set());
    else if (text === "}" || text === "]") seen.pop();
    else if (colon !== undefined) {
      const key: string = JSON.parse(text.slice(0, text.length - colon.length));
      const keys = seen.at(-1)!;
      if (keys.has(key)) return { key, at };
      keys.add(key);
    }
  }
  return null;
}
