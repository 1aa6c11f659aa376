// charter compare <a> <b>: what differs between two runs, and what came of it.
import { basename, join } from "node:path";
import { type ComparedRun, compareRuns, type RunComparison } from "../pipeline/compare-runs.ts";
import type { ComparedData, ReadFile } from "../pipeline/compared-data.ts";
import type { ComparedFigure } from "../pipeline/compared-figures.ts";
import { WITH_INTERVAL } from "../pipeline/result-table.ts";
import { counted, whole } from "./amounts.ts";
import { diffSummary, writeDiff } from "./constitution-diff.ts";
import { readRecipeAt } from "./find-recipe.ts";
import { findSingleRun } from "./find-run.ts";
import { quoted } from "./quoted.ts";
import { shownPath } from "./shown-path.ts";
import { writeTable } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { paragraph, wrappedLines } from "./wrap.ts";

export interface CompareOptions {
  readonly runs: string;
  readonly transcripts: number;
  readonly json?: boolean;
}

export async function compare(
  first: string,
  second: string,
  { runs, transcripts, json }: CompareOptions,
  terminal: Terminal,
): Promise<number> {
  const { workingDirectory, write, paint } = terminal;
  const directories = [first, second].map((given) => findSingleRun(given, runs, workingDirectory));
  const names = directories.map((directory) => basename(directory));
  const [a, b] = directories.map((directory, i) => ({
    name: names[0] === names[1] ? `${names[i]} (${"ab"[i]})` : names[i]!,
    directory,
    recipe: readRecipeAt(join(directory, "recipe.yaml"), [], terminal, { mayLackFiles: true }), // it may be moved, its models gone
  })) as [ComparedRun, ComparedRun];
  const comparison = await compareRuns(a, b, transcripts);
  if (json) {
    write(`${JSON.stringify({ a: a.name, b: b.name, ...comparison })}\n`);
    return 0;
  }
  const heading = (text: string) => write(`\n${paint("bold", text)}\n`);
  write(`${paint("bold", `${a.name} and ${b.name}`)}\n`);
  const { constitution, recipe, data, models, elo, prompts, asked } = comparison;
  for (const [side, { name, directory }] of [["a", a] as const, ["b", b] as const])
    if (!comparison.isCurrent[side]) writeNotCurrent(name, directory, terminal);
  heading("Constitution");
  if (constitution.document.length + constitution.principles.length === 0) write("  the same\n");
  else {
    write(`  ${diffSummary(constitution)}\n`);
    writeDiff(constitution, terminal);
  }
  heading("Recipe");
  if (recipe.length === 0) write("  the same\n");
  for (const { key, a: own, b: other } of recipe) write(`  ${key}: ${own} → ${other}\n`);
  heading("Data");
  for (const line of dataLines(data, a.name, b.name)) write(`  ${line}\n`);
  heading("Models");
  const weightsAre = {
    same: "the same weights",
    other: "other weights",
    "only-a": `in ${a.name} alone`,
    "only-b": `in ${b.name} alone`,
  };
  for (const { name, weights } of models) write(`  ${name}: ${weightsAre[weights]}\n`);
  heading(`Figures, each with its 95% interval${paint("dim", "  * intervals apart")}`);
  if (prompts < Math.max(asked.a, asked.b))
    write(
      `  of ${counted(asked.a, "prompt")} in ${a.name} and ${whole(asked.b)} in ${b.name}, ${whole(prompts)} in common\n`,
    );
  writeTable(["", "", a.name, b.name, ""], figureRows(comparison.figures), terminal);
  for (const { criterion, ratings } of elo) {
    heading(`Elo of ${criterion} on one scale, by the grader`);
    const rows = ratings.map((rating) => [rating.model, WITH_INTERVAL.Elo(rating)]);
    writeTable(["", "rating"], rows, terminal);
  }
  writeTranscripts(comparison, a.name, b.name, terminal);
  return 0;
}

function writeNotCurrent(
  name: string,
  directory: string,
  { write, paint, call, workingDirectory }: Terminal,
): void {
  const recipe = shownPath(join(directory, "recipe.yaml"), workingDirectory);
  write(
    `${paint("yellow", "!")} ${name}: its figures are of an earlier recipe, and not of what stands below\n`,
  );
  write(`  It was begun anew and did not come to its end; this finishes it: ${call} run ${quoted(recipe)}\n`);
}

/** Files that differ, and how many records of each kind are in both ledgers or in one alone. */
function dataLines({ files, records }: ComparedData, a: string, b: string): readonly string[] {
  const shown = (read: ReadFile | null) => read?.file ?? "none";
  const isSame = (read: ComparedData["files"][number]) =>
    read.bytes === "same" && read.a?.file === read.b?.file;
  const bytes = { same: "the same bytes", other: "other bytes", unknown: "not read by both" };
  const differing = files.filter((one) => !isSame(one));
  const told = (where: string, of: (one: ComparedData["records"][number]) => number) => {
    const some = records.filter((one) => of(one) > 0).map((one) => counted(of(one), one.kind));
    return some.length === 0 ? [] : [`${where}: ${some.join(", ")}`];
  };
  return [
    ...(differing.length === 0 ? ["files: the same bytes"] : []),
    ...differing.map((one) => {
      const [own, other] = [shown(one.a), shown(one.b)];
      return `${one.keys.join(", ")}: ${own === other ? own : `${own} → ${other}`}, ${bytes[one.bytes]}`;
    }),
    ...told("records of both", ({ both }) => both),
    ...told(`of ${a} alone`, ({ onlyA }) => onlyA),
    ...told(`of ${b} alone`, ({ onlyB }) => onlyB),
  ];
}

function figureRows(figures: readonly ComparedFigure[]): readonly (readonly string[])[] {
  const shown = (figure: ComparedFigure, side: "a" | "b") => {
    const one = figure[side];
    if (one === null) return "–";
    return WITH_INTERVAL[figure.unit](one);
  };
  return figures.map((figure) => [
    figure.model,
    figure.title,
    shown(figure, "a"),
    shown(figure, "b"),
    figure.isApart ? "*" : "",
  ]);
}

function writeTranscripts(
  { transcripts, prompts, last }: RunComparison,
  a: string,
  b: string,
  terminal: Terminal,
): void {
  const { write, paint, columns } = terminal;
  if (transcripts.length === 0) return;
  write(
    `\n${paint("bold", `Answers of ${last} that differ most, of ${counted(prompts, "prompt")} in both evaluations`)}\n`,
  );
  for (const { prompt, a: own, b: other, kinds } of transcripts) {
    write(
      `\n${paint("cyan", wrappedLines(prompt.conversation.at(-1)!.content, columns(), "  ").join("\n"))}\n`,
    );
    for (const [name, text, kind] of [[a, own, kinds?.[0]] as const, [b, other, kinds?.[1]] as const]) {
      write(paint("dim", `  ${name}${kind === undefined ? "" : `, ${kind}`}\n`));
      write(paragraph(text, terminal, "    "));
    }
  }
}
