// charter scoreboard [run]: what each principle did, which of them agree, and which kinds of request none speaks to. Read from
// results.json; with --prompts every principle is first asked about so many held-out prompts, and that is remembered.
import { join } from "node:path";
import type { Rate } from "../method/evaluation/intervals.ts";
import type { Results } from "../method/evaluation/results.ts";
import { resultsIn } from "../pipeline/results-in.ts";
import { areResultsCurrent } from "../pipeline/run-directory.ts";
import { counted } from "./amounts.ts";
import { readRecipeAt } from "./find-recipe.ts";
import { findSingleRun } from "./find-run.ts";
import { quoted } from "./quoted.ts";
import { evaluate } from "./run.ts";
import { shownPath } from "./shown-path.ts";
import { type Cell, tableLines } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { wrap } from "./wrap.ts";

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
  // Its models may be gone: only a setting is looked at.
  const { constitution } = readRecipeAt(join(directory, "recipe.yaml"), [], terminal, { mayLackFiles: true });
  if (!areResultsCurrent(directory))
    terminal.writeError(
      `note  ${run}: these figures are of an earlier recipe; the run was stopped before it had new ones\n`,
    );
  const lines = scoreboardLines(results, run, constitution.without, terminal);
  for (const line of lines) terminal.write(`${line}\n`);
  return 0;
}

/** Pairs of principles told of either sort. */
const MOST_PAIRS = 5;

/** @param without what the run's constitution has been left without */
function scoreboardLines(
  results: Results,
  run: string,
  without: readonly string[],
  terminal: Terminal,
): readonly string[] {
  const { constitution, principles } = results;
  const { paint, call } = terminal;
  const section: WriteSection = (title, said, lines) => {
    const isShort = `${title}  ${said}`.length <= terminal.columns();
    const below = isShort ? [] : wrap(said, terminal.columns());
    return [
      "",
      `${paint("bold", title)}${isShort ? `  ${paint("dim", said)}` : ""}`,
      ...below.map((line) => paint("dim", line)),
      ...lines.map((line) => `  ${line}`),
    ];
  };
  const hint = (text: string, command: string) => ["", paint("dim", text), `  ${call} ${command}`];
  const isOlder = principles.some(({ rounds }) => rounds === null);
  const isAsked = principles.some(({ adherence }) => adherence.length > 0);
  const leftOut = [...without, principles[0]?.id].join(", ");
  return [
    paint("bold", `${constitution.title}, version ${constitution.version}`),
    ...reached(results, section),
    ...did(results, section),
    ...(isAsked ? thinks(results, section) : []),
    ...between(results, section, terminal.columns()),
    ...(isOlder
      ? hint(
          "An earlier version counted otherwise what shows as –. To count it anew:",
          `amend ${quoted(run)}`,
        )
      : []),
    ...(isAsked
      ? []
      : hint(
          "What each principle thinks of the models, and which of them agree:",
          `scoreboard ${quoted(run)} --prompts 16`,
        )),
    "",
    paint("dim", `Intervals and wordings: ${run}/report.html, or --json.`),
    ...(principles.length > 1
      ? hint(
          "One of them left out, with training:",
          `amend ${quoted(run)} --set 'constitution.without=[${leftOut}]'`,
        )
      : []),
  ];
}

/** The lines of a section: its title, what it says in a sentence, and its table. */
type WriteSection = (title: string, said: string, lines: readonly string[]) => readonly string[];

function reached({ coverage }: Results, section: WriteSection): readonly string[] {
  if (coverage.length === 0) return [];
  const rows = coverage.map(({ category, changed, decisiveness, isGap, ...of }) => [
    category,
    of.prompts,
    rate(changed),
    of.comparisons,
    fixed(decisiveness),
    isGap ? "no principle seems to speak to it" : "",
  ]);
  return section(
    "What it reaches",
    "by kind of harmful request in training; decided: how far from one half",
    tableLines(["kind", "prompts", "changed", "pairs", "decided", ""], rows),
  );
}

