// A lineage as a tree: each record under what was made of it, with the part it played, what it says and what it was done with.
// A record that stands elsewhere in the tree is named there and not told again.
import type { Json } from "../ledger/ledger.ts";
import type { Principle } from "../method/constitution/constitution.ts";
import { type Ancestor, OF_TRAINING, type TrainingSet } from "../pipeline/lineage.ts";
import type { Settings } from "../pipeline/settings.ts";
import { counted, whole } from "./amounts.ts";
import { describeEntry, partsOf } from "./describe-entry.ts";
import type { Style, Terminal } from "./terminal.ts";
import { wrap } from "./wrap.ts";

/** Lines of a text or a note: of the record asked about and of a principle's words, and of all others. */
const LINES = { told: 12, passing: 2, notes: 3 };
/** A text is not squeezed below this, however deep it stands. */
const NARROWEST = 32;
/** Parts that are told first, in this order; all others follow as they were recorded. */
const FIRST = ["principle", "readings", "prompt", "of", "critique", "comparison", "a", "b"];
/** And last. */
const LAST = ["model", "base", "demonstration"];

/** The tree's lines, the record asked about (the first) at the top. */
export function lineageLines(
  records: readonly Ancestor[],
  { paint, columns }: Pick<Terminal, "paint" | "columns">,
): readonly string[] {
  const byId = new Map(records.map((record) => [record.id, record]));
  const placed = new Set([records[0]!.id]);
  const showsExamples = OF_TRAINING.has(records[0]!.kind);
  const lines: string[] = [];

  const tell = (record: Ancestor, role: string, lead: string, below: string): void => {
    const { id, kind } = record;
    const { facts, texts } = partsOf(record);
    const about = facts.filter((fact) => fact !== record.file?.file).join(" · ");
    const label = role === "" || role === kind ? kind : `${role}: ${kind}`;
    const isRoot = role === "";
    const fits = `${lead}${label} ${short(id)} ${about}`.length <= columns();
    lines.push(
      `${paint("dim", lead)}${paint("bold", label)} ${paint("cyan", short(id))} ${fits ? about : ""}`.trimEnd(),
    );

    const parents = record.parents.toSorted((a, b) => rank(a.role) - rank(b.role));
    // Placed before any is told: a record stands as high in the tree as it can.
    const own = parents.filter(({ id }) => !placed.has(id) && placed.add(id));
    const again = parents.filter((parent) => !own.includes(parent));

    const margin = `${below}${own.length > 0 ? "│  " : "   "}`;
    const put = (text: string, most: number, style?: Style) => {
      for (const line of wrap(text, Math.max(NARROWEST, columns() - margin.length), most))
        lines.push(`${paint("dim", margin)}${style === undefined ? line : paint(style, line)}`);
    };
    const most = isRoot ? LINES.told : LINES.passing;
    if (!fits) put(about, LINES.told);
    for (const text of texts) put(text, kind === "principle" ? LINES.told : most);
    for (const line of record.set === null ? [] : setLines(record.set, showsExamples)) put(line, most);
    for (const note of [...notesOf(record), ...elsewhere(again)])
      put(note, Math.max(most, LINES.notes), "dim");

    own.forEach(({ id, role }, i) => {
      const [stem, under] = i === own.length - 1 ? ["└─ ", "   "] : ["├─ ", "│  "];
      tell(byId.get(id)!, role, `${below}${stem}`, `${below}${under}`);
    });
  };

  tell(records[0]!, "", "", "");
  return lines;
}

const short = (id: string): string => id.slice(0, 8);

const rank = (role: string): number => {
  const [first, last] = [FIRST.indexOf(role), LAST.indexOf(role)];
  return first >= 0 ? first - FIRST.length : last + 1;
};

/** What a record was read from and done with, and what of its parents is not told. */
function notesOf({ kind, body, file, settings, set, training, untold }: Ancestor): readonly string[] {
  return [
    ...(kind === "principle" ? principleNotes(body as unknown as Principle) : []),
    ...(file === null
      ? []
      : [`from ${file.file} (sha256 ${file.sha256.slice(0, 12)}), licence ${file.licence ?? "not stated"}`]),
    ...settings.map(settingNote),
    ...(kind === "training-set" && set === null
      ? ["too many to be summed up here: ask why of this set"]
      : []),
    ...(training === null ? [] : [trainingNote(training)]),
    ...untold.map(({ role, count }) => `and ${whole(count)} more as ${role}`),
  ];
}

function principleNotes({ reasons, source }: Principle): readonly string[] {
  const { title, locator, licence } = source ?? {};
  const origin = [title, locator, licence].filter((part) => part !== undefined).join(", ");
  return [
    ...(reasons ? [`because: ${reasons}`] : []), // absent or empty
    ...(origin === "" ? [] : [`source: ${origin}`]),
  ];
}

function settingNote({ stage, seed, draw, ...rest }: Settings): string {
  return [
    `stage ${stage}`,
    ...Object.values(rest).flatMap((value) => (isGroup(value) ? settingWords(value) : [String(value)])),
    ...(seed === undefined ? [] : [`seed ${shortened(seed)}`]),
    ...(draw === undefined ? [] : [`principle drawn by ${shortened(draw)}`]),
  ].join(", ");
}

/** Every setting by the name that recipes have for it, groups of them last. What is empty or off is left out. */
function settingWords(settings: Settings): readonly string[] {
  const set = Object.entries(settings).filter(([, value]) => value !== null && value !== false);
  const simple = set.filter(([, value]) => !isGroup(value) && String(value) !== "");
  const groups = set.flatMap(([key, value]) => (isGroup(value) ? ([[key, value]] as const) : []));
  return [
    ...simple.map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`),
    ...groups.map(([key, group]) => `${key} (${settingWords(group).join(", ")})`),
  ];
}

const isGroup = (value: Json): value is Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The ids in a name, as short as elsewhere. */
const shortened = (name: Json): string => String(name).replaceAll(/[0-9a-f]{64}/g, short);

const trainingNote = ({ states, rollouts }: NonNullable<Ancestor["training"]>): string =>
  `${rollouts === 0 ? "" : `${counted(rollouts, "rollout")}, `}${counted(states, "state")} kept on the way`;

const elsewhere = (parents: Ancestor["parents"]): readonly string[] =>
  parents.length === 0
    ? []
    : [`also from ${parents.map(({ role, id }) => `${role} ${short(id)}`).join(", ")}, in this tree`];

/** Kinds with their principles, the most frequent first, and an example or two. */
function setLines({ kinds }: TrainingSet, showsExamples: boolean): readonly string[] {
  return kinds.flatMap(({ kind, count, principles, examples }) => {
    const isReworded = (name: string) => principles.filter(({ principle }) => principle === name).length > 1;
    const shares = principles.map(
      ({ principle, version, count }) =>
        `${principle}${isReworded(principle) ? ` (${version})` : ""} ${whole(count)}`,
    );
    return [
      `${counted(count, kind)}${shares.length === 0 ? "" : `: ${shares.join(", ")}`}`,
      ...(showsExamples ? examples : []).map(
        (example) => `such as ${short(example.id)} ${describeEntry(example)}`,
      ),
    ];
  });
}
