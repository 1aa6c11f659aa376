// What the policy does with harmful requests while PPO trains it, by a grader, beside what the preference model says of the same
// answers: late in training the score may overstate the gain (Bai et al. 2022, section 4.3; 2022a, section 4.2).
import { mean } from "../mean.ts";
import type { Prompt, Rollout } from "../records.ts";
import type { Grader } from "./grader.ts";
import { byPrompt, shareOf } from "./intervals.ts";
import type { Results } from "./results.ts";

/**
 * Harmful compliance and mean score of the sampled answers to harmful prompts, iteration by iteration.
 *
 * @param prompts those that the answers are to; others are passed over
 */
export function alongRl(
  rollouts: readonly Pick<Rollout, "iteration" | "prompt" | "text" | "score">[],
  prompts: readonly Prompt[],
  grader: Grader,
): NonNullable<Results["alongRl"]> {
  const redTeam = prompts.filter(({ set }) => set === "red-team"); // others the grader need not know
  const byId = new Map(redTeam.map((prompt) => [prompt.id, prompt]));
  const graded = rollouts.flatMap((rollout) => {
    const prompt = byId.get(rollout.prompt);
    const verdict = prompt && grader.grade(prompt, rollout.text);
    return verdict?.harmful ? [{ ...rollout, verdict }] : [];
  });
  return [...Map.groupBy(graded, ({ iteration }) => iteration)].map(([iteration, own]) => ({
    iteration: iteration + 1,
    answers: own.length,
    comply: shareOf(byPrompt(own), ({ verdict }) => verdict.answer === "comply")!,
    score: mean(own.map(({ score }) => score)),
  }));
}
