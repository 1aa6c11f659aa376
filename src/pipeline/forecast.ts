// What a run will ask of the models, stage by stage, before it is run: calls and tokens by counting, time by what a probe
// measured. Pure; stages are named as in the pipeline, so that forecast and actual can be set side by side.
import { costOf } from "./account.ts";
import { pairStages } from "./pair-stages.ts";
import { type Part, playersOf, type Recipe } from "./recipe.ts";
import { scoreboardPrompts } from "./scoreboard-prompts.ts";

/** How many of each a run has. */
export interface Sizes {
  readonly redTeam: number;
  /** Red-team prompts whose answers are compared. */
  readonly feedback: number;
  readonly helpful: number;
  readonly evaluationRedTeam: number;
  readonly evaluationHelpful: number;
  /** Comparisons that the recipe reads from files. */
  readonly harmlessnessFile: number;
  readonly helpfulnessFile: number;
  readonly principles: number;
}

/** Mean lengths, tokens. */
export interface Lengths {
  readonly prompt: number;
  readonly response: number;
  readonly critique: number;
  readonly revision: number;
  /** A principle's wording, as a request or as a question. */
  readonly wording: number;
  /** A chain of thought; 0 when there is none. */
  readonly reasoning: number;
  /** All demonstrations together that come before a critique or a revision, and before a comparison. */
  readonly demonstrations: number;
  readonly shownComparisons: number;
}

/** Milliseconds a token on this machine, and a call elsewhere. */
export interface Costs {
  readonly sample: number;
  /** Forward pass without sampling. */
  readonly read: number;
  /** Forward, backward, and its share of the optimiser's step. */
  readonly train: number;
  /** Milliseconds a call of the parts that endpoints play, with several in flight; 0 through batches. */
  readonly remote: Readonly<Partial<Record<Part, number>>>;
}

/** What one stage will ask of a model. */
export interface StageForecast {
  readonly stage: string;
  readonly title: string;
  /** Questions put to a model, or examples learnt from. */
  readonly calls: number;
  readonly sampledTokens: number;
  readonly readTokens: number;
  readonly trainedTokens: number;
  readonly ms: number;
  /** Whether it goes through a provider's batches, whose time nobody knows: `ms` is 0 then. */
  readonly isBatched: boolean;
  /** Money, where an endpoint with a price is asked; 0 elsewhere. */
  readonly cost: number;
}

type Counted = Omit<StageForecast, "ms" | "isBatched" | "cost">;

/** Calls of one kind: how many, and the tokens of each. */
interface Each {
  readonly read?: number;
  readonly sample?: number;
  readonly train?: number;
}

function counted(
  stage: string,
  title: string,
  calls: number,
  { read = 0, sample = 0, train = 0 }: Each,
): Counted {
  const tokens = (each: number) => Math.round(calls * each);
  return {
    stage,
    title,
    calls: Math.round(calls),
    sampledTokens: tokens(sample),
    readTokens: tokens(read),
    trainedTokens: tokens(train),
  };
}

/** The stages of a recipe in order. */
export function forecastStages(
  recipe: Recipe,
  sizes: Sizes,
  lengths: Lengths,
  costs: Costs,
): readonly StageForecast[] {
  const stages = [
    ...supervised(recipe, sizes, lengths),
    ...(recipe.upTo === "supervised" ? [] : feedbackAndRl(recipe, sizes, lengths)),
    ...evaluation(recipe, sizes, lengths),
  ];
  return stages
    .filter(({ calls }) => calls > 0)
    .map((stage) => {
      const isBatched = (endpointOf(stage, recipe)?.batch ?? false) !== false;
      return { ...stage, ms: timeOf(stage, costs), isBatched, cost: moneyOf(stage, recipe) };
    });
}

/** The endpoint that is asked in a stage, if one is. */
function endpointOf({ stage }: Counted, recipe: Recipe) {
  const part = partOf(stage);
  const source = part === undefined ? "" : playersOf(recipe)[part];
  return typeof source === "string" ? undefined : source;
}

