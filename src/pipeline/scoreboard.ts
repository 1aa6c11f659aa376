// Every principle asked about the same comparisons: the helpful-only model's answers to held-out prompts against those of the models
// trained from it. Who agrees with whom and who can be spared is told by these alone, for labels take one principle a comparison.
import { pairUp } from "../method/evaluation/compare.ts";
import type { Criterion } from "../method/evaluation/grader.ts";
import type { SharedReading } from "../method/evaluation/shared-readings.ts";
import type { ShownComparison } from "../method/feedback/judge.ts";
import { probabilitiesByPrinciple } from "../method/feedback/soft-label.ts";
import type { Prompt } from "../method/records.ts";
import type { ModelHost } from "../models/model.ts";
import { type Asked, feedbackMode, labelComparisons, readUnder, recordComparisons } from "./feedback.ts";
import type { Answers, Made } from "./made.ts";
import { comparisonOf, HELPFULNESS, judgeSeed, textsOf } from "./matches.ts";
import { importModel, openNamed } from "./named-model.ts";
import type { Recorded, Run } from "./perform.ts";
import { scoreboardPrompts } from "./scoreboard-prompts.ts";

/** As many held-out prompts as the recipe says, half of either set, and what was read under several principles anyway. */
export async function readUnderEveryPrinciple(
  run: Run,
  host: ModelHost,
  made: Made,
  answers: Answers,
  shown: readonly Recorded<ShownComparison>[],
  heldOut: { readonly redTeam: readonly Prompt[]; readonly helpful: readonly Prompt[] },
): Promise<readonly SharedReading[]> {
  const { recipe, constitution } = made;
  const most = scoreboardPrompts(recipe.evaluation.scoreboard);
  const prompts = [...heldOut.redTeam.slice(0, most.redTeam), ...heldOut.helpful.slice(0, most.helpful)];
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
  const label = (criterion: Criterion, title: string, asked: readonly Asked[]) =>
    labelComparisons(run, model, {
      stage: `scoreboard-${criterion}`,
      title,
      mode: feedbackMode(judge),
      rule: { labels: "soft", clamp: null },
      // The judge's own names, so that what it was asked already is not asked again.
      seed: judgeSeed(recipe, criterion),
      batch: recipe.compute.batch,
      prompts,
      asked,
      shown: criterion === "helpfulness" ? [] : shown,
      draw: null,
      modelEntry: named.id,
    });
  const { principles } = constitution.value;
  const labels = await label(
    "harmlessness",
    "Scoreboard: the same comparisons under every principle",
    comparisons.flatMap((comparison) =>
      principles.map((principle) => ({ comparison, principles: [readUnder(constitution, principle)] })),
    ),
  );
  const ordinary = comparisons.filter((_, i) => differing[i]!.prompt.set === "helpful");
  const helpful = await label(
    "helpfulness",
    "Scoreboard: which answer is more helpful",
    ordinary.map((comparison) => ({ comparison, principles: [HELPFULNESS] })),
  );
  await model.close();

  const ids = principles.map(({ id }) => id);
  const helpfulOf = new Map(helpful.map(({ comparison, unclamped }) => [comparison, unclamped]));
  const told = new Map(
    differing.map((pairing, i) => {
      const own = labels.slice(i * ids.length, (i + 1) * ids.length);
      const under = own.flatMap(({ oddity, unclamped }, k): readonly (readonly [string, number])[] =>
        oddity === "none" ? [[ids[k]!, unclamped]] : [],
      );
      return [pairing, { under: new Map(under), helpful: helpfulOf.get(comparisons[i]!.id) ?? null }];
    }),
  );
  // Who says the same cannot be told apart by any principle.
  const same = { under: new Map(ids.map((id) => [id, 0.5])), helpful: null };
  return [
    ...pairings.map((pairing) => ({
      prompt: pairing.prompt.id,
      set: pairing.prompt.set,
      models: [pairing.a, pairing.b] as const,
      isSame: !told.has(pairing),
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
    const { prompt } = comparisons[i]!;
    return [{ prompt, set: "red-team" as const, models: null, isSame: false, under, helpful: null }];
  });
