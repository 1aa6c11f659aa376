// Canonical JSON (RFC 8785): sorted keys, no white space, numbers as JavaScript writes them, so that equal values have equal
// bytes and hence equal hashes. One departure: a lone surrogate is escaped, as JSON.stringify does, rather than refused,
// because a model may write one.
import { createHash } from "node:crypto";

/** A JSON value. Properties that are `undefined` are left out, as JSON.stringify leaves them out. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The one text of a JSON value.
 * @throws when the value holds what JSON cannot: a non-finite number, a function, an instance of a class.
 */
export function canonicalJson(value: Json): string {
  return write(value, "$");
}

/** Hex SHA-256 of a text (as UTF-8) or of bytes. */
export function sha256(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function write(value: unknown, path: string): string {
  switch (typeof value) {
    case "string":
    case "boolean":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw refusal(path, "a finite number", String(value));
      return JSON.stringify(value);
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? writeArray(value, path) : writeObject(value, path);
    default:
      throw refusal(path, "a JSON value", typeof value);
  }
}

function writeArray(items: readonly unknown[], path: string): string {
  return `[${items.map((item, i) => write(item, `${path}[${i}]`)).join(",")}]`;
}

function writeObject(value: object, path: string): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw refusal(path, "a plain object", value.constructor?.name ?? "an instance");
  const record = value as Readonly<Record<string, unknown>>;
  // The default order of sort() is by UTF-16 code units, which is the order of RFC 8785, section 3.2.3.
  const members = Object.keys(record)
    .sort()
    .filter((key) => record[key] !== undefined)
    .map((key) => `${JSON.stringify(key)}:${write(record[key], `${path}.${key}`)}`);
  return `{${members.join(",")}}`;
}

const refusal = (path: string, expected: string, got: string): Error =>
  new Error(`internal: canonicalJson: expected ${expected} at ${path}, got ${got}`);
