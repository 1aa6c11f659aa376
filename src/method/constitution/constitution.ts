// A constitution: a list of plain-language principles, each with its reasons and its source (CAI paper, section 1.2). Ids are
// stable and wording may change. Knows what a document must hold; issues.ts says what is wrong with one, draw.ts draws.
import { type Document, isMap, isSeq, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { deepFreeze, type Frozen } from "../../frozen.ts";
import { nearestName } from "../../nearest-name.ts";
import { UserError } from "../../user-error.ts";
import { explainConstitution } from "./issues.ts";

/** Semantic versioning, 2.0.0: three whole numbers, then an optional pre-release and build. */
const VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/;

const text = z.string().trim().min(1);
const version = z.string().regex(VERSION, { error: "expected a version of three numbers, such as 1.0.0" });
const name = z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, {
  error: "expected small letters, digits and hyphens, such as no-theft",
});

const principleSchema = z.strictObject({
  /** Stable: draws, ledger entries and `without` go by it. */
  id: name,
  /** The principle in plain language. */
  text,
  /** Why it stands here, for readers. */
  reasons: z.string().trim().default(""),
  source: z
    .strictObject({
      title: text,
      locator: text.optional(),
      licence: text.optional(),
      url: z
        .url({ protocol: /^https?$/, error: "expected an address that begins with http:// or https://" })
        .optional(),
    })
    .optional(),
  /** How often it is drawn, relative to the others. */
  weight: z.number().positive().default(1),
  tags: z.array(name).default([]),
  /** The words put to a model, where those derived from the text will not do (wording.ts). */
  wording: z
    .strictObject({ critique: text.optional(), revision: text.optional(), comparison: text.optional() })
    .default({}),
});

const constitutionSchema = z.strictObject({
  title: text,
  version,
  principles: z.array(principleSchema).min(1),
  changelog: z.array(z.strictObject({ version, date: z.iso.date(), note: text })).default([]),
});

/** A constitution as parsed, every default filled in; frozen all the way down. */
export type Constitution = Frozen<z.output<typeof constitutionSchema>>;
/** One principle of a constitution. */
export type Principle = Constitution["principles"][number];
/** Where a principle comes from. */
export type Source = NonNullable<Principle["source"]>;

/** "Universal Declaration of Human Rights, Article 3 (public document), https://…". */
export const sourceText = ({ title, locator, licence, url }: Source): string =>
  [[title, locator].filter(Boolean).join(", ") + (licence === undefined ? "" : ` (${licence})`), url]
    .filter(Boolean)
    .join(", ");

/**
 * Reads a constitution from YAML; frozen all the way down.
 *
 * @param where the file's name, for messages
 * @throws UserError that lists every mistake with its line and its fix
 * @example parseConstitution("title: Ours\nversion: 1.0.0\nprinciples: [{ id: kind, text: Be kind. }]", "ours.yaml")
 */
export function parseConstitution(yaml: string, where: string): Constitution {
  const lines = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw new UserError(
      "constitution-yaml",
      `${where}:${lines.linePos(broken.pos[0]).line}: expected YAML, got ${broken.message.split("\n")[0]}`,
      "Check the indentation and the quotes around text that holds a colon.",
    );
  }
  const parsed = constitutionSchema.safeParse(contentOf(document, where));
  const issues = explainConstitution(document, lines, parsed.error?.issues ?? [], constitutionSchema);
  if (!parsed.success || issues.length > 0) {
    throw new UserError(
      issues[0]!.code,
      issues.map(({ line, message }) => `${where}:${line}: ${message}`).join("\n"),
      [...new Set(issues.map(({ hint }) => hint))].join("\n"),
    );
  }
  return deepFreeze(parsed.data);
}

/** The line on which each principle of a constitution that can be read begins, by id. Lines count from 1. */
export function principleLines(yaml: string): ReadonlyMap<string, number> {
  const lines = new LineCounter();
  const principles = parseDocument(yaml, { lineCounter: lines }).get("principles");
  const items = isSeq(principles) ? principles.items.filter(isMap) : [];
  return new Map(items.map((item) => [String(item.get("id")), lines.linePos(item.range![0]).line]));
}

/** What a document says once its aliases are resolved. */
function contentOf(document: Document, where: string): unknown {
  try {
    return document.toJS();
  } catch (cause) {
    throw new UserError(
      "constitution-yaml",
      `${where}: expected YAML, got ${(cause as Error).message}`,
      "Put quotes around text that begins with an asterisk.",
      { cause },
    );
  }
}

/**
 * The constitution less the principles with any of these ids or tags. Draws that the others won do not move.
 *
 * @throws UserError for a name that is neither an id nor a tag, or when nothing is left
 */
export function without(constitution: Constitution, idsOrTags: readonly string[]): Constitution {
  const { title, principles } = constitution;
  const names = new Set(principles.flatMap(({ id, tags }) => [id, ...tags]));
  for (const given of idsOrTags) {
    if (names.has(given)) continue;
    const near = nearestName(given, names);
    throw new UserError(
      "constitution-unknown-principle",
      `without: expected the id or a tag of a principle in "${title}", got "${given}"`,
      near === undefined ? `It has: ${[...names].join(", ")}.` : `Did you mean "${near}"?`,
    );
  }
  const kept = principles.filter(({ id, tags }) => ![id, ...tags].some((own) => idsOrTags.includes(own)));
  if (kept.length === 0) {
    throw new UserError(
      "constitution-empty",
      `without: expected at least one principle of "${title}" to be left, got none`,
      "Leave out fewer ids or tags.",
    );
  }
  return deepFreeze({ ...constitution, principles: kept });
}
