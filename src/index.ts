// The public API: every name that other programs may rely on, in the order of the method. Importing it starts nothing: no
// worker, no file, no native library.

// A run, as `charter run` makes it: read a recipe, look at what it names, follow it.
export { checkInputs } from "./pipeline/check-inputs.ts";
export type { Emit, PipelineEvent } from "./pipeline/events.ts";
export { type Conversion, convertDataset } from "./pipeline/convert-dataset.ts";
export { type ImportOptions, importForeign, type NamedFile } from "./pipeline/foreign-constitution.ts";
export { type Forecast, forecastRun } from "./pipeline/forecast-run.ts";
export { type ExportedFiles, type ExportOptions, exportRun } from "./pipeline/export/export-run.ts";
export { EXPORT_NAMES, type ExportName } from "./pipeline/export/exports.ts";
export { perform, type Recorded, type Run, type Work } from "./pipeline/perform.ts";
export { constitutionalAi } from "./pipeline/pipeline.ts";
export { readConstitution } from "./pipeline/read-constitution.ts";
export { readDemonstrations, readPreferences, readPrompts } from "./pipeline/read-dataset.ts";
export { parseRecipe, readRecipe, renderRecipe } from "./pipeline/read-recipe.ts";
export type { Recipe } from "./pipeline/recipe.ts";
export { readStudy, type Study, type StudyOptions } from "./pipeline/read-study.ts";
export { type RunOptions, runCharter } from "./pipeline/run.ts";
export { openRunDirectory, type RunDirectory } from "./pipeline/run-directory.ts";
export { type PlannedRun, planStudy, runStudy } from "./pipeline/study.ts";
export { UserError } from "./user-error.ts";

// The ledger.
export {
  type Entry,
  type Json,
  type Ledger,
  type Link,
  type NewEntry,
  openLedger,
  stepKey,
  type Tally,
} from "./ledger/ledger.ts";
export { type Problem, type Verification, verifyLedger } from "./ledger/verify.ts";

// The data dictionary of the method.
export type {
  Comparison,
  Critique,
  Draft,
  Label,
  Oddity,
  Preference,
  PrincipleUse,
  Prompt,
  Reading,
  Response,
  Revision,
  Rollout,
} from "./method/records.ts";

// The constitution.
export {
  type Constitution,
  type Principle,
  parseConstitution,
  without,
} from "./method/constitution/constitution.ts";
export {
  type ConstitutionChange,
  type ConstitutionDiff,
  diffConstitutions,
} from "./method/constitution/diff.ts";
export { type Exported, exportConstitution, type Imported } from "./method/constitution/exchange/exchange.ts";
export type { FormatName } from "./method/constitution/exchange/format-names.ts";
export { formatConstitution } from "./method/constitution/format-constitution.ts";
export { renderConstitution } from "./method/constitution/page.ts";
export { type Remark, reviewConstitution } from "./method/constitution/review.ts";
export { type ModelRemark, type ModelReview, reviewByModel } from "./method/constitution/review-by-model.ts";
export { drawPrinciple, drawPrinciples } from "./method/constitution/draw.ts";
export { comparisonQuestion, critiqueRequest, revisionRequest } from "./method/constitution/wording.ts";

// Stage 1: answer, criticise, revise, fine-tune.
export { respond } from "./method/critique/respond.ts";
export { critique } from "./method/critique/critique.ts";
export { revise } from "./method/critique/revise.ts";
export type { Demonstration } from "./method/critique/few-shot.ts";
export { helpfulExamples, revisionExamples } from "./method/supervised/examples.ts";
export { type SupervisedOptions, trainSupervised } from "./method/supervised/train.ts";

// Stage 2: AI feedback, preference model, PPO.
export { pairResponses } from "./method/feedback/pairs.ts";
export { type FeedbackMode, readComparisons } from "./method/feedback/judge.ts";
export { type LabelRule, softLabel } from "./method/feedback/soft-label.ts";
export {
  type PreferenceOptions,
  predictPreferences,
  trainPreferenceModel,
} from "./method/preference/train.ts";
export { type KlControl, nextCoefficient, tokenRewards } from "./method/rl/reward.ts";
export { estimateAdvantages, whiten } from "./method/rl/advantages.ts";
export { type RlIteration, type RlModels, type RlOptions, trainPolicy } from "./method/rl/train.ts";

// Evaluation.
export type { Criterion, Grader, Verdict } from "./method/evaluation/grader.ts";
export { type AnswerRates, rateAnswers } from "./method/evaluation/rates.ts";
export { type Match, winRates } from "./method/evaluation/compare.ts";
export { type EloRating, rateElo } from "./method/evaluation/elo.ts";
export { expectedCalibrationError, reliabilityBins } from "./method/evaluation/calibration.ts";
export { distinct, mostWidespread } from "./method/evaluation/diversity.ts";
export { bootstrap, type Estimate, type Rate, wilson } from "./method/evaluation/intervals.ts";
export { parseResults, type Results } from "./method/evaluation/results.ts";
export { renderReport } from "./method/evaluation/report.ts";
export { FIGURES, type Figure, type FigureName } from "./method/evaluation/figures.ts";
export { changeOver, decideTrend, type Outcome, type Trend } from "./method/evaluation/trends.ts";
export { type StudyDesign, type StudyResults, summarizeStudy } from "./method/evaluation/study.ts";

// Data sets as text.
export { type Dataset, describeSkipped, type Skipped } from "./method/datasets/dataset.ts";
export { type PromptRow, parsePrompts } from "./method/datasets/prompts.ts";
export { formatPreferences } from "./method/datasets/write-preferences.ts";
export { type PreferenceRow, parsePreferences } from "./method/datasets/preferences.ts";
export { parseDemonstrations } from "./method/datasets/demonstrations.ts";

// Models: the ports, the adapter to this machine, a scripted one for tests, checkpoints, named randomness.
export type {
  AdamW,
  Capabilities,
  Conversation,
  LanguageModel,
  Loss,
  Message,
  Metrics,
  ModelHost,
  Sample,
  SampleRequest,
  Sampling,
  Score,
  ScoreRequest,
  TokenSequence,
  TrainableModel,
} from "./models/model.ts";
export { openHost } from "./models/local.ts";
export { createScriptedModel, type Script, type ScriptedModel } from "./models/scripted.ts";
export { type LoadedCheckpoint, readCheckpoint, writeCheckpoint } from "./lm/checkpoint.ts";
export { type Random, type Seed, seed } from "./engine/random.ts";

// The make-believe town.
export { townGrader } from "./town/as-grader.ts";
