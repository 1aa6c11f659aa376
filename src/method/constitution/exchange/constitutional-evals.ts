// Constitutional-Evals, schema 1.1: criteria that begin with "Prefer the response that", the same in other voices, guidelines for
// conflicts, and where all of it is from. As JSON or YAML.
import { parseDocument } from "yaml";
import { z } from "zod";
import { UserError } from "../../../user-error.ts";
import type { Row } from "../../datasets/row.ts";
import { type Constitution, sourceText } from "../constitution.ts";
import { slug } from "../principle-ids.ts";
import { comparisonQuestion, derivedWording } from "../wording.ts";
import { type Content, each, entries, entryAs, jsonIn, parseAs, saidText, unreadNote } from "./content.ts";
import type { DraftPrinciple, ForeignReading } from "./draft.ts";

const number = "(?:0|[1-9]\\d*)";
const version = z.string().regex(new RegExp(`^${number}\\.${number}\\.${number}$`), {
  error: "expected three numbers, such as 1.0.0",
});
const date = z.iso.date({ error: "expected a day, such as 2026-01-31" });
const schema = z.looseObject({
  schema_version: z.literal("1.1", { error: 'expected "1.1"' }),
  title: saidText,
  version,
  criteria: z.array(z.unknown()).min(1),
  voices: z.looseObject({}).nullish(),
  guidelines: entries,
  license: z.string().nullish(),
  changelog: entries,
});
/** The format has a date of any kind; a changelog of ours has days. */
const change = z.looseObject({ version, date, notes: saidText });

/** What is read; the rest is told as left out. */
const READ = new Set(Object.keys(schema.shape));

/** The tag of guidelines, which are principles here, and stay apart in the file. */
const GUIDELINE = "guideline";

export const isConstitutionalEvals = ({ text, json }: Content): boolean => {
  const keys =
    typeof json === "object" && json !== null
      ? Object.keys(json)
      : text.match(/(?<=^|^\{\s*|,\s*)\w+(?=:)/gm);
  return keys !== null && ["criteria", "schema_version"].every((key) => keys.includes(key));
};

/** A criterion keeps its words for comparisons; its text is the third person's voice, or the criterion turned into a statement. */
export function readConstitutionalEvals(content: Content): ForeignReading {
  const { text, json, where } = content;
  const value = (json ?? (/^\s*\{\s*"/.test(text) ? jsonIn(content) : fromYaml(text, where))) as Row;
  const { title, version, criteria, voices, guidelines, license, changelog } = parseAs(schema, value, where);
  const { third_person, ...others }: Row = voices ?? {};
  const isTold = Array.isArray(third_person) && third_person.length === criteria.length;
  const told = each(
    isTold ? third_person : [],
    (i) => `voices.third_person[${i}]`,
    (said, place) => entryAs(saidText, said, place).trim(),
  );
  const judged = each(
    criteria,
    (i) => `criteria[${i}]`,
    (said, locator, i): DraftPrinciple => {
      const comparison = entryAs(saidText, said, locator).trim();
      const text = told.places[i] ?? statementOf(comparison);
      const isDerived = comparison === derivedWording("comparison", text);
      return { text, locator, wording: isDerived ? {} : { comparison } };
    },
  );
  const guiding = each(
    guidelines,
    (i) => `guidelines[${i}]`,
    (said, locator): DraftPrinciple => ({
      text: entryAs(saidText, said, locator).trim(),
      locator,
      tags: [GUIDELINE],
    }),
  );
  const changes = each(
    changelog,
    (i) => `changelog[${i}]`,
    (one, place) => {
      const { version, date, notes: note } = entryAs(change, one, place);
      return { version, date, note };
    },
  );
  // An id that is the title in small letters is made of it again.
  const isKept = (key: string) => READ.has(key) || (key === "id" && value["id"] === slug(title));
  const spoken = Object.entries({ ...others, ...(!isTold && { third_person }) });
  const heard = spoken.filter(([, said]) => Array.isArray(said) && said.length > 0);
  return {
    title,
    version,
    ...(license?.trim() && { licence: license }),
    changelog: changes.items,
    principles: [...judged.items, ...guiding.items],
    notes: [
      ...(guiding.items.length > 0
        ? [`guidelines are principles with the tag ${GUIDELINE}; --without ${GUIDELINE} leaves them out`]
        : []),
      ...unreadNote([value], Object.keys(value).filter(isKept)),
      ...unreadNote([Object.fromEntries(heard)], [], "voices."),
    ],
    malformed: [judged, told, guiding, changes].flatMap(({ malformed }) => malformed),
  };
}

/** "Prefer the response that says so" asks for the response that says so. */
const statementOf = (criterion: string): string =>
  criterion.replace(
    /^(?:criterion \d+[^:]*: *)?(?:please )?(?:prefer|choose|select|pick) the (response|answer|option)\b/i,
    "The assistant gives the $1",
  );

function fromYaml(text: string, where: string): unknown {
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken === undefined) return document.toJS();
  throw new UserError(
    "import-yaml",
    `${where}: expected YAML, got ${broken.message.split("\n")[0]}`,
    "Check the indentation and the quotes around text that holds a colon.",
  );
}

export function writeConstitutionalEvals({ title, version, principles, changelog }: Constitution): string {
  const isGuideline = ({ tags }: Constitution["principles"][number]) => tags.includes(GUIDELINE);
  const criteria = principles.filter((one) => !isGuideline(one));
  const judged = criteria.length > 0 ? criteria : principles; // the schema wants one
  const licences = new Set(principles.map(({ source }) => source?.licence));
  const [licence] = licences;
  const sources = new Set(
    principles.flatMap(({ source }) => (source === undefined ? [] : sourceText(source))),
  );
  const document = {
    schema_version: "1.1",
    id: slug(title) ?? "constitution",
    title,
    version: plain(version),
    role: "supplementary",
    in_basis: false,
    criteria: judged.map((principle) => comparisonQuestion(principle).text),
    voices: { third_person: judged.map(({ text }) => text) },
    guidelines: criteria.length > 0 ? principles.filter(isGuideline).map(({ text }) => text) : [],
    ...(licences.size === 1 && licence !== undefined && { license: licence }),
    ...(sources.size > 0 && { provenance: { source_texts: [...sources] } }),
    changelog: changelog.map(({ note, date: day, version: at }) => ({
      version: plain(at),
      date: day,
      notes: note,
    })),
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** The schema has three numbers and nothing behind them. */
const plain = (full: string): string => full.replace(/[-+].*$/, "");
