// What of a row its shape cannot keep for a purpose: a column, a part of one, or a key within one that nothing reads.
import { roleOf } from "./conversation.ts";
import { isRecord, type Row } from "./row.ts";
import { type Keys, type Purpose, shapeOf, TURN } from "./shapes.ts";
import { messagesOf } from "./turns.ts";

/** Such as "margin", "messages: its last answer" or "messages[].weight". */
export function leftBehind(row: Row, purpose: Purpose): readonly string[] {
  const shape = shapeOf(row, purpose);
  if (shape === undefined) return [];
  const left = shape[purpose]!.leaves.filter((leaf) => {
    const [path, part] = leaf.split(": ");
    const values = valuesAt(row, path!.split("."));
    return values.length > 0 && (part === undefined || PARTS[part]!(values));
  });
  const kept = [...shape.columns, ...shape.optional].filter((column) => !left.includes(column));
  const keys = kept.flatMap((column) => unreadKeys(row[column], column, shape.keys?.[column] ?? TURN));
  return [...new Set([...left, ...keys])];
}

/** What of an annotated-pairs document its comparisons do not bring with them: such as "metadata.description". */
export const leftOfDocument = (document: Row): readonly string[] => unreadKeys(document, "", DOCUMENT);

const DOCUMENT: Keys = {
  annotators: "all",
  comparisons: "all",
  // The last says what comparisons carry, and they do.
  metadata: {
    version: {},
    dataset_name: {},
    default_annotator: {},
    available_metadata_keys_per_comparison: {},
  },
};

/** Everything that stands at a path such as ["cst[]", "cst_value", "prompt"]. */
function valuesAt(value: unknown, [step, ...rest]: readonly string[]): readonly unknown[] {
  if (step === undefined) return value == null ? [] : [value];
  const own = isRecord(value) ? value[step.replace("[]", "")] : undefined;
  const items = step.endsWith("[]") ? (Array.isArray(own) ? own : []) : [own];
  return items.flatMap((item) => valuesAt(item, rest));
}

/** Parts of a column by the names that shapes give them, and whether what stands there has them. */
const PARTS: Readonly<Record<string, (values: readonly unknown[]) => boolean>> = {
  "its last answer": ([value]) => {
    if (typeof value === "string") return value.lastIndexOf("Assistant:") > value.lastIndexOf("Human:");
    const turns = messagesOf(value);
    return Array.isArray(turns) && roleOf(turns.at(-1)) !== "user";
  },
  "all but the best and the worst": ([value]) => Array.isArray(value) && value.length > 2,
  "all but the first": (values) => values.some((value) => Array.isArray(value) && value.length > 1),
  "how far apart": (values) => Math.max(...values.map(Number)) - Math.min(...values.map(Number)) > 1,
};

/** Paths of the keys with a value that are not among those known, at any depth. */
function unreadKeys(value: unknown, path: string, known: Keys): readonly string[] {
  if (known === "all") return [];
  if (Array.isArray(value))
    return [...new Set(value.flatMap((item) => unreadKeys(item, `${path}[]`, known)))];
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, own]) => {
    const at = path === "" ? key : `${path}.${key}`;
    if (own == null) return [];
    return Object.hasOwn(known, key) ? unreadKeys(own, at, known[key]!) : [at];
  });
}
