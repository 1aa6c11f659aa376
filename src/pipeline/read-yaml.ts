// A YAML file that a person wrote, as keys and values with their lines: what recipes and studies are read from. Knows no key.
import { LineCounter, parseDocument } from "yaml";
import { type KeyPath, lineAt } from "../key-path.ts";
import { UserError } from "../user-error.ts";
import { readUtf8 } from "./read-utf8.ts";

/** What is read, for messages, and one of its kind that comes with Charter. */
export interface YamlKind {
  readonly kind: "recipe" | "study";
  readonly example: string;
}

export interface ReadYaml {
  readonly value: Record<string, unknown>;
  /** Line of a key, or of the closest one above it that is written down. */
  readonly lineOf: (path: KeyPath) => number | undefined;
}

/** The text of such a file. @throws UserError when it cannot be read */
export const readText = (file: string, shownAs: string, { kind, example }: YamlKind): string =>
  readUtf8(
    file,
    shownAs,
    (cause) =>
      new UserError(
        `${kind}-unreadable`,
        `${shownAs}: expected a ${kind}, but it cannot be read (${cause.message})`,
        `Name a YAML file, such as ${example}.`,
        { cause },
      ),
  );

/** The same with no part in two places: an alias is a copy of its anchor, so that one may be set without the other. */
function eachItsOwn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(eachItsOwn);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, eachItsOwn(own)]));
}

/** @throws UserError when the text is no YAML, or no map */
export function readYaml(text: string, shownAs: string, { kind, example }: YamlKind): ReadYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const line = lines.linePos(fault.pos[0]).line;
    throw new UserError(
      `${kind}-yaml`,
      `${shownAs}:${line}: expected YAML, got: ${fault.message.split("\n")[0]}`,
      "Check indentation and quotes near that line.",
    );
  }
  let value: unknown;
  try {
    value = eachItsOwn(document.toJS() ?? {});
  } catch (cause) {
    throw new UserError(
      `${kind}-yaml`,
      `${shownAs}: expected YAML, got: ${(cause as Error).message}`,
      "Put quotes around text that begins with an asterisk.",
      { cause },
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new UserError(
      `${kind}-yaml`,
      `${shownAs}: expected keys and values at the top, got ${Array.isArray(value) ? "a list" : JSON.stringify(value)}`,
      `See ${example} for the shape of a ${kind}.`,
    );
  const record = value as Record<string, unknown>;
  // A section that is only named ("rl:") takes all its defaults.
  for (const key of Object.keys(record)) if (record[key] === null) delete record[key];
  return { value: record, lineOf: (path) => lineAt(document, lines, path) };
}
