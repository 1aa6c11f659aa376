// Constitutional-Evals, schema 1.1: criteria that begin with "Prefer the response that", the same in other voices, guidelines for
// conflicts, and where all of it is from. As JSON or YAML.
import { parseDocument } from "yaml";
import { z } from "zod";
import { UserError } from "../../../user-error.ts";
import type { Constitution } from "../constitution.ts";
import { slug } from "../principle-ids.ts";
import { comparisonQuestion, derivedWording } from "../wording.ts";
import { type Content, parseAs, saidText, unreadNote } from "./content.ts";
import type { Draft, Reading } from "./draft.ts";

const texts = z.array(saidText).default([]);
const version = z.string().regex(/^\d+\.\d+\.\d+$/, { error: "expected three numbers, such as 1.0.0" });
const date = z.iso.date({ error: "expected a day, such as 2026-01-31" });
const schema = z.looseObject({
  schema_version: z.literal("1.1", { error: 'expected "1.1"' }),
  title: saidText,
  version,
  criteria: z.array(saidText).min(1),
  voices: z.looseObject({ first_person: texts, second_person: texts, third_person: texts }).prefault({}),
  guidelines: texts,
  license: z.string().optional(),
  changelog: z.array(z.looseObject({ version, date, notes: saidText })).default([]),
});

/** What is read; the rest is told as left out. */
const READ = new Set(Object.keys(schema.shape));

/** The tag of guidelines, which are principles here, and stay apart in the file. */
const GUIDELINE = "guideline";

export const isConstitutionalEvals = ({ text, json }: Content): boolean => {
  const keys = typeof json === "object" && json !== null ? Object.keys(json) : text.match(/^\w+(?=:)/gm);
  return keys !== null && ["criteria", "schema_version"].every((key) => keys.includes(key));
};

/** A criterion keeps its words for comparisons; its text is the third person's voice, or the criterion turned into a statement. */
export function readConstitutionalEvals({ text, json, where }: Content): Reading {
  const value = (json ?? fromYaml(text, where)) as Readonly<Record<string, unknown>>;
  const { title, version, criteria, voices, guidelines, license, changelog } = parseAs(schema, value, where);
  const told = voices.third_person.length === criteria.length ? voices.third_person : undefined;
  const principles = criteria.map((criterion, i): Draft => {
    const said = told?.[i]?.trim() ?? statementOf(criterion.trim());
    const comparison = criterion.trim();
    const isDerived = comparison === derivedWording("comparison", said);
    return { text: said, locator: `criteria[${i}]`, wording: isDerived ? {} : { comparison } };
  });
  // An id that is the title in small letters is made of it again.
  const isKept = (key: string) => READ.has(key) || (key === "id" && value["id"] === slug(title));
  const spoken = Object.entries(voices).filter(([, said]) => Array.isArray(said) && said.length > 0);
  return {
    title,
    version,
    ...(license !== undefined && { licence: license }),
    changelog: changelog.map(({ notes, ...entry }) => ({
      version: entry.version,
      date: entry.date,
      note: notes,
    })),
    principles: [
      ...principles,
      ...guidelines.map((one, i) => ({ text: one.trim(), locator: `guidelines[${i}]`, tags: [GUIDELINE] })),
    ],
    notes: [
      ...(guidelines.length > 0
        ? [`guidelines are principles with the tag ${GUIDELINE}; --without ${GUIDELINE} leaves them out`]
        : []),
      ...unreadNote([value], Object.keys(value).filter(isKept)),
      ...unreadNote([Object.fromEntries(spoken)], told === undefined ? [] : ["third_person"], "voices."),
    ],
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
