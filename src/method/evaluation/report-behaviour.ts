// The report on what the models do: the result table, kinds of answer, categories of harm, and the rounds of revision.
import type { AnswerKind } from "./grader.ts";
import { inPercent } from "./plot.ts";
import { curvePlot } from "./plot-curves.ts";
import { dotPlot, type RowDot, stackedBars } from "./plot-rows.ts";
import type { KindRates } from "./rates.ts";
import { type Cell, legend, type Section, table } from "./report-page.ts";
import { colourOf, KIND_NAMES, nameOf, percent, rateCell, whole } from "./report-words.ts";
import type { Results } from "./results.ts";

const modelLegend = (results: Results): string =>
  legend(results.models.map(({ name }) => ({ className: colourOf(results, name), name: nameOf(name) })));

const KINDS = Object.keys(KIND_NAMES) as readonly AnswerKind[];
const kindLegend = legend(KINDS.map((kind) => ({ className: kind, name: KIND_NAMES[kind] })));

/** The four or so figures that matter most, before and after. */
export function headline(results: Results): string {
  const figures = [
    {
      said: "of harmful requests complied with",
      of: (i: number) => results.answers[i]?.harmful?.kinds.comply,
    },
    {
      said: "of harmful requests evaded without a reason",
      of: (i: number) => results.answers[i]?.harmful?.kinds.evasive,
    },
    { said: "of ordinary requests helped with", of: (i: number) => results.answers[i]?.benign?.helpful },
    { said: "of ordinary requests refused", of: (i: number) => results.answers[i]?.benign?.overRefusal },
  ];
  const tiles = figures.flatMap(({ said, of }) => {
    const rates = results.answers.map((_, i) => of(i)).filter((rate) => rate != null);
    const last = rates.at(-1);
    if (last === undefined) return [];
    const path = rates.map(({ rate }) => percent(rate)).join(" → ");
    return `<div class="tile"><strong>${percent(last.rate)}</strong><div class="path">${path}</div><p>${said}</p></div>`;
  });
  return tiles.length === 0 ? "" : `<div class="tiles">${tiles.join("")}</div>`;
}

/** Every model in one table, with intervals. */
export function resultTable(results: Results): Section | null {
  const { answers, grader } = results;
  if (answers.length === 0) return null;
  const rating = (model: string, criterion: string): Cell => {
    const table = results.elo.find((one) => one.judge === "grader" && one.criterion === criterion);
    const own = table?.ratings.find((one) => one.model === model);
    if (own === undefined) return { number: "–" };
    const isAnchor = own.low === own.high;
    return {
      number: whole(own.value),
      small: isAnchor ? "fixed" : `${whole(own.low)} to ${whole(own.high)}`,
    };
  };
  const measures: readonly (readonly [string, (i: number) => Cell])[] = [
    ["Harmful compliance", (i) => rateCell(answers[i]!.harmful?.kinds.comply ?? null)],
    ["Evasive", (i) => rateCell(answers[i]!.harmful?.kinds.evasive ?? null)],
    ["Neither that nor a decline with a reason", (i) => rateCell(answers[i]!.harmful?.kinds.other ?? null)],
    [
      "Declines with a right reason and alternative",
      (i) => rateCell(answers[i]!.harmful?.rightDecline ?? null),
    ],
    ["Benign helpfulness", (i) => rateCell(answers[i]!.benign?.helpful ?? null)],
    ["Over-refusal", (i) => rateCell(answers[i]!.benign?.overRefusal ?? null)],
    ["Harmlessness Elo", (i) => rating(answers[i]!.model, "harmlessness")],
    ["Helpfulness Elo", (i) => rating(answers[i]!.model, "helpfulness")],
  ];
  const [harmful, benign] = [answers[0]!.harmful?.answers ?? 0, answers[0]!.benign?.answers ?? 0];
  return {
    title: "Results",
    said: `Answers to ${harmful} harmful and ${benign} ordinary requests, ${heldOut(results)}, judged by ${grader}; 95% intervals beside each figure.`,
    body: table(
      ["", ...answers.map(({ model }) => nameOf(model))],
      measures.map(([name, of]) => [name, ...answers.map((_, i) => of(i))]),
    ),
  };
}

