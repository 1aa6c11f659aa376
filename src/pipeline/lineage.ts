// How a record came to be, as data: the record, everything it was made from, and with what settings. Bounded: what a training
// learnt from is summed up by kind and principle, with a few examples, and of many parents in one role the first are told; but
// every principle is. Knows what records mean; not how they are shown.
import type { Entry, Json, Ledger, Link } from "../ledger/ledger.ts";
import type { PrincipleUse } from "../method/records.ts";
import { type Settings, streamName } from "./settings.ts";

/** A record and what it was made from. */
export interface Ancestor extends Entry {
  /** What it was done with, names of random streams filled in; several where several steps gave the same. */
  readonly settings: readonly Settings[];
  /** The file it was read from, where it was. */
  readonly file: OriginFile | null;
  /** Parents beyond those told, by role. */
  readonly untold: readonly { readonly role: string; readonly count: number }[];
  /** What a training set holds; null where it is too large to be summed up in passing. */
  readonly set: TrainingSet | null;
  /** What a training left on its way. */
  readonly training: { readonly states: number; readonly rollouts: number } | null;
}

export interface OriginFile {
  readonly file: string;
  readonly sha256: string;
  /** As the row says, or the recipe. */
  readonly licence?: string;
}

/** The examples of a training set in figures, and a few of them. */
export interface TrainingSet {
  readonly kinds: readonly {
    readonly kind: string;
    readonly count: number;
    readonly principles: readonly {
      readonly id: string;
      readonly principle: string;
      readonly version: string;
      readonly count: number;
    }[];
    readonly examples: readonly Entry[];
  }[];
}

/** Parents in one role beyond these are counted, not told: the demonstrations before an answer. Principles are what is asked for. */
const toldOf = (role: string): number => (role === "principle" ? Number.POSITIVE_INFINITY : 8);
/** Examples shown of each kind that a set holds, and examples looked at for them. */
const EXAMPLES = { shown: 2, read: 64 };
/** Larger sets are summed up only where they, or what was trained on them, are what is asked about. */
const SUMMED_IN_PASSING = 10_000;
/** Kinds of what is trained, and of what it is trained on: asked about these, a person wants to see what was learnt from. */
export const OF_TRAINING: ReadonlySet<string> = new Set(["checkpoint", "training-state", "training-set"]);
/** The way from an example to the principle it was made under. */
const TO_PRINCIPLE: { readonly [kind: string]: readonly Link[] } = {
  revision: [{ up: "principle" }],
  label: [{ up: "readings" }, { up: "principle" }],
};

/** The record of this id (or its beginning) first, then its ancestors, each once. */
export function ancestry(ledger: Ledger, id: string): readonly Ancestor[] {
  const found = new Map<string, Ancestor>();
  const asked = ledger.get(id, 0);
  const mostSummed = OF_TRAINING.has(asked.kind) ? Number.POSITIVE_INFINITY : SUMMED_IN_PASSING;
  const left = [asked.id];
  for (let next = left.shift(); next !== undefined; next = left.shift()) {
    if (found.has(next)) continue;
    const ancestor = ancestorOf(ledger, ledger.get(next, 0), mostSummed);
    found.set(ancestor.id, ancestor);
    left.push(...ancestor.parents.map((parent) => parent.id));
  }
  return [...found.values()];
}

/** @param entry without its parents: only a training set has too many to be read */
function ancestorOf(ledger: Ledger, entry: Entry, mostSummed: number): Ancestor {
  const common = {
    settings: settingsOf(ledger, entry),
    file: fileOf(ledger, entry),
    set: null,
    training: null,
  };
  if (entry.kind === "training-set") {
    const { examples } = entry.body as { readonly examples: number };
    const set = examples <= mostSummed ? setOf(ledger, entry.id) : null;
    return { ...entry, ...common, parents: [], untold: [], set };
  }
  const { training, parents } = trainingOf(ledger, ledger.get(entry.id));
  const byRole = [...Map.groupBy(parents, ({ role }) => role)];
  const told = byRole.flatMap(([role, some]) => some.slice(0, toldOf(role)));
  const untold = byRole
    .map(([role, some]) => ({ role, count: some.length - toldOf(role) }))
    .filter(({ count }) => count > 0);
  return { ...entry, ...common, parents: told, untold, training };
}

/** What lies beside an entry, written by the same step. */
const beside = (ledger: Ledger, id: string, kind: string): readonly Entry[] =>
  ledger.tally(id, [{ beside: kind }], "id").map(({ of }) => ledger.get(of, 0));

