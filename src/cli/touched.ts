// charter touched <principle>: everything that a principle took part in, and its case law, quoted with ids that `charter why`
// goes on from.
import { openLedger } from "../ledger/ledger.ts";
import { type ComparisonCase, type RevisionCase, type Touched, touchedBy } from "../pipeline/case-law.ts";
import { counted, whole } from "./amounts.ts";
import { findRun } from "./find-run.ts";
import { type Cell, tableLines } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import type { OfRun } from "./why.ts";
import { wrap } from "./wrap.ts";

export interface TouchedOptions extends OfRun {
  readonly json?: boolean;
  /** Cases of a sort. */
  readonly most: number;
}

export function touched(principle: string, options: TouchedOptions, terminal: Terminal): number {
  const run = findRun(options.run, options.runs, terminal.workingDirectory);
  using ledger = openLedger(run, { readOnly: true });
  const found = touchedBy(ledger, run, principle, options.most);
  if (options.json) terminal.write(`${JSON.stringify(found, null, 2)}\n`);
  else for (const line of touchedLines(found, terminal)) terminal.write(`${line}\n`);
  return 0;
}

/** Lines that a case's text takes at most. */
const LINES = 2;
/** A text is not squeezed below this. */
const NARROWEST = 32;

function touchedLines(
  { principle, wordings, records, trainings, revisions, comparisons }: Touched,
  { paint, columns }: Terminal,
): readonly string[] {
  /** A text beside its label and id. */
  const beside = (label: string, id: string, text: string, most: number): readonly string[] => {
    const margin = label.length + "01234567  ".length;
    const [first = "", ...rest] = wrap(text, Math.max(NARROWEST, columns() - margin), most);
    return [
      `${label}${paint("cyan", id.slice(0, 8).padEnd(8))}  ${first}`,
      ...rest.map((line) => " ".repeat(margin) + line),
    ];
  };
  const part = (name: string, id: string, text: string) =>
    beside(`    ${name.padEnd(9)} `, id, `“${text}”`, LINES);
  const section = (title: string, lines: readonly string[]): readonly string[] => [
    "",
    paint("bold", title),
    ...(lines.length === 0 ? [paint("dim", "  none")] : lines),
  ];
  const isReworded = wordings.length > 1;
  const sayAlike = (text: string) => wordings.filter((wording) => wording.text === text);
  const under = (wording: string) => (isReworded ? `  under ${paint("cyan", wording.slice(0, 8))}` : "");
  const revised = ({ id, wording, prompt, of, critique, text, changed }: RevisionCase) => [
    `${paint("bold", `  ${Math.round(100 * changed)}% of the words changed`)}${under(wording)}`,
    ...part("prompt", prompt.id, prompt.text),
    ...part("before", of.id, of.text),
    ...(critique === null ? [] : part("critique", critique.id, critique.text)),
    ...part("revision", id, text),
  ];
  const decided = ({ id, wording, prompt, textA, textB, probability }: ComparisonCase) => [
    `${paint("bold", `  P(A better) ${probability.toFixed(3)}`)}  reading ${paint("cyan", id.slice(0, 8))}${under(wording)}`,
    ...part("prompt", prompt.id, prompt.text),
    ...part("A", "", textA),
    ...part("B", "", textB),
  ];
  const row = (wording: string, kind: string, count: number, stages: readonly string[]) => ({
    cells: [kind, count, ...(isReworded ? [wording.slice(0, 8)] : [])],
    stages,
  });
  const table = tableWithin(
    columns() - 2,
    ["records", "how many", ...(isReworded ? ["under"] : [])],
    [
      ...records.map(({ wording, kind, count, stages }) =>
        row(wording, kind, count, stages.map(stageAndCount)),
      ),
      ...trainings.map(({ wording, stage, examples, isSuperseded, sets }) =>
        row(wording, "example", examples, [
          `learnt by ${stage}`,
          ...(sets.length > 1 ? [`in ${counted(sets.length, "training set")}`] : []),
          ...(isSuperseded ? ["superseded"] : []),
        ]),
      ),
    ],
  );
  const { changed, count, mostChanged } = revisions;
  return [
    paint("bold", `principle ${principle}`),
    ...wordings.flatMap(({ id, text, asks, entries }) => [
      ...wrap(standsIn(entries), Math.max(NARROWEST, columns() - 2)).map((line) => `  ${line}`),
      ...beside("  ", id, `“${text}”`, Number.POSITIVE_INFINITY),
      ...asks
        .filter(({ text: asked }, i) => sayAlike(text).some((other) => other.asks[i]!.text !== asked))
        .flatMap((ask) =>
          beside("  ", "", `asked for a ${ask.use}: “${ask.text}”`, Number.POSITIVE_INFINITY),
        ),
    ]),
    ...section("Took part in", records.length === 0 ? [] : table.map((line) => `  ${line}`)),
    ...(records.some(({ count, stages }) => stages.reduce((sum, stage) => sum + stage.count, 0) > count)
      ? [paint("dim", "  What a stage came to under several settings counts there for each of them.")]
      : []),
    ...(trainings.some(({ isSuperseded }) => isSuperseded)
      ? [paint("dim", "  Counted with what was made before the run was amended or its settings changed.")]
      : []),
    ...section(
      `Critiques that found most, and what they led to; ${whole(changed)} of ${counted(count, "revision")} changed the text`,
      mostChanged.flatMap(revised),
    ),
    ...section(
      `Decided most surely, of ${counted(comparisons.count, "comparison")}`,
      comparisons.surest.flatMap(decided),
    ),
    ...section("Decided least surely", comparisons.leastSure.flatMap(decided)),
  ];
}

/** "The town 1.0.0, 1.1.0". */
function standsIn(entries: Touched["wordings"][number]["entries"]): string {
  const titles = Map.groupBy(entries, ({ constitution }) => constitution);
  return [...titles]
    .map(([title, own]) => `${title} ${[...new Set(own.map(({ version }) => version))].join(", ")}`)
    .join("; ");
}

const stageAndCount = ({ stage, count }: Touched["records"][number]["stages"][number]): string =>
  `${stage} ${whole(count)}`;

/** A table whose last column, the stages, takes as many lines as it needs to keep to the width. */
function tableWithin(
  width: number,
  heading: readonly string[],
  rows: readonly { readonly cells: readonly Cell[]; readonly stages: readonly string[] }[],
): readonly string[] {
  const [, rule] = tableLines(
    heading,
    rows.map(({ cells }) => cells),
  );
  const room = Math.max(NARROWEST, width - rule!.length - 2);
  return tableLines(
    [...heading, "stages"],
    rows.flatMap(({ cells, stages }) =>
      listed(stages, room).map((line, i) => [...(i === 0 ? cells : cells.map(() => "")), line]),
    ),
  );
}

/** Items with commas between them, in lines of a width; at least one line. */
function listed(items: readonly string[], width: number): readonly string[] {
  const lines = [""];
  for (const [i, item] of items.entries()) {
    const line = lines.at(-1)!;
    const piece = i < items.length - 1 ? `${item},` : item;
    if (line === "") lines[lines.length - 1] = piece;
    else if (line.length + 1 + piece.length <= width) lines[lines.length - 1] = `${line} ${piece}`;
    else lines.push(piece);
  }
  return lines;
}