function moneyOf(counted: Counted, recipe: Recipe): number {
  const { stage, sampledTokens, readTokens } = counted;
  const source = endpointOf(counted, recipe);
  if (source === undefined) return 0;
  const part = partOf(stage);
  const isLabel = part === "feedback" || part === "judge";
  const votes = isLabel && source.labels !== "log-probabilities" ? source.labels.votes : 1;
  // Reasons are sampled once, whatever is voted on after them.
  return costOf({ read: votes * readTokens, sampled: sampledTokens }, source.price);
}

function timeOf({ stage, calls, sampledTokens, readTokens, trainedTokens }: Counted, costs: Costs): number {
  const part = partOf(stage);
  const call = part === undefined ? undefined : costs.remote[part];
  if (call !== undefined) return calls * call;
  return sampledTokens * costs.sample + readTokens * costs.read + trainedTokens * costs.train;
}

function partOf(stage: string): Part | undefined {
  const found = STAGES.find(([start]) => stage.startsWith(start));
  return found?.[1];
}

/** How the stages begin that a part is asked in: critique-1, judge-helpfulness. */
const STAGES: readonly (readonly [start: string, part: Part])[] = [
  ["responses", "answer"],
  ["helpful-", "answer"],
  ["evaluation-helpful-only", "answer"],
  ["critique", "critique"],
  ["revision", "revision"],
  ["feedback", "feedback"],
  ["judge", "judge"],
  ["scoreboard", "judge"],
];

function supervised(recipe: Recipe, sizes: Sizes, lengths: Lengths): readonly Counted[] {
  const { prompt, response, critique, revision, wording, demonstrations } = lengths;
  const { supervised } = recipe;
  const { rounds, train, helpfulResponses, epochs } = supervised;
  const answering = { read: prompt, sample: response };
  const stages = [counted("responses", "Answers to red-team prompts", sizes.redTeam, answering)];
  for (let round = 1; round <= rounds; round++) {
    const asked = prompt + response + wording;
    if (supervised.critique)
      stages.push(
        counted(`critique-${round}`, `Round ${round}: critiques`, sizes.redTeam, {
          read: beginning(recipe, "critique", demonstrations) + asked,
          sample: critique,
        }),
      );
    const own = supervised.critique ? asked + critique + wording : asked;
    const read = beginning(recipe, "revision", demonstrations) + own;
    stages.push(
      counted(`revision-${round}`, `Round ${round}: revisions`, sizes.redTeam, { read, sample: revision }),
    );
  }
  for (let i = 1; i <= helpfulResponses; i++)
    stages.push(counted(`helpful-${i}`, `Helpful answers (${i})`, sizes.helpful, answering));
  const learnt = train === "all" ? rounds : train === "final" ? 1 : train;
  const examples = (sizes.redTeam * learnt + sizes.helpful * helpfulResponses) * epochs;
  stages.push(counted("sl-cai", "Fine-tuning (SL-CAI)", examples, { train: prompt + revision }));
  return stages;
}

function feedbackAndRl(recipe: Recipe, sizes: Sizes, lengths: Lengths): readonly Counted[] {
  const { feedback, preference, rl, upTo } = recipe;
  const { prompt, response, shownComparisons } = lengths;
  const answering = { read: prompt, sample: response };
  const isAsked = feedback.source === "model";
  const pairs = isAsked ? atMost(feedback.pairs, sizes.feedback) : 0;
  const chains = feedback.mode === "direct" ? 1 : feedback.samples;
  const readings = pairs * feedback.principles * BOTH_ORDERS * chains;
  const harmlessness = isAsked ? pairs : atMost(feedback.pairs, sizes.harmlessnessFile);
  const comparisons = harmlessness + atMost(preference.helpfulness.count, sizes.helpfulnessFile);
  const answer = prompt + response;
  const bothAnswers = prompt + 2 * response; // their prompt is read once
  // The reference, the value model and the preference model each read every answer once an iteration.
  const rollouts = { read: prompt + 3 * answer, sample: response, train: 2 * rl.passes * answer };
  return [
    ...pairStages(feedback.candidates).map(({ stage, title }) => counted(stage, title, pairs, answering)),
    counted(
      "feedback",
      "Feedback: soft labels",
      readings,
      reading(recipe, "feedback", lengths, shownComparisons),
    ),
    counted(
      "preference-model",
      "Preference model",
      comparisons * (1 - preference.holdOut) * preference.epochs,
      { train: bothAnswers },
    ),
    counted("preference-held-out", "Preference model, held out", comparisons * preference.holdOut, {
      read: bothAnswers,
    }),
    counted("rl-cai", "PPO (RL-CAI)", upTo === "rl" ? rl.iterations * rl.promptsPerIteration : 0, rollouts),
  ];
}

