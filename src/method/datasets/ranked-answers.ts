// Several answers to one prompt, ranked or scored: NeMo-RL's preferences and the samples published with the paper. The best is
// chosen and the worst rejected; those between belong to no comparison.
import { MalformedRow, type Row } from "./row.ts";

interface Ranked {
  readonly answer: unknown;
  /** Higher is better. */
  readonly score: number;
}

/** NeMo-RL: { context, completions: [{ rank, completion }] }; a lower rank is better. */
export function rankedCompletions({ context, completions }: Row): Row {
  const { best, worst } = ends(
    list(completions, "completions").map((item, i) => ({
      answer: item["completion"],
      score: -number(item["rank"], `completions[${i}].rank`),
    })),
  );
  return { prompt: context, chosen: best.answer, rejected: worst.answer };
}

/**
 * The paper's RL samples: { rl_prompt, sampled_answers: [{ sampled_string, pm_scores: [{ pm_score }] }] }. A preference model's
 * scores differ by the log-odds of the comparison (Bradley-Terry), which makes a soft label.
 */
export function scoredSamples({ rl_prompt, sampled_answers }: Row): Row {
  const { best, worst } = ends(
    list(sampled_answers, "sampled_answers").map((item, i) => {
      const where = `sampled_answers[${i}]`;
      const scores = list(item["pm_scores"], `${where}.pm_scores`).map((score) =>
        number(score["pm_score"], `${where}.pm_scores`),
      );
      const score = scores.reduce((sum, each) => sum + each, 0) / scores.length;
      return { answer: sampledText(item["sampled_string"]), score };
    }),
  );
  return {
    prompt: rl_prompt,
    chosen: best.answer,
    rejected: worst.answer,
    chosen_prob: 1 / (1 + Math.exp(worst.score - best.score)),
    chosen_score: best.score,
    rejected_score: worst.score,
  };
}

/** A sample ends where the sampler would have spoken for the human. */
const sampledText = (text: unknown): unknown =>
  typeof text === "string" ? text.replace(/\s*\n\s*Human:?\s*$/, "").trim() : text;

function ends(answers: readonly Ranked[]): { readonly best: Ranked; readonly worst: Ranked } {
  const [best, ...others] = answers.toSorted((a, b) => b.score - a.score);
  const worst = others.at(-1);
  if (worst === undefined)
    throw new MalformedRow("no-preference", `expected at least two answers, got ${answers.length}`);
  if (best!.score === worst.score)
    throw new MalformedRow("no-preference", "expected one answer above another, got all alike");
  return { best: best!, worst };
}

function list(value: unknown, where: string): readonly Row[] {
  if (Array.isArray(value)) return value.map((item: unknown) => (item ?? {}) as Row);
  throw new MalformedRow("unknown-shape", `${where}: expected a list, got ${JSON.stringify(value)}`);
}

function number(value: unknown, where: string): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new MalformedRow("unknown-shape", `${where}: expected a number, got ${JSON.stringify(value)}`);
}
