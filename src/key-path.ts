// Where a key stands in a file that a person wrote: its value, its line, and what its schema knows beside it. A leaf that any layer
// may import.
import { type Document, isNode, type LineCounter } from "yaml";
import { z } from "zod";

/** Keys from the top down; a number is a place in a list. */
export type KeyPath = readonly (string | number)[];

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (at, key) => (at as Readonly<Record<string | number, unknown>> | null | undefined)?.[key],
    value,
  );
}

/** Line of a key, or of the closest one above it that is written down; undefined where none is. */
export function lineAt(document: Document, lines: LineCounter, path: KeyPath): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

/** Every object schema that a schema may stand for, defaults and alternatives taken off. */
function objectsOf(schema: z.ZodType | undefined): readonly z.ZodObject[] {
  if (schema instanceof z.ZodObject) return [schema];
  if (schema instanceof z.ZodPipe) return objectsOf(schema.in as z.ZodType);
  if (schema instanceof z.ZodArray) return objectsOf(schema.element as z.ZodType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => objectsOf(option as z.ZodType));
  if (
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional
  )
    return objectsOf(schema.unwrap() as z.ZodType);
  return [];
}

/** The schema of the key at a path. */
export function schemaAt(schema: z.ZodType, path: KeyPath): z.ZodType | undefined {
  return path.reduce<z.ZodType | undefined>((at, key) => {
    if (typeof key === "number") return at; // an element's keys are its list's
    for (const { shape } of objectsOf(at))
      if (Object.hasOwn(shape, key)) return shape[String(key)] as z.ZodType;
    return undefined;
  }, schema);
}

/** Names of the keys that a schema has, in any of its alternatives. */
export const keysBelow = (schema: z.ZodType | undefined): readonly string[] =>
  objectsOf(schema).flatMap(({ shape }) => Object.keys(shape));

/** Dotted names of all keys. */
export function allPaths(schema: z.ZodType | undefined): readonly string[] {
  return objectsOf(schema).flatMap(({ shape }) =>
    Object.entries(shape).flatMap(([key, member]) => [
      key,
      ...allPaths(member as z.ZodType).map((rest) => `${key}.${rest}`),
    ]),
  );
}
