// The dataset card beside an export: the header that the hub and the `datasets` library read, and what a person must know
// before using the data. The header also says which run it came from, for `charter why`.
import { parse, stringify } from "yaml";
import type { Entry, Json, Ledger } from "../../ledger/ledger.ts";
import type { KeptPrinciple } from "../imports.ts";
import { featuresOf } from "./columns.ts";
import { EXPORTS, type ExportName } from "./exports.ts";
import { behind, type ExportedRun } from "./learnt-from.ts";
import { type Source, sourcesOf } from "./sources.ts";

/** What was written, and what there is to say of it. */
export interface Written {
  readonly name: ExportName;
  /** Null where there was nothing to write. */
  readonly file: string | null;
  readonly rows: number;
  readonly notes: readonly string[];
  /** By column, how often each value occurs. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** What the header says of where an export came from. */
export interface Origin {
  /** Path of the run's folder from that of the export, with forward slashes. */
  readonly run: string;
  readonly name: string;
  /** Head of the ledger's chain. */
  readonly ledger: string;
}

/** The card's text. @param command what made it, as a person would type it */
export function cardOf(
  run: ExportedRun,
  origin: Origin,
  written: readonly Written[],
  command: string,
): string {
  const sources = sourcesOf(run.ledger);
  const kept = written.filter(({ file }) => file !== null);
  const stages = [...new Set(kept.flatMap(({ name }) => EXPORTS[name].madeFor))];
  const models = behind(run, stages, "model");
  const tables = kept.filter(({ name }) => !("document" in EXPORTS[name]));
  const rows = kept.reduce((sum, one) => sum + one.rows, 0);
  const header = {
    pretty_name: `${origin.name}: the data of a Constitutional AI run`,
    license: licenceOf(sources),
    tags: ["constitutional-ai", "rlaif", "ai-feedback", "synthetic", "trl", "charter"],
    task_categories: [...new Set(kept.flatMap(({ name }) => EXPORTS[name].task ?? []))],
    size_categories: [SIZES.find(([most]) => rows < most)![1]],
    configs: tables.map(({ name, file }) => ({ config_name: name, data_files: file })),
    dataset_info: tables.map(({ name }) => ({
      config_name: name,
      features: featuresOf(EXPORTS[name].columns),
    })),
    charter: origin,
  };
  const sections = [
    `# ${origin.name}`,
    "Data of a run of Charter, which trains a language model under a written constitution (Constitutional AI, Bai et al. 2022). Every text was written by a model unless it is a prompt or a row of a file named below; labels are AI feedback unless `labelled_by` names a file.",
    constitutionSection(run, behind(run, stages, "principle"), written),
    "## Files",
    table(
      ["file", "rows", "holds"],
      written.map(({ name, file, rows }) => [file ?? `${name}: not written`, rows, breakdown(name, written)]),
    ),
    ...written.flatMap(({ name, notes }) => [
      `**${name}**: ${EXPORTS[name].about}`,
      ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
    ]),
    ...(models.length === 0
      ? []
      : [
          "## Models",
          "Those that wrote or judged these rows, and those that learnt from them.",
          modelsTable(models),
        ]),
    "## Where the rows come from",
    sourcesTable(sources),
    "A licence is what a row's own metadata says, or the recipe of its file. Texts that a model wrote may also be bound by the terms of that model.",
    "## How it was made",
    `\`${command}\``,
    `From the run's ledger alone (head of its chain \`${origin.ledger}\`), which \`charter verify\` recomputes from its bytes. \`id\` is the record's entry there: \`charter why <file>:<line>\` tells how a row came to be, down to the principle's words, the prompt and the model.`,
  ];
  return `---\n${stringify(header, { lineWidth: 0 })}---\n\n${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

/** What the card in a folder says of its origin; undefined where it is not one of ours. */
export function originIn(card: string): Origin | undefined {
  const header = /^---\n([\s\S]*?)\n---\n/.exec(card)?.[1];
  if (header === undefined) return undefined;
  try {
    const { charter } = (parse(header) ?? {}) as { readonly charter?: Partial<Origin> };
    return typeof charter?.run === "string" ? (charter as Origin) : undefined;
  } catch {
    return undefined; // somebody else's, or edited until it is no YAML
  }
}

/** Categories of the hub. */
const SIZES: readonly (readonly [number, string])[] = [
  [1e3, "n<1K"],
  [1e4, "1K<n<10K"],
  [1e5, "10K<n<100K"],
  [1e6, "100K<n<1M"],
  [1e7, "1M<n<10M"],
  [Number.POSITIVE_INFINITY, "n>10M"],
];

/** Licences that the hub knows, by the names that people write, without spaces and hyphens. */
const HUB_LICENCES: Readonly<Record<string, string>> = Object.fromEntries(
  ["mit", "apache-2.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-nc-4.0", "odc-by"].map((id) => [
    plain(id),
    id,
  ]),
);

function plain(licence: string): string {
  return licence.toLowerCase().replaceAll(/[\s_-]/g, "");
}

/** The hub's name where all rows are under one licence that it knows; "unknown" where none is stated, "other" otherwise. */
function licenceOf(sources: readonly Source[]): string {
  const all = [...new Set(sources.flatMap(({ licences }) => [...licences.keys()]))];
  if (all.every((licence) => licence === null)) return "unknown";
  const [only] = all;
  return (all.length === 1 && HUB_LICENCES[plain(only!)]) || "other";
}

const wordingOf = ({ body }: Pick<Entry, "body">): KeptPrinciple => body as unknown as KeptPrinciple;

/**
 * The run's constitution, and those of earlier versions that rows have their principles from: what an amendment left as it was
 * is not made anew. Then those principles: what they say, and how many rows of each file.
 */
function constitutionSection(
  { ledger }: ExportedRun,
  used: readonly Entry[],
  written: readonly Written[],
): string {
  const all = used.map(wordingOf);
  const own = constitutionOf(ledger, all);
  const named = new Set(all.map(({ constitution, version }) => `${constitution} ${version}`));
  const others = [...named].filter((one) => one !== own);
  const counting = written.filter(({ name }) => EXPORTS[name].counted.some((column) => column in PRINCIPLES));
  const of = ({ counts }: Written, principle: string) =>
    Object.keys(PRINCIPLES).reduce((sum, column) => sum + (counts.get(column)?.get(principle) ?? 0), 0);
  const ids = [...new Set(all.map(({ id }) => id))].filter((id) => counting.some((one) => of(one, id) > 0));
  const words = (id: string) => [...new Set(all.filter((one) => one.id === id).map(({ text }) => text))];
  return [
    "## Constitution",
    own ?? "",
    others.length === 0 ? "" : `Some rows have their principle from ${others.join("; ")}.`,
    ids.length === 0
      ? ""
      : table(
          ["principle", ...counting.map(({ name }) => name), "in words"],
          ids.map((id) => [id, ...counting.map((one) => of(one, id)), words(id).join(" / ")]),
        ),
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

/** The last constitution that says what these principles say, for an amendment may have been taken back. */
function constitutionOf(ledger: Ledger, used: readonly KeptPrinciple[]): string | undefined {
  const said = ({ id, text }: KeptPrinciple) => `${id}: ${text}`;
  const all = [...ledger.entries("constitution", 0)].reverse();
  const own = all.find((entry) => {
    const its = new Set(
      ledger.made(entry.id, "constitution", "principle").map((made) => said(wordingOf(made))),
    );
    return used.every((wording) => its.has(said(wording)));
  });
  const { title, version } = ((own ?? all[0])?.body ?? {}) as {
    readonly title?: string;
    readonly version?: string;
  };
  return title === undefined ? undefined : `${title} ${version}`;
}

/** Columns that name principles: told in a table of their own. */
const PRINCIPLES = { principle: true, principles: true } as const;

function breakdown(name: ExportName, written: readonly Written[]): string {
  const { counts } = written.find((one) => one.name === name)!;
  return EXPORTS[name].counted
    .filter((column) => !(column in PRINCIPLES))
    .flatMap((column) => {
      const values = [...(counts.get(column) ?? [])].map(([value, count]) => `${value} ${count}`);
      return values.length === 0 ? [] : [`${column}: ${values.join(", ")}`];
    })
    .join("; ");
}

function modelsTable(models: readonly Entry[]): string {
  const rows = models.map(({ kind, body }) => {
    const { stage, modelId, model } = body as Readonly<Record<string, Json>>;
    return [String(stage), kind === "endpoint" ? String(model) : "checkpoint", `\`${String(modelId)}\``];
  });
  return table(["part", "model", "id (of a checkpoint: hash of its files)"], rows);
}

function sourcesTable(sources: readonly Source[]): string {
  return table(
    ["file", "rows", "licence", "sha256"],
    sources.map(({ file, rows, licences, sha256 }) => [
      file,
      rows,
      [...licences]
        .map(([licence, count]) => `${licence ?? "not stated"}${licences.size > 1 ? ` ${count}` : ""}`)
        .join(", "),
      sha256.length === 0 ? "not kept" : sha256.map((hash) => `\`${hash.slice(0, 12)}\``).join(", "),
    ]),
  );
}

function table(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cellOf).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

const cellOf = (cell: string | number): string => String(cell).replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
