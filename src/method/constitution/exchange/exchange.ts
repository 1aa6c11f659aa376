// A constitution from a file of another format and back, with what a format cannot hold told by name. Knows readings and rows of
// the table (formats.ts), not one format.
import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../../user-error.ts";
import type { Skipped } from "../../datasets/dataset.ts";
import { type Constitution, type Principle, parseConstitution } from "../constitution.ts";
import { formatConstitution } from "../format-constitution.ts";
import { principleIds } from "../principle-ids.ts";
import { type Content, contentOf, jsonIn } from "./content.ts";
import type { Beside, ForeignReading, Question } from "./draft.ts";
import { FORMAT_NAMES, type FormatName, WRITABLE } from "./format-names.ts";
import { FORMATS, formatOf, type ReadOptions } from "./formats.ts";
import { readPaperPair } from "./instructions.ts";

/** A file's reading with its principles named. */
export interface Imported
  extends Pick<ForeignReading, "demonstrations" | "comparisons" | "coverage" | "notes"> {
  readonly format: FormatName;
  /** Absent where the file holds examples alone. */
  readonly constitution?: Constitution;
  /** Prompts that came with principles. */
  readonly questions: readonly Question[];
  /** Entries that cannot be read, each with its place. */
  readonly malformed: readonly Skipped[];
}

