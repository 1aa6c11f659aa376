// The report of a run for people: what changed, why, how sure one can be, what it took, and what to try next. Renders what it
// is given and computes no figure of its own; sections without data are left out.
import { escapeHtml } from "./plot.ts";
import { answerKinds, categories, headline, resultTable, revisionRounds } from "./report-behaviour.ts";
import { calibrationDiagrams, eloRatings } from "./report-judgement.ts";
import { page, type Section, table } from "./report-page.ts";
import { adherence, betweenPrinciples, principles, reach } from "./report-scoreboard.ts";
import { diversity, losses, oddities, reinforcement } from "./report-training.ts";
import { chainSection, sideBySideSection } from "./report-transcripts.ts";
import { nameOf } from "./report-words.ts";
import type { Results, StageTiming } from "./results.ts";
import type { Transcript } from "./transcripts.ts";

/** How a reader types a command on the run. */
export interface ReportCommands {
  /** What calls Charter, such as `npm run charter --`. */
  readonly call: string;
  /** The run's folder from where the reader is, between quotes where a shell wants them. */
  readonly run: string;
}

/**
 * One self-contained HTML page: no script, nothing fetched, light or dark as the reader prefers.
 *
 * @param timings of this machine; they stand in the report only
 * @param commands of what can be tried next; null leaves them out
 */
export function renderReport(
  results: Results,
  transcripts: readonly Transcript[],
  timings: readonly StageTiming[],
  commands: ReportCommands | null = { call: "charter", run: `runs/${results.recipe.name}` },
): string {
  const sections = [
    resultTable(results),
    answerKinds(results),
    sideBySideSection(results, transcripts),
    revisionRounds(results),
    chainSection(transcripts, (id) => why(id, commands)),
    reach(results),
    principles(results),
    adherence(results),
    betweenPrinciples(results),
    categories(results),
    eloRatings(results),
    calibrationDiagrams(results),
    reinforcement(results),
    losses(results),
    diversity(results),
    oddities(results),
    timeSpent(timings),
    commands === null ? null : nextSteps(results, commands),
  ].filter((section) => section !== null);
  return page(`${results.recipe.name}: a run of Charter`, header(results), sections);
}

function header(results: Results): string {
  const { recipe, constitution, models } = results;
  const path = models.map(({ name }) => nameOf(name)).join(" → ");
  return [
    `<h1>${escapeHtml(constitution.title)}</h1>`,
    `<p class="lead">What training under <b>${constitution.principles} principles</b> (version ${escapeHtml(constitution.version)}) did to a model: ${escapeHtml(path)}. Recipe <b>${escapeHtml(recipe.name)}</b>, seed <b>${escapeHtml(recipe.seed)}</b>.</p>`,
    headline(results),
  ].join("");
}

/** "1 min 23 s" or "4.2 s". */
function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function timeSpent(timings: readonly StageTiming[]): Section | null {
  const total = timings.reduce((sum, { ms }) => sum + ms, 0);
  if (total === 0) return null;
  const most = Math.max(...timings.map(({ ms }) => ms));
  const hasForecast = timings.some(({ forecastMs }) => forecastMs !== undefined);
  const rows = timings.map(({ title, ms, done, unit, forecastMs }) => [
    title,
    { number: duration(ms) },
    ...(hasForecast ? [{ number: forecastMs === undefined ? "–" : duration(forecastMs) }] : []),
    { number: String(done), small: done === 1 ? unit : `${unit}s` },
    {
      html: `<div class="meter"><span class="bar" style="width:${((ms / most) * 100).toFixed(1)}%"></span></div>`,
    },
  ]);
  const foretold = timings.reduce((sum, { forecastMs }) => sum + (forecastMs ?? 0), 0);
  const against = hasForecast ? `; the forecast was ${duration(foretold)}` : "";
  return {
    title: "Where the time went",
    said: `<b>${duration(total)}</b> of computing, stage by stage${against}. Stages recalled from the ledger take none.`,
    body: table(["Stage", "Time", ...(hasForecast ? ["Forecast"] : []), "Done", "Share"], rows),
  };
}

const why = (id: string, commands: ReportCommands | null): string =>
  commands === null ? `charter why ${id}` : `${commands.call} why ${id} --run ${commands.run}`;

function nextSteps({ models }: Results, commands: ReportCommands): Section {
  const { call, run } = commands;
  const trained = models.slice(1).map(({ name }) => `${run}/checkpoints/${name}`);
  const steps = [
    ["Talk to the models, side by side", `${call} chat ${trained.join(" ")}`],
    [
      "List revisions, then ask how one came to be",
      `${call} show --run ${run} --kind revision\n${why("<id>", commands)}`,
    ],
    ["Recompute the ledger from its bytes", `${call} verify ${run}`],
    ["Evaluate with more samples a prompt", `${call} evaluate ${run} --set evaluation.samplesPerPrompt=4`],
  ];
  return {
    title: "What to try next",
    said: "Nothing that is already computed is computed again.",
    body: steps
      .map(([said, command]) => `<h3>${escapeHtml(said!)}</h3><pre>${escapeHtml(command!)}</pre>`)
      .join(""),
  };
}
