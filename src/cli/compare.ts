// charter compare <a> <b>: what differs between two runs, and what came of it.
import { basename, join } from "node:path";
import {
  type ComparedFigure,
  type ComparedRun,
  compareRuns,
  type RunComparison,
} from "../pipeline/compare-runs.ts";
import { counted } from "./amounts.ts";
import { diffSummary, writeDiff } from "./constitution-diff.ts";
import { findSingleRun } from "./find-run.ts";
import { read } from "./run.ts";
import { tableLines } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { wrappedLines } from "./wrapped.ts";

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
    recipe: read(join(directory, "recipe.yaml"), [], terminal, { mayLackFiles: true }), // it may be moved, its models gone
  })) as [ComparedRun, ComparedRun];
  const comparison = await compareRuns(a, b, transcripts);
  if (json) {
    write(`${JSON.stringify({ a: a.name, b: b.name, ...comparison })}\n`);
    return 0;
  }
  const heading = (text: string) => write(`\n${paint("bold", text)}\n`);
  write(`${paint("bold", `${a.name} and ${b.name}`)}\n`);
  heading("Constitution");
  const { constitution, recipe, models, elo } = comparison;
  if (constitution.document.length + constitution.principles.length === 0) write("  the same\n");
  else {
    write(`  ${diffSummary(constitution)}\n`);
    writeDiff(constitution, terminal);
  }
  heading("Recipe");
  if (recipe.length === 0) write("  the same\n");
  for (const { key, a: own, b: other } of recipe) write(`  ${key}: ${own} → ${other}\n`);
  heading("Models");
  const weightsAre = {
    same: "the same weights",
    other: "other weights",
    "only-a": `in ${a.name} alone`,
    "only-b": `in ${b.name} alone`,
  };
  for (const { name, weights } of models) write(`  ${name}: ${weightsAre[weights]}\n`);
  heading(`Figures, each with its 95% interval${paint("dim", "  * intervals apart")}`);
  writeTable(figureRows(comparison.figures), ["", "", a.name, b.name, ""], terminal);
  for (const { criterion, ratings } of elo) {
    heading(`Elo of ${criterion} on one scale, by the grader`);
    const rows = ratings.map(({ model, value, low, high }) => [
      model,
      `${Math.round(value)} (${Math.round(low)} to ${Math.round(high)})`,
    ]);
    writeTable(rows, ["", "rating"], terminal);
  }
  writeTranscripts(comparison, a.name, b.name, terminal);
  return 0;
}

function figureRows(figures: readonly ComparedFigure[]): readonly (readonly string[])[] {
  const shown = (figure: ComparedFigure, side: "a" | "b") => {
    const one = figure[side];
    if (one === null) return "–";
    if (figure.title.startsWith("calibration"))
      return `${one.value.toFixed(3)} (${one.low.toFixed(3)}-${one.high.toFixed(3)})`;
    const percent = (share: number, digits: number) => (100 * share).toFixed(digits);
    return `${percent(one.value, 1)}% (${percent(one.low, 0)}-${percent(one.high, 0)})`;
  };
  return figures.map((figure) => [
    figure.model,
    figure.title,
    shown(figure, "a"),
    shown(figure, "b"),
    figure.isApart ? "*" : "",
  ]);
}

function writeTable(
  rows: readonly (readonly string[])[],
  columns: readonly string[],
  { write, paint }: Terminal,
): void {
  const [heading, ...lines] = tableLines(columns, rows);
  write(`${[paint("bold", heading!), ...lines].map((line) => `  ${line}`).join("\n")}\n`);
}

function writeTranscripts(
  { transcripts, prompts, last }: RunComparison,
  a: string,
  b: string,
  { write, paint, columns }: Terminal,
): void {
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
      write(`${wrappedLines(text, columns(), "    ").join("\n")}\n`);
    }
  }
}