/** One of Charter's own: its principles have keys, where those of a document in prose are sentences. */
const isOwn = (text: string): boolean =>
  /^title:/m.test(text) &&
  /^principles:(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*(?:\[\s*[\]{]|-\s+\{?\s*["']?(?:id|text|weight|tags|reasons|source|wording)["']?:)/m.test(
    text,
  );

/** Begins as JSON does, and not as Markdown may: "[a link](…)", "{#anchor}". */
const BEGINS_AS_JSON = /^\s*(?:\{\s*["'}\w/]|\[\s*[{"'\]](?![^\]\n]*\]\())/;

/** The format of a file. @throws UserError for one of ours, for JSON with a mistake in it, and for JSON that is in none */
function recognise(content: Content, from?: FormatName): FormatName {
  if (from === undefined && isOwn(content.text))
    throw new UserError(
      "import-own",
      `${content.where}: expected a constitution of another format, got one of Charter's`,
      "It can be used as it is; `charter constitution export` writes it in another format.",
    );
  const format = from ?? formatOf(content);
  const isProse = format === "markdown" && from === undefined;
  if (isProse && BEGINS_AS_JSON.test(content.text)) jsonIn(content); // told where it is none
  if (format !== undefined) return format;
  throw new UserError(
    "import-format",
    `${content.where}: expected a constitution in a format that is known, got JSON of some other kind`,
    `Say which it is with --from: ${FORMAT_NAMES.join(", ")}.`,
  );
}

/**
 * Reads one file, or the paper's critique and revision instructions and its comparison instructions together.
 *
 * @param contents one or two files
 * @throws UserError for a file that is not what it should be
 */
export function readForeign(
  contents: readonly [Content, ...Content[]],
  { from, ...options }: ReadOptions & { readonly from?: FormatName },
): { readonly format: FormatName; readonly reading: ForeignReading } {
  const formats = contents.map((content) => recognise(content, from));
  const [first, ...rest] = contents;
  const without = formats.findIndex((format) => format !== "polis");
  if (options.consensus !== undefined && without >= 0)
    throw new UserError(
      "import-consensus",
      `${contents[without]!.where}: expected a table of Pol.is comments for --consensus, got ${FORMATS[formats[without]!].what}`,
      "Leave --consensus out.",
    );
  if (rest.length === 0) return { format: formats[0]!, reading: FORMATS[formats[0]!].read(first, options) };
  const at = (name: FormatName) => contents[formats.indexOf(name)];
  const [instructions, comparisons] = [at("paper"), at("paper-comparisons")];
  if (rest.length === 1 && instructions !== undefined && comparisons !== undefined)
    return { format: "paper", reading: readPaperPair(instructions, comparisons) };
  throw new UserError(
    "import-files",
    `expected one file, or the paper's instructions for critiques and for comparisons, got ${contents.map(({ where }, i) => `${where} (${FORMATS[formats[i]!].what})`).join(" and ")}`,
    "Import them one by one.",
  );
}

/**
 * A reading as a constitution: ids, its source, version 1.0.0 where it has none.
 *
 * @param source title of the source of every principle
 * @param title where the reading has none
 */
export function named(
  { format, reading }: ReturnType<typeof readForeign>,
  source: string,
  title: string,
): Imported {
  const { principles, prompts = [], demonstrations, comparisons, coverage, notes, malformed = [] } = reading;
  const ids = principleIds(principles);
  const constitution: Constitution = {
    title: reading.title ?? title,
    version: reading.version ?? "1.0.0",
    principles: principles.map(
      ({ text, reasons, weight, tags, wording, locator }, i): Principle => ({
        id: ids[i]!,
        text,
        reasons: reasons ?? "",
        source: {
          title: source,
          locator,
          ...(reading.licence !== undefined && { licence: reading.licence }),
        },
        weight: weight ?? 1,
        tags: [...new Set(tags)],
        wording: wording ?? {},
      }),
    ),
    changelog: reading.changelog ?? [],
  };
  return {
    format,
    // Read as a user's own would be, so that what is written can be used.
    ...(principles.length > 0 && {
      constitution: parseConstitution(formatConstitution(constitution), source),
    }),
    questions: prompts.map(({ prompt, of, list }) => ({ prompt, principle: ids[of]!, list })),
    ...(demonstrations && { demonstrations }),
    ...(comparisons && { comparisons }),
    ...(coverage && { coverage }),
    notes,
    malformed,
  };
}

/** A constitution in another format, and what of it does not come back when it is read again. */
export interface Exported {
  readonly text: string;
  /** Each with how many principles it concerns: "id, tags of 16 principles". */
  readonly lost: readonly string[];
}

/**
 * @param beside what the format holds beside principles; what it does not is left out
 * @throws UserError for a format that is only read
 */
export function exportConstitution(
  constitution: Constitution,
  format: FormatName,
  beside: Beside = {},
): Exported {
  const { write, read, needs } = FORMATS[format];
  if (write === undefined)
    throw new UserError(
      "export-format",
      `expected a format that can be written, got ${format}`,
      `Formats: ${WRITABLE.join(", ")}.`,
    );
  if (needs !== undefined && (beside[needs] ?? []).length === 0)
    throw new UserError(
      "export-examples",
      `expected ${needs} for ${format}, which holds them alone, got none`,
      `Name their file: --${needs} <file>.`,
    );
  const text = write(constitution, beside);
  const reading = read(contentOf(text, "export"), {});
  const back = named({ format, reading }, "export", "export");
  return { text, lost: [...lostBetween(constitution, back.constitution), ...lostBeside(beside, back)] };
}

/** How many examples and questions do not come back as they were. */
function lostBeside(before: Beside, after: Imported): readonly string[] {
  const { demonstrations = [], comparisons = [], questions = [] } = before;
  const missing = (of: readonly object[], back: readonly object[] = []) => {
    let from = 0; // what comes back comes in order
    const isMissing = (one: object) => {
      const isIt = (other: object) => isDeepStrictEqual({ metadata: {}, ...one }, { metadata: {}, ...other });
      const at = back.findIndex((other, i) => i >= from && isIt(other));
      if (at >= 0) from = at + 1;
      return at < 0;
    };
    return of.filter(isMissing).length;
  };
  const counts = {
    demonstrations: missing(demonstrations, after.demonstrations),
    comparisons: missing(comparisons, after.comparisons),
    prompts: questions.length - after.questions.length,
  };
  return Object.entries(counts).flatMap(([name, count]) => (count === 0 ? [] : [`${count} of the ${name}`]));
}

/** What a principle may have, and what it is where it has none. */
const FIELDS: { readonly [name: string]: readonly [of: (principle: Principle) => unknown, none: unknown] } = {
  id: [({ id }) => id, ""],
  text: [({ text }) => text, ""],
  reasons: [({ reasons }) => reasons, ""],
  source: [({ source }) => source, undefined],
  weight: [({ weight }) => weight, 1],
  tags: [({ tags }) => tags.join(), ""],
  "critique wording": [({ wording }) => wording.critique, undefined],
  "revision wording": [({ wording }) => wording.revision, undefined],
  "comparison wording": [({ wording }) => wording.comparison, undefined],
};

/** Found by reading what was written, so that it is what a reader really misses. */
function lostBetween(before: Constitution, after: Constitution | undefined): readonly string[] {
  if (after === undefined) return ["every principle: the format holds examples alone"];
  const byId = new Map(after.principles.map((principle) => [principle.id, principle]));
  const byText = new Map(after.principles.map((principle) => [principle.text, principle]));
  const pairs = before.principles.map((one, i) => {
    const same = after.principles[i];
    const isIt = same?.text === one.text || same?.id === one.id;
    return [one, isIt ? same : (byText.get(one.text) ?? byId.get(one.id) ?? same)] as const;
  });
  const places = pairs.map(([, other]) => after.principles.indexOf(other!));
  const isInOrder = places.every((place, i) => i === 0 || place >= places[i - 1]!);
  const counts = Object.entries(FIELDS).map(([name, [of, none]]) => {
    const missing = pairs.filter(([one, other]) => {
      const held = JSON.stringify(of(one));
      return held !== JSON.stringify(none) && held !== JSON.stringify(other && of(other));
    });
    return { name, count: missing.length };
  });
  const fields = [...Map.groupBy(counts, ({ count }) => count)].flatMap(([count, of]) =>
    count === 0
      ? []
      : `${of.map(({ name }) => name).join(", ")} of ${count} principle${count === 1 ? "" : "s"}`,
  );
  return [
    ...fields,
    ...(isInOrder ? [] : ["order of the principles"]),
    ...(["title", "version", "changelog"] as const).filter(
      (key) => !isDeepStrictEqual(before[key], after[key]),
    ),
  ];
}