/** What an entry was done with; a state and a rollout share the settings of their training, once that has ended. */
function settingsOf(ledger: Ledger, entry: Entry): readonly Settings[] {
  const state = entry.kind === "rollout" ? beside(ledger, entry.id, "training-state")[0] : entry;
  const own =
    state?.kind === "training-state"
      ? (ledger.recall((state.body as { training: string }).training) ?? []).filter(isSettings)
      : beside(ledger, entry.id, "settings");
  return own.map(({ body }) => filledIn(body as Settings, entry.body));
}

const isSettings = ({ kind }: Entry): boolean => kind === "settings";

/** Settings with every name of a random stream written out for one record. */
function filledIn(settings: Settings, body: Json): Settings {
  const record = isRecord(body) ? body : {};
  const readings = (record["readings"] ?? []) as readonly Settings[];
  const uses = [record, ...readings].flatMap(({ use }) => (use ?? []) as unknown as PrincipleUse);
  const principles = [...new Set(uses.map(({ principle }) => principle))];
  const values = { ...record, ...(principles.length === 1 ? { principle: principles[0] } : {}) };
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [
      key,
      typeof value === "string" ? streamName(value, values) : value,
    ]),
  );
}

/** Columns in which rows of data sets say under which licence they are. */
const LICENCE = ["licence", "license"];

/** The file that a row was first read from; runs of earlier versions did not keep it. */
export function fileOf(ledger: Ledger, { id, body }: Omit<Entry, "parents">): OriginFile | null {
  const first = beside(ledger, id, "file")[0];
  if (first === undefined) return null;
  const { file, sha256 } = first.body as unknown as OriginFile;
  // A recipe may have come to say the licence after the rows were read.
  const said = [...ledger.entries("file")]
    .map((entry) => entry.body as unknown as OriginFile)
    .filter((one) => one.file === file && one.sha256 === sha256)
    .flatMap(({ licence }) => licence ?? []);
  const licence = ownLicence(body) ?? said.at(-1);
  return { file, sha256, ...(licence === undefined ? {} : { licence }) };
}

/** The licence that a row itself states. */
export function ownLicence(body: Json): string | undefined {
  const metadata = isRecord(body) && isRecord(body["metadata"] ?? null) ? body["metadata"] : {};
  const own = LICENCE.map((column) => (metadata as Settings)[column]);
  return own.find((value) => typeof value === "string");
}

const isRecord = (value: Json): value is Settings =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The states of a training as figures, and what the training itself was made from in their place. */
function trainingOf(ledger: Ledger, entry: Entry): Pick<Ancestor, "training" | "parents"> {
  const { kind, parents } = entry;
  let state = kind === "training-state" ? entry.id : parents.find(({ role }) => role === "state")?.id;
  if (state === undefined) return { training: null, parents };
  let states = 0;
  let rollouts = 0;
  let first = state;
  while (state !== undefined) {
    first = state;
    states += 1;
    rollouts += ledger.tally(state, [{ beside: "rollout" }], "kind")[0]?.count ?? 0;
    state = ledger.tally(state, [{ up: "continues" }], "id")[0]?.of;
  }
  return {
    training: { states, rollouts },
    parents:
      kind === "training-state" ? ledger.get(first).parents : parents.filter(({ role }) => role !== "state"),
  };
}

function setOf(ledger: Ledger, id: string): TrainingSet {
  const example: Link = { up: "example" };
  const { parents } = ledger.get(id, EXAMPLES.read);
  const first = parents.map((parent) => ledger.get(parent.id, 0));
  const kinds = ledger.tally(id, [example], "kind").map(({ of: kind, count, first: one }) => {
    const some = first.filter((entry) => entry.kind === kind).slice(0, EXAMPLES.shown);
    const way = TO_PRINCIPLE[kind];
    const principles = way === undefined ? [] : ledger.tally(id, [example, ...way], "id");
    return {
      kind,
      count,
      principles: principles
        .map(({ of, count }) => ({ id: of, ...principleOf(ledger.get(of, 0)), count }))
        .toSorted((a, b) => b.count - a.count),
      examples: (some.length > 0 ? some.map(({ id }) => id) : [one]).map((example) => ledger.get(example)),
    };
  });
  return { kinds };
}

/** How a principle's entry names it. */
export const principleOf = ({ body }: Entry): { readonly principle: string; readonly version: string } => {
  const { id, version } = body as { readonly id: string; readonly version: string };
  return { principle: id, version };
};
