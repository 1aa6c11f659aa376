// Every principle asked about the same comparisons: the helpful-only model's answers to held-out prompts against those of the models
// trained from it. Who agrees with whom and who can be spared is told by these alone, for labels take one principle a comparison.
import { pairUp } from "../method/evaluation/compare.ts";
import type { SharedReading } from "../method/evaluation/shared-readings.ts";
import { probabilitiesByPrinciple } from "../method/feedback/soft-label.ts";
import type { Prompt } from "../method/records.ts";
import type { ModelHost } from "../models/model.ts";
import { feedbackMode, labelComparisons, readUnder, recordComparisons } from "./feedback.ts";
import type { Answers, Made } from "./made.ts";
import { comparisonOf, HELPFULNESS, judgeSeed, textsOf } from "./matches.ts";
import { importModel, openNamed } from "./named-model.ts";
import type { Run } from "./perform.ts";

/** As many held-out red-team prompts as the recipe says, and what was read under several principles anyway. */
export async function readUnderEveryPrinciple(
  run: Run,
  host: ModelHost,
  made: Made,
  answers: Answers,
  redTeam: readonly Prompt[],
): Promise<readonly SharedReading[]> {
  const { recipe, constitution } = made;
  const prompts = redTeam.slice(0, recipe.evaluation.scoreboard);
  if (prompts.length === 0) return ensembleReadings(made);
  const { judge } = recipe.evaluation;
  const [first] = Object.keys(made.models);
  const pairings = pairUp(prompts, textsOf(answers)).filter(({ a }) => a === first);
  const differing = pairings.filter(({ textA, textB }) => textA !== textB);
  const comparisons = await recordComparisons(
    run,
    "scoreboard-pairs",
    "Scoreboard: pairs that every principle is asked about",
    differing.map((pairing) => comparisonOf(pairing, answers)),
  );
  const named = await importModel(run, "judge", judge.model);
  const model = await openNamed(run, host, named);
  const label = (criterion: "harmlessness" | "helpfulness", title: string) => {
    const principles =
      criterion === "helpfulness"
        ? [HELPFULNESS]
        : constitution.value.principles.map((principle) => readUnder(constitution, principle));
    return labelComparisons(run, model, {
      stage: `scoreboard-${criterion}`,
      title,
      mode: feedbackMode(judge),
      rule: { labels: "soft", clamp: null },
      // The judge's own names, so that what it was asked already is not asked again.
      seed: judgeSeed(recipe, criterion),
      batch: recipe.compute.batch,
      prompts,
      asked: comparisons.flatMap((comparison) =>
        principles.map((principle) => ({ comparison, principles: [principle] })),
      ),
      draw: null,
      modelEntry: named.id,
    });
  };
  const labels = await label("harmlessness", "Scoreboard: the same comparisons under every principle");
  const helpful = await label("helpfulness", "Scoreboard: which answer is more helpful");
  await model.close();

  const ids = constitution.value.principles.map(({ id }) => id);
  const told = new Map(
    differing.map((pairing, i) => {
      const own = labels.slice(i * ids.length, (i + 1) * ids.length);
      const under = own.flatMap(({ oddity, unclamped }, k): readonly (readonly [string, number])[] =>
        oddity === "none" ? [[ids[k]!, unclamped]] : [],
      );
      return [pairing, { under: new Map(under), helpful: helpful[i]!.unclamped }];
    }),
  );
  // Who says the same cannot be told apart by any principle.
  const same = { under: new Map(ids.map((id) => [id, 0.5])), helpful: 0.5 };
  return [
    ...pairings.map((pairing) => ({
      prompt: pairing.prompt.id,
      models: [pairing.a, pairing.b] as const,
      ...(told.get(pairing) ?? same),
    })),
    ...ensembleReadings(made),
  ];
}

/** Labels of the run that several principles had a part in. */
const ensembleReadings = ({ feedback: { comparisons, labels } }: Made): readonly SharedReading[] =>
  labels.flatMap(({ readings }, i) => {
    const under = probabilitiesByPrinciple(readings);
    if (under.size < 2) return [];
    return [{ prompt: comparisons[i]!.prompt, models: null, under, helpful: null }];
  });
