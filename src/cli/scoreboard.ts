// charter scoreboard [run]: what each principle did, which of them agree, and which kinds of request none speaks to. Read from
// results.json; with --prompts every principle is first asked about so many held-out prompts, and that is remembered.
import type { Rate } from "../method/evaluation/intervals.ts";
import type { Results } from "../method/evaluation/results.ts";
import { resultsIn } from "../pipeline/compare-runs.ts";
import { counted } from "./amounts.ts";
import { findSingleRun } from "./find-run.ts";
import { evaluate } from "./run.ts";
import { shownPath } from "./shown-path.ts";
import { tableLines } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export interface ScoreboardOptions {
  readonly runs: string;
  readonly prompts?: number;
  readonly json?: boolean;
}

export async function scoreboard(
  given: string | undefined,
  { runs, prompts, json }: ScoreboardOptions,
  terminal: Terminal,
): Promise<number> {
  const directory = findSingleRun(given, runs, terminal.workingDirectory);
  if (prompts !== undefined) {
    const set = [`evaluation.scoreboard=${prompts}`];
    await evaluate(
      directory,
      { runs, set },
      { ...terminal, write: terminal.writeError, isInteractive: false },
    );
  }
  const results = resultsIn(directory);
  if (json) {
    const { truth, principles, accord, coverage } = results;
    terminal.write(`${JSON.stringify({ truth, principles, accord, coverage }, null, 2)}\n`);
    return 0;
  }
  const run = shownPath(directory, terminal.workingDirectory);
  for (const line of scoreboardLines(results, run, terminal)) terminal.write(`${line}\n`);
  return 0;
}

/** Pairs of principles told of either sort. */
const MOST_PAIRS = 5;

function scoreboardLines(
  { constitution, models, truth, principles, accord, coverage }: Results,
  run: string,
  { paint, call }: Terminal,
): readonly string[] {
  const trained = models.slice(1).map(({ name }) => name);
  const section = (title: string, said: string, lines: readonly string[]) => [
    "",
    `${paint("bold", title)}  ${paint("dim", said)}`,
    ...lines.map((line) => `  ${line}`),
  ];
  const reached = coverage.map(({ category, changed, decisiveness, isGap, ...of }) => [
    category,
    of.prompts,
    rate(changed),
    of.comparisons,
    fixed(decisiveness),
    isGap ? "no principle seems to speak to it" : "",
  ]);
  const did = principles.map((row) => [
    row.id,
    row.rounds,
    rate(row.changed),
    share(row.distance),
    rate(row.mended),
    row.readings,
    fixed(row.decisiveness),
    rate(row.agreement),
    rate(row.preferenceModel?.accuracy),
  ]);
  const thinks = principles.map(({ id, adherence, helpfulnessCost, leftOut }) => [
    id,
    ...trained.map((name) => {
      const found = adherence.find(({ model }) => model === name);
      return found === undefined ? "–" : `${fixed(found.value)} (${fixed(found.low)}-${fixed(found.high)})`;
    }),
    rate(helpfulnessCost),
    fixed(leftOut?.shift),
    rate(leftOut?.flipped),
  ]);
  const alike = accord
    .filter(({ correlation }) => correlation !== null)
    .toSorted((a, b) => b.correlation! - a.correlation!)
    .slice(0, MOST_PAIRS);
  const opposed = accord
    .filter(({ conflict }) => conflict > 0)
    .toSorted((a, b) => b.conflict - a.conflict)
    .slice(0, MOST_PAIRS);
  return [
    paint("bold", `${constitution.title}, version ${constitution.version}`),
    ...(reached.length === 0
      ? []
      : section(
          "What it reaches",
          "by kind of harmful request in training",
          tableLines(["kind", "prompts", "changed", "comparisons", "decided by", ""], reached),
        )),
    ...section(
      "What each principle did",
      "words: of those changed; right: the preference model on held-out comparisons",
      tableLines(
        [
          "principle",
          "rounds",
          "changed",
          "words",
          "mended",
          "readings",
          "decided by",
          `as the ${truth ?? "grader"}`,
          "right",
        ],
        did,
      ),
    ),
    ...(accord.length === 0
      ? [
          "",
          `Which principles agree, and what each thinks of the models: ${call} scoreboard ${run} --prompts 16`,
        ]
      : [
          ...section(
            "What each thinks of the models",
            "how probably their held-out answers are better than the helpful-only model's",
            tableLines(["principle", ...trained, "less helpful", "shift", "flips"], thinks),
          ),
          ...section(
            "Most alike",
            "correlation on the same comparisons",
            alike.map(({ a, b, correlation }) => `${fixed(correlation)}  ${a} and ${b}`),
          ),
          ...section(
            "Against each other",
            "share of the same comparisons",
            opposed.length === 0
              ? [`none of ${counted(accord.length, "pair")}`]
              : opposed.map(({ a, b, conflict }) => `${share(conflict)}  ${a} and ${b}`),
          ),
        ]),
    "",
    paint(
      "dim",
      `Intervals and wordings: ${run}/report.html, or --json. One of them left out, with training:`,
    ),
    paint("dim", `  ${call} amend ${run} --set 'constitution.without=[${principles[0]?.id}]'`),
  ];
}

const share = (value: number | null): string => (value === null ? "–" : `${Math.round(100 * value)}%`);
const rate = (of: Rate | null | undefined): string => share(of?.rate ?? null);
const fixed = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(2));
