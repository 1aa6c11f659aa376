// What the rounds of critique and revision did to the answers (CAI paper, section 3.4, figure 5).
import type { Random } from "../../engine/random.ts";
import { mean } from "../mean.ts";
import type { Oddity, Prompt, Response, Revision } from "../records.ts";
import type { Grader } from "./grader.ts";
import { bootstrap } from "./intervals.ts";
import { rateKinds } from "./rates.ts";
import type { Results } from "./results.ts";

interface Revised {
  readonly prompts: readonly Prompt[];
  readonly responses: readonly Response[];
  readonly revisions: readonly Revision[];
}

/** The texts that stand after each round: an odd revision leaves what stood before it. */
function textsByRound({ responses, revisions }: Revised): readonly (readonly (Response | Revision)[])[] {
  const count = revisions.reduce((most, { round }) => Math.max(most, round), 0);
  const rounds: (readonly (Response | Revision)[])[] = [responses];
  for (let round = 1; round <= count; round++) {
    const made = revisions.filter((revision) => revision.round === round && revision.oddity === "none");
    const byPrompt = new Map(made.map((revision) => [revision.prompt, revision]));
    rounds.push(rounds[round - 1]!.map((before) => byPrompt.get(before.prompt) ?? before));
  }
  return rounds;
}

/**
 * Kinds of answer after each round, on prompts that the grader calls harmful.
 *
 * @param scores scores by the preference model, by id of the response or revision; null leaves them out
 */
export function summarizeRounds(
  given: Revised,
  grader: Grader | null,
  scores: ReadonlyMap<string, number> | null,
  resamplings: number,
  random: Random,
): Results["rounds"] {
  const prompts = new Map(given.prompts.map((prompt) => [prompt.id, prompt]));
  return textsByRound(given).map((texts, round) => {
    const verdicts =
      grader === null
        ? []
        : texts
            .map(({ prompt, text }) => grader.grade(prompts.get(prompt)!, text))
            .filter(({ harmful }) => harmful);
    const scored = scores === null ? [] : texts.flatMap(({ id }) => scores.get(id) ?? []);
    return {
      round,
      texts: texts.length,
      kinds: verdicts.length === 0 ? null : rateKinds(verdicts.map((verdict) => [verdict])),
      score: scored.length === 0 ? null : bootstrap(scored, (own) => [mean(own)], resamplings, random)[0]!,
    };
  });
}

/** How many texts of a step were kept out of training, and why. */
export function countOddities(
  step: string,
  records: readonly { readonly oddity: Oddity }[],
): Results["oddities"][number] {
  const reasons: Record<string, number> = {};
  for (const { oddity } of records) if (oddity !== "none") reasons[oddity] = (reasons[oddity] ?? 0) + 1;
  return { step, texts: records.length, reasons };
}
