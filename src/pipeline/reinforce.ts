// Stage 2, last: PPO from SL-CAI against the preference model (gives RL-CAI).
import type { Json } from "../ledger/ledger.ts";
import type { Prompt } from "../method/records.ts";
import { initialCoefficient } from "../method/rl/reward.ts";
import { textScorer, tokenScorer } from "../method/rl/scorer.ts";
import { type RlOptions, trainPolicy } from "../method/rl/train.ts";
import type { ModelHost } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";
import type { Run } from "./perform.ts";
import type { Recipe } from "./recipe.ts";
import { recordTrainingSet, type Trained, train } from "./training.ts";

/**
 * Trains the policy; the reference is SL-CAI. The value model starts as the preference model, or as SL-CAI where the preference
 * model has another tokenizer: values are of the policy's own tokens.
 */
export function reinforce(
  run: Run,
  host: ModelHost,
  recipe: Recipe,
  slCai: Checkpoint,
  preferenceModel: Checkpoint,
  prompts: readonly Prompt[],
): Promise<Trained> {
  const { base, preference } = recipe;
  const sharesTokenizer = preference.base === base;
  const valueStart = sharesTokenizer ? preferenceModel : slCai;
  const options: RlOptions = { ...rlOptions(recipe.rl), seed: `${recipe.seed}/rl` };
  const promptsEntry = recordTrainingSet(
    run,
    "rl-cai",
    prompts.map(({ id }) => id),
  );
  return train(run, {
    stage: "rl-cai",
    title: "PPO against the preference model (RL-CAI)",
    unit: "iteration",
    version: 3,
    key: {
      start: slCai.modelId,
      preferenceModel: preferenceModel.modelId,
      prompts: promptsEntry,
      options: options as unknown as Json,
      ...(sharesTokenizer ? {} : { reads: "text" }),
    },
    start: slCai.directory,
    parents: [
      { id: slCai.id, role: "start" },
      { id: preferenceModel.id, role: "preference-model" },
      { id: promptsEntry, role: "prompts" },
    ],
    settings: { options: options as unknown as Json },
    turns: options.iterations,
    checkpointEvery: recipe.rl.checkpointEvery,
    // The two that do not learn are opened by the loop: there is nothing of theirs to remember.
    open: async () => ({
      policy: await host.open(slCai.directory),
      value: await host.open(valueStart.directory, { head: "scalar" }),
    }),
    result: "policy",
    loop: async function* (learning, { turn, carry }) {
      const reference = await host.open(slCai.directory);
      const opened = await host.open(preferenceModel.directory, { head: "scalar" });
      const klCoefficient =
        (carry as { klCoefficient: number } | null)?.klCoefficient ?? initialCoefficient(options.kl);
      try {
        const scorer = sharesTokenizer ? tokenScorer(opened) : textScorer(opened);
        const models = { ...learning, reference, scorer };
        for await (const done of trainPolicy(models, prompts, options, { iteration: turn, klCoefficient }))
          yield {
            metrics: done.metrics,
            carry: { klCoefficient: done.klCoefficient },
            records: done.rollouts.map((rollout) => ({
              kind: "rollout",
              body: rollout as unknown as Json,
              parents: [
                { id: rollout.prompt, role: "prompt" },
                { id: slCai.id, role: "start" },
                { id: preferenceModel.id, role: "preference-model" },
              ],
            })),
          };
      } finally {
        await reference.close();
        await opened.close();
      }
    },
  });
}

/** What PPO is told, but for its seed. */
export function rlOptions(rl: Recipe["rl"]): Omit<RlOptions, "seed"> {
  const {
    klCoefficient: kl,
    whiten,
    learningRate,
    valueLearningRate,
    adamW,
    checkpointEvery: _,
    ...same
  } = rl;
  return {
    ...same,
    kl: typeof kl === "number" ? { kind: "fixed", coefficient: kl } : { kind: "adaptive", ...kl },
    whitenAdvantages: whiten,
    policyAdamW: { ...adamW, learningRate },
    valueAdamW: { ...adamW, learningRate: valueLearningRate },
  };
}
