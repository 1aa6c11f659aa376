// The page of a study, for people: for every shape whether it is seen, for every figure a plot and a table, and what the error bars
// are. Renders what it is given and computes no figure of its own.
import { type Figure, shownFigure } from "./figures.ts";
import { escapeHtml, shortly } from "./plot.ts";
import { meanPlot } from "./plot-means.ts";
import { legend, page, type Section, sectionId, table } from "./report-page.ts";
import { boundsOf, type StudyFigure, type StudyResults, type Variant } from "./study.ts";
import { type Change, FEWEST_SEEDS, type Outcome } from "./trends.ts";

/**
 * One HTML page: no script, nothing fetched, light or dark as the reader prefers.
 *
 * @param reportOf address of a run's own report, from where the page lies
 */
export function renderStudy(
  study: StudyResults,
  reportOf: (variant: Variant, seed: string) => string,
): string {
  const { title, about, variants, seeds, figures } = study;
  const header = [
    `<h1>${escapeHtml(title)}</h1>`,
    about === "" ? "" : `<p class="lead">${escapeHtml(about)}</p>`,
    `<p class="lead"><b>${variants.length} variants</b> under <b>${seedsOf(seeds.length)}</b>: ${barsOf(seeds.length)}</p>`,
  ];
  const sections = [
    study.shapes.length === 0 ? null : shapesSection(study),
    ...figures.map((figure) => figureSection(figure, study)),
    runsSection(study, reportOf),
  ].filter((section) => section !== null);
  return page(`${study.name}: a study by Charter`, header.join(""), sections, STYLE);
}

const seedsOf = (count: number): string => `${count} ${count === 1 ? "seed" : "seeds"}`;

const barsOf = (seeds: number): string =>
  seeds < FEWEST_SEEDS
    ? `too few for an interval, so an error bar goes from the least to the most of them, and no shape is decided.`
    : `an error bar is Student's 95% interval of the mean over them. All seeds are asked the same held-out prompts: a bar tells how much is the luck of sampling and training, not what other prompts would give.`;

const OUTCOMES: { readonly [V in Outcome]: string } = {
  seen: "reasoned",
  "not seen": "comply",
  "not decided": "other",
};

function shapesSection({ shapes, variants, figures, seeds }: StudyResults): Section {
  const labelOf = (name: string) => variants.find((variant) => variant.name === name)?.label ?? name;
  const rows = shapes.map(({ paper, figure, is, over, margin, change, outcome, title, unit }) => {
    const there = figures.some((own) => own.name === figure);
    const span =
      over.length === 1
        ? labelOf(over[0]!)
        : `${labelOf(over[0]!)} → ${labelOf(over.at(-1)!)}${over.length > 2 ? `, along the line through ${over.length}` : ""}`;
    const moved = shownChange(change, unit);
    const asked = is === "level" ? `level within ${shownMargin(margin, unit)}` : is;
    const named = there ? `<a href="#${sectionId(title)}">${escapeHtml(title)}</a>` : escapeHtml(title);
    return [
      paper,
      { html: `${named} <small>${asked}?</small><br>${escapeHtml(span)}: <b>${moved}</b>` },
      { html: `<span class="tag ${OUTCOMES[outcome]}">${outcome}</span>` },
    ];
  });
  const rule =
    seeds.length < FEWEST_SEEDS
      ? `With fewer than ${FEWEST_SEEDS} seeds nothing is decided.`
      : "It stands with its 95% interval over seeds: seen where that lies wholly on the side that the paper's finding has it, not seen where it lies wholly on another, not decided where it does neither.";
  return {
    title: "What the paper found, and what is seen here",
    said: `Each change is taken within a seed, from the first variant to the last. ${rule} The trend counts, not the level.`,
    body: table(["The paper", "Here", ""], rows),
  };
}

function figureSection(
  { name, title, unit, variants }: StudyFigure,
  { seeds, variants: all }: StudyResults,
): Section {
  const show = (value: number) => shownFigure(value, unit);
  const named = variants.map(({ name, values, spread }) => ({
    name: all.find((variant) => variant.name === name)!.label,
    mean: spread,
    runs: values.flatMap((value, i) => (value === null ? [] : [{ name: `seed ${seeds[i]}`, value }])),
    values,
  }));
  const rows = named.map(({ name, mean, values }) => [
    name,
    mean === null
      ? { number: "–" }
      : { number: show(mean.value), small: `${show(mean.low)} to ${show(mean.high)}` },
    ...values.map((value) => ({ number: value === null ? "–" : show(value) })),
  ]);
  const marks = legend([
    { className: "m1", name: "mean" },
    { className: "m0", name: "a run" },
  ]);
  return {
    title,
    said: "",
    body:
      (named.every(({ mean }) => mean === null)
        ? "<p>No run has this figure.</p>"
        : marks + meanPlot(title, named, { within: boundsOf(name), show, tick: tickOf(unit) })) +
      table(["", "Mean", ...seeds.map((seed) => `seed ${seed}`)], rows),
  };
}

const tickOf = (unit: Figure["unit"]) => (value: number) =>
  unit === "share" ? `${shortly(100 * value)}%` : shortly(value);

function runsSection(
  { variants, seeds }: StudyResults,
  reportOf: (variant: Variant, seed: string) => string,
): Section {
  const rows = variants.map((variant) => [
    variant.label,
    {
      html:
        Object.entries(variant.set)
          .map(([key, value]) => `<code>${escapeHtml(`${key}: ${JSON.stringify(value)}`)}</code>`)
          .join("<br>") || "nothing",
    },
    {
      html: seeds
        .map((seed) => `<a href="${escapeHtml(encodeURI(reportOf(variant, seed)))}">${escapeHtml(seed)}</a>`)
        .join(" "),
    },
  ]);
  return {
    title: "The runs",
    said: "What each variant sets of the recipe, and the report of each of its runs, by seed.",
    body: table(["Variant", "Sets", "Reports"], rows),
  };
}

/** "−21.3 points (−25.0 to −17.2)", or "no figure". */
export function shownChange(change: Change | null, unit: Figure["unit"]): string {
  if (change === null) return "no figure";
  const { value, low, high } = change;
  const own = `${signed(value, unit)}${unit === "share" ? " points" : ""}`;
  return low === null || high === null ? own : `${own} (${signed(low, unit)} to ${signed(high, unit)})`;
}

const shownMargin = (margin: number, unit: Figure["unit"]): string =>
  unit === "share" ? `${Number((100 * margin).toPrecision(3))} points` : String(margin);

function signed(value: number, unit: Figure["unit"]): string {
  const text = shownFigure(value, unit).replace("%", "");
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
}

const STYLE = `
main td a{color:var(--ink)}td:nth-child(1){min-width:130px}td .tag{white-space:nowrap}
`;
