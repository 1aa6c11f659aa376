// The scoreboard of the report: what each principle did, which of them agree, and which kinds of request none speaks to.
import { at, drawing, escapeHtml, textAt } from "./plot.ts";
import { estimateCell, nameOf, percent, rateCell } from "./report-behaviour.ts";
import { type Cell, type Section, table } from "./report-page.ts";
import type { Results } from "./results.ts";

type Row = Results["principles"][number];

const NONE: Cell = { number: "–" };
const fixed = (value: number | null | undefined): Cell =>
  value == null ? NONE : { number: value.toFixed(2) };
const named = ({ id, text }: Row): Cell => ({
  html: `<details><summary>${escapeHtml(id)}</summary>${escapeHtml(text)}</details>`,
});

/** What each principle was drawn for and what came of it. */
export function principles(results: Results): Section | null {
  const { principles: rows } = results;
  if (rows.length === 0) return null;
  return {
    title: "Principles",
    said: `How often each principle was drawn, how many of those revisions changed the text and by how much, and how many harmful answers they mended; how far from one half its comparisons were judged (0.5 is certainty), how often ${results.truth === "labels" ? "people's labels say the same" : "the grader judges likewise"}, how often the preference model is right on held-out ones of them, and by how much its probabilities are off (calibration error).`,
    body: `<h3>In critique and revision</h3>${table(
      ["Principle", "Rounds", "Changed", "Words changed", "Mended"],
      rows.map((row) => [
        named(row),
        { number: String(row.rounds) },
        rateCell(row.changed),
        row.distance === null ? NONE : { number: percent(row.distance) },
        rateCell(row.mended),
      ]),
    )}<h3>In feedback</h3>${table(
      ["Principle", "Readings", "Decisiveness", `As the ${results.truth ?? "grader"}`, "Learnt", "Off by"],
      rows.map((row) => [
        named(row),
        { number: String(row.readings) },
        fixed(row.decisiveness),
        rateCell(row.agreement),
        rateCell(row.preferenceModel?.accuracy ?? null),
        fixed(row.preferenceModel?.expectedCalibrationError.value),
      ]),
    )}`,
  };
}

/** Every principle on the same comparisons. */
export function betweenPrinciples(results: Results): Section | null {
  const { principles: rows, accord, models } = results;
  if (accord.length === 0) return null;
  const trained = models.slice(1).map(({ name }) => name);
  const conflicts = accord.filter(({ conflict }) => conflict > 0).length;
  return {
    title: "Principles between them",
    said: `Every principle asked about the same held-out answers: how probably a model's answer is better than the helpful-only model's, as the principle sees it; how often it prefers the less helpful answer; by how much labels averaged over all principles would shift without it, and how many would flip to another side. In the map the correlation of every two, the darker the stronger, green alike and orange opposed: ${conflicts === 0 ? "no two decided a comparison against each other" : `${conflicts} of ${accord.length} pairs, with a dot, decided some comparison against each other`}.`,
    body: `${table(
      ["Principle", ...trained.map(nameOf), ...["Less helpful", "Shift", "Flips"]],
      rows.map((row) => [
        named(row),
        ...trained.map((name) => {
          const found = row.adherence.find(({ model }) => model === name);
          return found === undefined ? NONE : estimateCell(found);
        }),
        rateCell(row.helpfulnessCost),
        fixed(row.leftOut?.shift),
        rateCell(row.leftOut?.flipped ?? null),
      ]),
    )}<figure>${accordMap(results)}</figure>`,
  };
}

/** What the constitution reaches, kind by kind. */
export function reach(results: Results): Section | null {
  const { coverage } = results;
  if (coverage.length === 0) return null;
  const gaps = coverage.filter(({ isGap }) => isGap).map(({ category }) => category);
  const found =
    gaps.length === 0
      ? "No kind stands out."
      : `<b>No principle seems to speak to ${escapeHtml(gaps.join(", "))}</b>: there, less than half as much is changed and decided as elsewhere.`;
  return {
    title: "What the constitution reaches",
    said: `For every kind of harmful request in training: the share of answers that critique and revision changed, and how far from one half the comparisons were judged. ${found}`,
    body: table(
      ["Kind", "Prompts", "Changed", "Comparisons", "Decisiveness", ""],
      coverage.map(({ category, prompts, changed, comparisons, decisiveness, isGap }) => [
        category,
        { number: String(prompts) },
        rateCell(changed),
        { number: String(comparisons) },
        fixed(decisiveness),
        isGap ? { html: "<b>no principle seems to speak to it</b>" } : "",
      ]),
    ),
  };
}

/** User units. */
const [CELL, NAMES] = [24, 250];

/** Correlations as a square of cells: the darker, the more alike; a dot where two decided against each other. */
function accordMap({ principles: rows, accord }: Results): string {
  const ids = rows.map(({ id }) => id);
  const place = (i: number) => NAMES + i * CELL;
  const cells = accord.flatMap(({ a, b, comparisons, agree, conflict, correlation }) => {
    const [i, j] = [ids.indexOf(a), ids.indexOf(b)];
    const told = `${a} and ${b}: correlation ${correlation?.toFixed(2) ?? "–"}, alike in ${percent(agree)}, against each other in ${percent(conflict)} of ${comparisons} comparisons`;
    const colour = (correlation ?? 0) < 0 ? "comply" : "reasoned";
    const opacity = Math.abs(correlation ?? 0).toFixed(2);
    return [
      [i, j],
      [j, i],
    ].map(([column, row]) => {
      const [x, y] = [place(column!), row! * CELL];
      const dot =
        conflict > 0
          ? `<circle cx="${at(x + CELL / 2)}" cy="${at(y + CELL / 2)}" r="2.5" class="dot j0"/>`
          : "";
      return `<g><title>${escapeHtml(told)}</title><rect x="${at(x)}" y="${at(y)}" width="${CELL - 2}" height="${CELL - 2}" rx="2" class="${colour}" style="fill-opacity:${opacity}"/>${dot}</g>`;
    });
  });
  const names = ids.map((id, i) => textAt(NAMES - 8, i * CELL + CELL / 2, id, "end", "label"));
  return drawing(
    NAMES + ids.length * CELL,
    ids.length * CELL,
    "How alike every two principles decide the same comparisons",
    [...names, ...cells],
  );
}
