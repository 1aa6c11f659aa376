// THE PAGE TO READ: Constitutional AI from a helpful-only model to RL-CAI, in the order of the paper (Bai et al. 2022). Every
// line is remembered: run it again and only what is missing is computed.
import type { Preference } from "../method/records.ts";
import type { ModelHost } from "../models/model.ts";
import { importCheckpoint } from "./checkpoints.ts";
import { warnOfLoops } from "./collapse.ts";
import { type Evaluated, evaluate } from "./evaluate.ts";
import {
  drawnPrinciples,
  feedbackMode,
  harmlessnessPreferences,
  labelComparisons,
  samplePairs,
} from "./feedback.ts";
import {
  importConstitution,
  importDemonstrations,
  importPreferences,
  importPrompts,
  importShownComparisons,
} from "./imports.ts";
import { lazily } from "./lazy-model.ts";
import type { Made } from "./made.ts";
import { importModel, type ModelSource, openNamed } from "./named-model.ts";
import type { Run } from "./perform.ts";
import {
  predictHeldOut,
  readablePreferences,
  smoothLabels,
  splitPreferences,
  trainPreference,
} from "./preference.ts";
import type { Recipe } from "./recipe.ts";
import { reinforce } from "./reinforce.ts";
import { critiqueAndRevise } from "./rounds.ts";
import { streamName } from "./settings.ts";
import { fineTune, sampleResponses } from "./supervised.ts";