/** How far the prompts were held out from training. */
function heldOut({ overlap }: Results): string {
  if (overlap === undefined) return "held out from training as far as the files are apart";
  return overlap === 0 ? "held out from all training" : `<b>${overlap} of which were trained on, too</b>`;
}

const sharesOf = (kinds: KindRates) =>
  KINDS.map((kind) => ({ className: kind, name: KIND_NAMES[kind], share: kinds[kind].rate }));

/** Kinds of answer, stacked. */
export function answerKinds(results: Results): Section | null {
  const barsOf = (set: "harmful" | "benign") =>
    results.answers.flatMap((answers) => {
      const rates = answers[set];
      return rates === null ? [] : { name: nameOf(answers.model), shares: sharesOf(rates.kinds) };
    });
  const groups = [
    { title: "Asked for something harmful", bars: barsOf("harmful") },
    { title: "Asked for something ordinary", bars: barsOf("benign") },
  ].filter(({ bars }) => bars.length > 0);
  if (groups.length === 0) return null;
  return {
    title: "What the answers do",
    said: "The method wants <b>declines that say why</b> above and <b>help</b> below; a model that merely turns away would be harmless and useless.",
    body: kindLegend + stackedBars("Kinds of answer by model", groups),
  };
}

/** Compliance in each category of harm, and of ordinary requests. */
export function categories(results: Results): Section | null {
  const names = (harmful: boolean) => [
    ...new Set(
      results.answers.flatMap((answers) =>
        answers.categories.filter((one) => one.harmful === harmful).map(({ category }) => category),
      ),
    ),
  ];
  const rowOf = (category: string, harmful: boolean) => ({
    name: category,
    dots: results.answers.flatMap((answers): readonly RowDot[] => {
      const own = answers.categories.find((one) => one.category === category && one.harmful === harmful);
      if (own === undefined) return [];
      const { rate, low, high } = own.comply;
      return [
        { className: colourOf(results, answers.model), name: nameOf(answers.model), value: rate, low, high },
      ];
    }),
  });
  const plot = (harmful: boolean) =>
    dotPlot(
      `Compliance by category of ${harmful ? "harm" : "ordinary request"}`,
      [{ title: "", rows: names(harmful).map((category) => rowOf(category, harmful)) }],
      { label: "complies", domain: [0, 1], show: inPercent },
    );
  if (names(true).length === 0) return null;
  const ordinary =
    names(false).length === 0
      ? ""
      : `<details><summary>Ordinary requests by kind</summary>${plot(false)}</details>`;
  return {
    title: "Kind by kind",
    said: "Harmful compliance in each category: a harm that the constitution does not name may stay at the right-hand side.",
    body: modelLegend(results) + plot(true) + ordinary,
  };
}

/** Harmlessness by revision round. */
export function revisionRounds(results: Results): Section | null {
  const { rounds } = results;
  if (rounds.length < 2) return null;
  const nameOfRound = (round: number) => (round === 0 ? "Response" : `Revision ${round}`);
  const bars = rounds.flatMap(({ round, kinds }) =>
    kinds === null ? [] : { name: nameOfRound(round), shares: sharesOf(kinds) },
  );
  const scores = rounds.flatMap(({ round, score }) =>
    score === null ? [] : { x: round, y: score.value, low: score.low, high: score.high },
  );
  const curve = curvePlot(
    "Preference-model score by round",
    [{ className: "m1", name: "mean score", points: scores, marks: "both" }],
    {
      width: 460,
      height: 230,
      xLabel: "round of critique and revision",
      yLabel: "mean preference-model score",
      xTicks: rounds.map(({ round }) => round),
    },
  );
  return {
    title: "Round by round",
    said: "What stands after each round of critique and revision of the model's own answers to the training prompts, a freshly drawn principle each time.",
    body:
      (bars.length === 0 ? "" : kindLegend + stackedBars("Kinds of answer by round", [{ title: "", bars }])) +
      (scores.length === 0 ? "" : `<figure>${curve}</figure>`),
  };
}
