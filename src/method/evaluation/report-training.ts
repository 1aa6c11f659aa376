// The report on training: reward, KL and entropy along PPO, what its answers truly do, reward against the square root of KL, how
// varied the answers stayed, and what was kept out of training.
import type { Metrics } from "../../models/model.ts";
import { curvePlot } from "./plot-curves.ts";
import { type Section, sideways, table } from "./report-page.ts";
import { estimateCell, nameOf, rateCell } from "./report-words.ts";
import type { Results } from "./results.ts";

/** One metric of a history as a small curve. */
function metricCurve(history: readonly Metrics[], metric: string, yLabel: string, xLabel: string): string {
  const points = history.flatMap((metrics, i) => {
    const value = metrics[metric];
    return value === undefined ? [] : { x: i + 1, y: value };
  });
  if (points.length === 0) return "";
  return curvePlot(yLabel, [{ className: "m1", name: yLabel, points, marks: "line" }], {
    width: 250,
    height: 190,
    xLabel,
    yLabel,
  });
}

/** Reward, KL and entropy along PPO. */
export function reinforcement(results: Results): Section | null {
  const { rl } = results.history;
  if (rl.length < 2) return null;
  const fit = results.rewardAgainstKl;
  const harmful = results.alongRl ?? [];
  const graded = rl.map((_, i): Metrics => {
    const own = harmful.find(({ iteration }) => iteration === i + 1);
    return own === undefined ? {} : { comply: 100 * own.comply.rate, score: own.score };
  });
  const points = rl.map(({ kl, score }) => ({ x: Math.sqrt(Math.max(0, kl ?? 0)), y: score ?? 0 }));
  const [least, most] = [Math.min(...points.map(({ x }) => x)), Math.max(...points.map(({ x }) => x))];
  const line = fit === null ? [] : [least, most].map((x) => ({ x, y: fit.intercept + fit.slope * x }));
  const cloud = curvePlot(
    "Reward against the square root of KL",
    [
      { className: "m0", name: "least squares", points: line, marks: "line" },
      { className: "m2", name: "iteration", points, marks: "dots" },
    ],
    {
      width: 460,
      height: 280,
      xLabel: "square root of KL to SL-CAI, nats an answer",
      yLabel: "preference-model score",
    },
  );
  const words =
    fit === null
      ? ""
      : ` Against the square root of KL the reward should run in about a straight line: here <b>r² = ${fit.rSquared.toFixed(2)}</b>, slope ${fit.slope.toFixed(2)}.`;
  const truth =
    harmful.length === 0
      ? ""
      : " Of its answers to harmful requests the grader says which comply: where their score goes on rising and harmful compliance no longer falls, the preference model overstates the gain.";
  return {
    title: "Reinforcement learning",
    said: `The preference model's score of the policy's answers, how far the policy has moved from SL-CAI, and how undecided it still is from token to token, iteration by iteration.${truth}${words}`,
    body: `${sideways(
      metricCurve(rl, "score", "score", "iteration"),
      metricCurve(rl, "kl", "KL, nats an answer", "iteration"),
      metricCurve(rl, "entropy", "entropy, nats a token", "iteration"),
    )}${sideways(
      metricCurve(graded, "score", "score, harmful requests", "iteration"),
      metricCurve(graded, "comply", "harmful compliance, %", "iteration"),
    )}<figure>${cloud}</figure>`,
  };
}

/** Losses of fine-tuning and of the preference model. */
export function losses(results: Results): Section | null {
  const { supervised, preference } = results.history;
  const curves = [
    metricCurve(supervised, "loss", "fine-tuning loss, nats a token", "step"),
    metricCurve(preference, "loss", "preference loss, nats", "step"),
    metricCurve(preference, "accuracy", "preference accuracy", "step"),
  ].filter((curve) => curve !== "");
  if (curves.length === 0) return null;
  return {
    title: "Losses",
    said: "Fine-tuning on the revisions, and the preference model on soft labels (whose loss cannot fall below the labels' own entropy).",
    body: sideways(...curves),
  };
}

const SETS: { readonly [S in Results["diversity"][number]["set"]]: string } = {
  "red-team": "harmful",
  helpful: "ordinary",
  declines: "harmful, declined",
  "declines-100": "harmful, a hundred declined",
};

/** Distinct-n and the most widespread phrase of each model. */
export function diversity(results: Results): Section | null {
  if (results.diversity.length === 0) return null;
  const rows = results.diversity.map(({ model, set, answers, distinct1, distinct2, looping, widest }) => [
    nameOf(model),
    SETS[set],
    { number: String(answers) },
    estimateCell(distinct1),
    estimateCell(distinct2),
    rateCell(looping),
    rateCell(widest?.share ?? null),
    widest === null ? "" : `“${widest.phrase}”`,
  ]);
  return {
    title: "Diversity",
    said: "Over-training shows as boilerplate: fewer different words and pairs of words, and one phrase of four words in ever more answers. Declines share more words than help does, so they are set beside as many of each model that declines; a hundred of them can be set beside another run's.",
    body: table(
      ["Model", "Requests", "Answers", "Distinct-1", "Distinct-2", "In circles", "Widest 4-gram", ""],
      rows,
    ),
  };
}

/** Sampled texts kept out of training. */
export function oddities(results: Results): Section | null {
  if (results.oddities.length === 0) return null;
  const rows = results.oddities.map(({ step, texts, reasons }) => [
    step,
    { number: String(texts) },
    { number: String(Object.values(reasons).reduce((total, count) => total + count, 0)) },
    Object.entries(reasons)
      .map(([reason, count]) => `${reason}: ${count}`)
      .join(", "),
  ]);
  return {
    title: "Odd outputs",
    said: "Texts that were empty, cut off or of the wrong kind: recorded as such, counted here and kept out of training.",
    body: table(["Step", "Texts", "Odd", "Why"], rows),
  };
}
