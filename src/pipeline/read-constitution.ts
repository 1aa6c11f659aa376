// A constitution from its file, less the principles that are left out or not drawn, and remarks on it by line. What a document must hold, and
// what a remark is, is method/constitution.
import {
  type Constitution,
  parseConstitution,
  principleLines,
  without,
} from "../method/constitution/constitution.ts";
import { drawPrinciples } from "../method/constitution/draw.ts";
import { type Remark, reviewConstitution } from "../method/constitution/review.ts";
import { UserError } from "../user-error.ts";
import { readUtf8 } from "./read-utf8.ts";
import type { Recipe } from "./recipe.ts";

/** A constitution's file, and ids or tags of principles to leave out. */
export interface ConstitutionSource {
  readonly file: string;
  readonly without?: readonly string[];
  /** The file as the user wrote it, for messages. */
  readonly shownAs?: string;
}

/** Reads a constitution. @throws UserError when it cannot be read or used, or nothing of it would be left */
export function readConstitution(source: ConstitutionSource): Constitution {
  return parse(source, textOf(source));
}

/** The constitution that a recipe follows. @throws UserError when it has fewer principles than the recipe takes */
export function constitutionOf({
  constitution: { count, ...source },
  seed,
}: Pick<Recipe, "constitution" | "seed">): Constitution {
  const whole = readConstitution(source);
  if (count === "all") return whole;
  const { principles } = whole;
  if (count > principles.length)
    throw new UserError(
      "too-few-principles",
      `constitution.count: expected at most ${principles.length}, the principles of ${source.file}, got ${count}`,
      "Lower it, or leave fewer principles out.",
    );
  const drawn = new Set(drawPrinciples(whole, `${seed}/constitution`, count));
  return { ...whole, principles: principles.filter((principle) => drawn.has(principle)) };
}

/** A constitution with the remarks on it. A remark's line is that of the principle, or 1 where the whole is meant. */
export function readAndReview(source: ConstitutionSource): {
  readonly constitution: Constitution;
  readonly remarks: readonly (Remark & { readonly line: number })[];
  readonly lineOf: (remark: { readonly id?: string }) => number;
} {
  const text = textOf(source);
  const constitution = parse(source, text);
  const lines = principleLines(text);
  const lineOf = ({ id = "" }: { readonly id?: string }) => lines.get(id) ?? 1;
  const remarks = reviewConstitution(constitution).map((remark) => ({ ...remark, line: lineOf(remark) }));
  return { constitution, remarks, lineOf };
}

const parse = (
  { file, without: leftOut = [], shownAs = file }: ConstitutionSource,
  text: string,
): Constitution => without(parseConstitution(text, shownAs), leftOut);

const textOf = ({ file, shownAs = file }: ConstitutionSource): string =>
  readUtf8(
    file,
    shownAs,
    (cause) =>
      new UserError(
        "constitution-unreadable",
        `${shownAs}: expected a constitution, but it cannot be read (${cause.message})`,
        "Name a YAML file, such as constitutions/town.yaml.",
        { cause },
      ),
  );
