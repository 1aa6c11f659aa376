// The scoreboard of the report: what each principle did, which of them agree, and which kinds of request none speaks to.
import { gapsIn } from "./coverage.ts";
import { at, drawing, escapeHtml, textAt } from "./plot.ts";
import { type Cell, type Section, table } from "./report-page.ts";
import { estimateCell, nameOf, percent, rateCell } from "./report-words.ts";
import type { Results } from "./results.ts";

type Row = Results["principles"][number];

const NONE: Cell = { number: "–" };
const fixed = (value: number | null | undefined): Cell =>
  value == null ? NONE : { number: value.toFixed(2) };
const named = ({ id, text }: Row): Cell => ({
  html: `<details><summary>${escapeHtml(id)}</summary>${escapeHtml(text)}</details>`,
});

/** "58", and "2 odd" where there were any. */
const drawsCell = (draws: Row["rounds"]): Cell =>
  draws === null
    ? NONE
    : { number: String(draws.drawn), ...(draws.odd === 0 ? {} : { small: `${draws.odd} odd` }) };

/** What each principle was drawn for and what came of it. */
export function principles(results: Results): Section | null {
  const { principles: rows } = results;
  if (rows.length === 0) return null;
  return {
    title: "Principles",
    said: `For how many rounds and comparisons each principle was drawn, and how many of those came to nothing (odd). In critique and revision: how many critiques said that something was wrong (where the grader can read them), how many revisions changed the text and by how much, and how many harmful answers they mended. In feedback: how far from one half its comparisons were decided, both orders averaged (0.5 is certainty), how often ${results.truth === "labels" ? "people's labels say the same" : "the grader judges likewise"}, how often the preference model is right on held-out ones of them, and by how much its probabilities are off (calibration error).`,
    body: `<h3>In critique and revision</h3>${table(
      ["Principle", "Drawn", "Found", "Changed", "Words", "Mended"],
      rows.map((row) => [
        named(row),
        drawsCell(row.rounds),
        rateCell(row.found),
        rateCell(row.changed),
        row.distance === null ? NONE : { number: percent(row.distance) },
        rateCell(row.mended),
      ]),
    )}<h3>In feedback</h3>${table(
      ["Principle", "Drawn", "Decided by", `As the ${results.truth ?? "grader"}`, "Learnt", "Off by"],
      rows.map((row) => [
        named(row),
        drawsCell(row.comparisons),
        fixed(row.decisiveness),
        rateCell(row.agreement),
        rateCell(row.preferenceModel?.accuracy ?? null),
        fixed(row.preferenceModel?.expectedCalibrationError.value),
      ]),
    )}`,
  };
}

/** What each principle thinks of the models, and what it costs. */
export function adherence({ principles: rows, models }: Results): Section | null {
  if (!rows.some((row) => row.adherence.length > 0)) return null;
  const trained = models.slice(1).map(({ name }) => name);
  return {
    title: "What principles think of the models",
    said: `Every principle asked about the same held-out answers. To red-team prompts: how probably a model's answer is better than the ${nameOf(models[0]!.name)} model's, as the principle sees it; that model is what the others are measured against, so it has no figure of its own (one half by definition). To ordinary prompts: how often the principle prefers the less helpful answer.`,
    body: table(
      ["Principle", ...trained.map(nameOf), "Less helpful"],
      rows.map((row) => [
        named(row),
        ...trained.map((name) => {
          const found = row.adherence.find(({ model }) => model === name);
          return found === undefined ? NONE : estimateCell(found);
        }),
        rateCell(row.helpfulnessCost),
      ]),
    ),
  };
}

/** Every principle on the same comparisons. */
export function betweenPrinciples(results: Results): Section | null {
  const { principles: rows, accord } = results;
  if (accord.length === 0) return null;
  const conflicts = accord.filter(({ conflict }) => conflict > 0).length;
  return {
    title: "Principles between them",
    said: `Principles on the same comparisons: by how much labels averaged over all of them would shift without one, and how many would flip to another side. In the map the correlation of every two about one half, the darker the stronger, green alike and orange opposed: ${conflicts === 0 ? "no two decided a comparison against each other" : `${conflicts} of ${accord.length} pairs, with a dot, decided some comparison against each other`}.`,
    body: `${table(
      ["Principle", "Shift", "Flips"],
      rows.map((row) => [named(row), fixed(row.leftOut?.shift), rateCell(row.leftOut?.flipped ?? null)]),
    )}<figure>${accordMap(results)}</figure>`,
  };
}

/** What the constitution reaches, kind by kind. */
export function reach(results: Results): Section | null {
  const { coverage } = results;
  if (coverage.length === 0) return null;
  const gaps = gapsIn(coverage);
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