function did({ principles, truth }: Results, section: WriteSection): readonly string[] {
  const knower = truth === "labels" ? "labels" : "grader";
  const revised = principles.map(({ id, rounds, found, changed, distance, mended }) => [
    ...[id, ...drawn(rounds), rate(found)],
    ...[rate(changed), share(distance), rate(mended)],
  ]);
  const judged = principles.map(({ id, comparisons, decisiveness, agreement, preferenceModel }) => [
    ...[id, ...drawn(comparisons), fixed(decisiveness), rate(agreement)],
    ...[rate(preferenceModel?.accuracy), fixed(preferenceModel?.expectedCalibrationError.value)],
  ]);
  return [
    ...section(
      "What each principle did: critique and revision",
      "rounds it was drawn for, and those that came to nothing; found: critiques that say something is wrong; changed: revisions that differ, and words of those",
      tableLines(["principle", "drawn", "odd", "found", "changed", "words", "mended"], revised),
    ),
    ...section(
      "What each principle did: feedback",
      `comparisons it was drawn for; decided: how far from one half; ${knower}: as often likewise; right, off: the preference model on held-out ones, and its calibration error`,
      tableLines(["principle", "drawn", "odd", "decided", knower, "right", "off"], judged),
    ),
  ];
}

function thinks({ models, principles }: Results, section: WriteSection): readonly string[] {
  const [first, ...trained] = models.map(({ name }) => name);
  const rows = principles.map(({ id, adherence, helpfulnessCost }) => [
    id,
    ...trained.map((name) => {
      const found = adherence.find(({ model }) => model === name);
      return found === undefined ? "–" : `${fixed(found.value)} (${fixed(found.low)}-${fixed(found.high)})`;
    }),
    rate(helpfulnessCost),
  ]);
  return section(
    "What each thinks of the models",
    `how probably held-out answers to red-team prompts are better than ${first}'s; cost: how often it prefers the less helpful answer to an ordinary one`,
    tableLines(["principle", ...trained, "cost"], rows),
  );
}

function between({ principles, accord }: Results, section: WriteSection, columns: number): readonly string[] {
  if (accord.length === 0) return [];
  const most = (by: (one: Results["accord"][number]) => number, among = accord) =>
    among.toSorted((a, b) => by(b) - by(a)).slice(0, MOST_PAIRS);
  const alike = most(
    ({ correlation }) => correlation!,
    accord.filter(({ correlation }) => correlation !== null),
  );
  const opposed = most(
    ({ conflict }) => conflict,
    accord.filter(({ conflict }) => conflict > 0),
  );
  /** Figures, then two names, on a second line where they are long. */
  const pair = (figures: string, { a, b }: (typeof accord)[number]) => {
    const lines = wrap(`${a} and ${b}`, columns - figures.length - 4);
    return lines.map((line, i) => `${i === 0 ? figures : " ".repeat(figures.length)}  ${line}`);
  };
  return [
    ...section(
      "An ensemble without it",
      "by how much labels averaged over all principles would shift, and how many would flip",
      tableLines(
        ["principle", "shift", "flips"],
        principles.map(({ id, leftOut }) => [id, fixed(leftOut?.shift), rate(leftOut?.flipped)]),
      ),
    ),
    ...section(
      "Most alike",
      "correlation about one half, and share decided alike, of the same comparisons",
      alike.flatMap((one) => pair(`${fixed(one.correlation)}  ${share(one.agree).padStart(4)}`, one)),
    ),
    ...section(
      "Against each other",
      "share of the same comparisons",
      opposed.length === 0
        ? [`none of ${counted(accord.length, "pair")}`]
        : opposed.flatMap((one) => pair(share(one.conflict).padStart(4), one)),
    ),
  ];
}

const drawn = (draws: Results["principles"][number]["rounds"]): readonly Cell[] =>
  draws === null ? ["–", "–"] : [draws.drawn, draws.odd];
const share = (value: number | null): string => (value === null ? "–" : `${Math.round(100 * value)}%`);
const rate = (of: Rate | null | undefined): string => share(of?.rate ?? null);
const fixed = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(2));
