// The content of a file of another format: its text, and what it is as JSON or JSON Lines. What does not hold what it should is
// told by its place.
import { z } from "zod";
import { UserError } from "../../../user-error.ts";

/** A file, as text and, where it is JSON or JSON Lines, as a value (JSON Lines: the list of its rows). */
export interface Content {
  /** The file's name, for messages and sources. */
  readonly where: string;
  readonly text: string;
  readonly json: unknown;
}

/** @example contentOf('{"trait": "kind"}\n{"trait": "brief"}', "a.jsonl").json // [{ trait: "kind" }, { trait: "brief" }] */
export function contentOf(text: string, where: string): Content {
  return { where, text, json: jsonOf(text) ?? rowsOf(text) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // some other format
  }
}

function rowsOf(text: string): unknown {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (!lines[0]?.trimStart().startsWith("{")) return undefined;
  const rows = lines.map(jsonOf);
  return rows.includes(undefined) ? undefined : rows;
}

/** What a file holds that is not read, where there is any. */
export function unreadNote(
  objects: readonly object[],
  read: readonly string[],
  within = "",
): readonly string[] {
  const keys = new Set(objects.flatMap((one) => Object.keys(one)));
  const unread = [...keys.difference(new Set(read))].map((key) => within + key);
  return unread.length === 0 ? [] : [`left out, as there is no place for it here: ${unread.join(", ")}`];
}

/** Text that says something, as it stands. */
export const saidText = z
  .string()
  .refine((text) => text.trim() !== "", { error: "expected text that is not empty" });

/**
 * The value as the format has it.
 * @throws UserError that lists every place where it is not
 */
export function parseAs<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as T;
  const messages = error.issues.map(({ path, message }) => {
    const place = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
    return `${where}: ${place.replace(/^\./, "") || "document"}: ${message.replace(/^Invalid input: /, "").replace(/, received /, ", got ")}`;
  });
  throw new UserError(
    "import-value",
    messages.join("\n"),
    "Put the file right, or say what it is with --from.",
  );
}