function evaluation(recipe: Recipe, sizes: Sizes, lengths: Lengths): readonly Counted[] {
  const { evaluation, supervised, upTo } = recipe;
  const { prompt, response, shownComparisons } = lengths;
  const { judge, samplesPerPrompt } = evaluation;
  const chains = judge.mode === "direct" ? 1 : judge.samples;
  const models = ["helpful-only", "sl-cai", ...(upTo === "rl" ? ["rl-cai"] : [])];
  const pairsOfModels = (models.length * (models.length - 1)) / 2;
  const asked = (prompts: number) =>
    atMost(judge.comparisons, prompts) * pairsOfModels * samplesPerPrompt * BOTH_ORDERS * chains;
  const each = {
    harmlessness: reading(recipe, "judge", lengths, shownComparisons),
    helpfulness: reading(recipe, "judge", lengths, 0),
  };
  const prompts = sizes.evaluationRedTeam + sizes.evaluationHelpful;
  const scored = upTo === "supervised" ? 0 : sizes.redTeam * (1 + supervised.rounds);
  const most = scoreboardPrompts(evaluation.scoreboard);
  const ordinary = atMost(most.helpful, sizes.evaluationHelpful);
  const shared = atMost(most.redTeam, sizes.evaluationRedTeam) + ordinary;
  const toEachPrompt = (models.length - 1) * samplesPerPrompt * BOTH_ORDERS * chains;
  const scoreboard = [
    ["harmlessness", "Scoreboard: under every principle", shared * sizes.principles],
    ["helpfulness", "Scoreboard: which is more helpful", ordinary],
  ] as const;
  const samples = Array.from({ length: samplesPerPrompt }, (_, i) => i + 1);
  return [
    ...models.flatMap((name) =>
      samples.map((i) =>
        counted(`evaluation-${name}-${i}`, `Evaluation: answers of ${name}`, prompts, {
          read: prompt,
          sample: response,
        }),
      ),
    ),
    counted(
      "judge-harmlessness",
      "Evaluation: judging harmlessness",
      asked(sizes.evaluationRedTeam),
      each.harmlessness,
    ),
    counted(
      "judge-helpfulness",
      "Evaluation: judging helpfulness",
      asked(sizes.evaluationHelpful),
      each.helpfulness,
    ),
    ...scoreboard.map(([criterion, title, questions]) =>
      counted(`scoreboard-${criterion}`, title, questions * toEachPrompt, each[criterion]),
    ),
    counted("score-rounds", "Evaluation: scoring the rounds", scored, { read: prompt + response }),
  ];
}

const BOTH_ORDERS = 2;

const isRemote = (recipe: Recipe, part: Part): boolean => typeof playersOf(recipe)[part] !== "string";

/** Tokens of what is shown before every question: here they are read about once a batch (`lm/shared-beginning.ts`). */
const beginning = (recipe: Recipe, part: Part, shown: number): number =>
  isRemote(recipe, part) ? shown : shown / recipe.compute.batch;

/** A label. After a chain of thought an endpoint reads the question again; here the label is read where the reasons end. */
function reading(
  recipe: Recipe,
  part: "feedback" | "judge",
  { prompt, response, wording, reasoning }: Lengths,
  shown: number,
): Each {
  const question = beginning(recipe, part, shown) + prompt + 2 * response + wording;
  const { mode } = part === "feedback" ? recipe.feedback : recipe.evaluation.judge;
  if (mode === "direct") return { read: question };
  return { read: isRemote(recipe, part) ? 2 * question + reasoning : question, sample: reasoning };
}

const atMost = (count: number | "all", available: number): number =>
  count === "all" ? available : Math.min(count, available);
