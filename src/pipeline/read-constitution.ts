// A constitution from its file, less the principles that are left out. What a document must hold is method/constitution.
import { readFileSync } from "node:fs";
import { type Constitution, parseConstitution, without } from "../method/constitution/constitution.ts";
import { UserError } from "../user-error.ts";

/** A constitution's file, and ids or tags of principles to leave out. */
export interface ConstitutionSource {
  readonly file: string;
  readonly without?: readonly string[];
  /** The file as the user wrote it, for messages. */
  readonly shownAs?: string;
}

/** Reads a constitution. @throws UserError when it cannot be read or used, or nothing of it would be left */
export function readConstitution({
  file,
  without: leftOut = [],
  shownAs = file,
}: ConstitutionSource): Constitution {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new UserError(
      "constitution-unreadable",
      `${shownAs}: expected a constitution, but it cannot be read (${(cause as Error).message})`,
      "Name a YAML file, such as constitutions/town.yaml.",
      { cause },
    );
  }
  return without(parseConstitution(text, shownAs), leftOut);
}