/** From a recipe to its results. Interrupted, the same call goes on where it stopped. */
export async function constitutionalAi(run: Run, recipe: Recipe, host: ModelHost): Promise<Evaluated> {
  const constitution = await importConstitution(run, recipe);
  const redTeam = await importPrompts(run, "red-team", recipe.prompts.redTeam);
  const helpful = await importPrompts(run, "helpful", recipe.prompts.helpful);
  const helpfulOnly = await importModel(run, "helpful-only", recipe.policy);
  const base = await importCheckpoint(run, "base", recipe.base);

  // Stage 1, supervised: answer, criticise, revise, fine-tune (section 3).
  const model = await openNamed(run, host, helpfulOnly);
  const responses = await sampleResponses(run, model, {
    stage: "responses",
    title: "Answers to red-team prompts",
    prompts: redTeam,
    sampling: recipe.supervised.responseSampling,
    seed: `${recipe.seed}/supervised/response`,
    batch: recipe.compute.batch,
    modelEntry: helpfulOnly.id,
  });
  const { file, count } = recipe.supervised.demonstrations;
  const demonstrations = file === null ? [] : await importDemonstrations(run, { file, count });
  const critic = await askedFor("critic", recipe.supervised.critiqueModel);
  const reviser = await askedFor("reviser", recipe.supervised.revisionModel);
  const { critiques, revisions } = await critiqueAndRevise({
    run,
    recipe,
    constitution,
    critic,
    reviser,
    prompts: redTeam,
    responses,
    demonstrations,
  });
  warnOfLoops(run, "revisions", revisions);
  const helpfulResponses = await sampleHelpful();
  for (const opened of new Set([model, critic.model, reviser.model])) await opened.close();
  const slCai = await fineTune(run, host, {
    recipe,
    base,
    redTeam,
    responses,
    critiques,
    revisions,
    helpful,
    helpfulResponses,
  });
  const afterSupervised: Made = {
    recipe,
    constitution,
    models: { "helpful-only": helpfulOnly, "sl-cai": slCai.checkpoint },
    preferenceModel: null,
    trainedOn: [...redTeam, ...helpful],
    preferences: [],
    histories: { supervised: slCai.history, preference: [], rl: [] },
    stage1: { prompts: redTeam, responses, critiques, revisions, helpfulResponses },
    feedback: { prompts: [], answers: [], comparisons: [], labels: [] },
    predictions: [],
  };
  if (recipe.upTo === "supervised") return evaluate(run, host, afterSupervised);

  // Stage 2, reinforcement learning from AI feedback: compare, learn the preference, train against it (section 4).
  const harmlessness = recipe.feedback.source === "model" ? await askForFeedback() : await labelsFromFile();
  const helpfulness = await comparisonsOfHelpfulness();
  const labelled = [...harmlessness.preferences, ...helpfulness];
  const preferenceBase =
    recipe.preference.base === recipe.base
      ? base
      : await importCheckpoint(run, "preference-base", recipe.preference.base);
  const preferences = await readablePreferences(run, host, recipe, preferenceBase, labelled);
  const { holdOut, labelSmoothing } = recipe.preference;
  const split = splitPreferences(preferences, holdOut, recipe.seed);
  const learnt = smoothLabels(split.train, labelSmoothing);
  const preferenceModel = await trainPreference(run, host, recipe, preferenceBase, learnt);
  const predictions = await predictHeldOut(run, host, recipe, preferenceModel.checkpoint, split.heldOut);
  const afterPreference: Made = {
    ...afterSupervised,
    preferenceModel: preferenceModel.checkpoint,
    trainedOn: [...afterSupervised.trainedOn, ...harmlessness.prompts],
    preferences: learnt,
    histories: { ...afterSupervised.histories, preference: preferenceModel.history },
    feedback: harmlessness,
    predictions,
  };
  if (recipe.upTo === "preference") return evaluate(run, host, afterPreference);

  const rlPrompts = await promptsForRl();
  const rlCai = await reinforce(run, host, recipe, slCai.checkpoint, preferenceModel.checkpoint, rlPrompts);

  return evaluate(run, host, {
    ...afterPreference,
    models: { ...afterPreference.models, "rl-cai": rlCai.checkpoint },
    trainedOn: [...afterPreference.trainedOn, ...rlPrompts],
    histories: { ...afterPreference.histories, rl: rlCai.history },
  });

  /** Who plays a part of stage 1: the policy itself, or whom the recipe names. */
  async function askedFor(part: string, source: ModelSource) {
    if (source === recipe.policy) return { model, entry: helpfulOnly.id };
    const named = await importModel(run, part, source);
    return { model: await openNamed(run, host, named), entry: named.id };
  }

  /** The model's own answers to ordinary prompts, some a prompt. */
  async function sampleHelpful() {
    const all = [];
    for (let i = 1; i <= recipe.supervised.helpfulResponses; i++)
      all.push(
        ...(await sampleResponses(run, model, {
          stage: `helpful-${i}`,
          title: `Helpful answers to ordinary prompts (${i} of ${recipe.supervised.helpfulResponses})`,
          prompts: helpful,
          sampling: recipe.supervised.responseSampling,
          seed: `${recipe.seed}/supervised/helpful/${i}`,
          batch: recipe.compute.batch,
          modelEntry: helpfulOnly.id,
        })),
      );
    return all;
  }

  /** RLAIF: SL-CAI's pairs, labelled by the feedback model under the constitution. */
  async function askForFeedback() {
    const { pairs } = recipe.feedback;
    const source = recipe.prompts.feedback;
    const all = source === null ? redTeam : await importPrompts(run, "red-team", source);
    const prompts = all.slice(0, pairs === "all" ? all.length : pairs);
    const sampler = lazily(host, slCai.checkpoint);
    const { answers, comparisons } = await samplePairs(run, sampler, recipe, prompts, slCai.checkpoint.id);
    warnOfLoops(run, "answers of SL-CAI", answers);
    await sampler.close();
    const judge = await importModel(run, "feedback-model", recipe.feedback.model);
    const feedbackModel = await openNamed(run, host, judge);
    const seed = `${recipe.seed}/feedback`;
    const draw = `${seed}/principle/{comparison}`;
    const labels = await labelComparisons(run, feedbackModel, {
      stage: "feedback",
      title: "AI feedback: soft labels under drawn principles",
      mode: feedbackMode(recipe.feedback),
      rule: { labels: recipe.feedback.labels, clamp: recipe.feedback.clamp },
      seed,
      batch: recipe.compute.batch,
      prompts,
      asked: comparisons.map((comparison) => {
        const name = streamName(draw, { comparison: comparison.id });
        return { comparison, principles: drawnPrinciples(constitution, name, recipe.feedback.principles) };
      }),
      shown: await importShownComparisons(run, constitution, recipe, recipe.feedback.mode),
      draw,
      modelEntry: judge.id,
    });
    await feedbackModel.close();
    const preferences = harmlessnessPreferences(prompts, comparisons, labels);
    return { prompts, answers, comparisons, labels, preferences };
  }

  /** RLHF: the same machinery on labels that people (or a grader) gave. */
  async function labelsFromFile() {
    const { file, pairs } = recipe.feedback;
    const preferences = await importPreferences(run, "harmlessness", { file: file!, count: pairs });
    return { prompts: [], answers: [], comparisons: [], labels: [], preferences };
  }

  async function comparisonsOfHelpfulness(): Promise<readonly Preference[]> {
    const { file, count } = recipe.preference.helpfulness;
    return file === null ? [] : importPreferences(run, "helpfulness", { file, count });
  }

  async function promptsForRl() {
    const { rl } = recipe.prompts;
    if (rl === null) return [...redTeam, ...helpful];
    return [
      ...(await importPrompts(run, "red-team", rl.redTeam)),
      ...(await importPrompts(run, "helpful", rl.helpful)),
    ];
  }
}
