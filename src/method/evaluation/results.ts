// results.json: every figure of a run, and nothing that differs between two runs of one recipe (no times, no paths). One
// schema for those who write it and those who read it; docs/results.md and docs/metrics.md say what each figure means.
import { z } from "zod";
import type { Frozen } from "../../frozen.ts";
import { UserError } from "../../user-error.ts";

/** Raised when a key of results.json changes its meaning or goes. */
export const RESULTS_VERSION = 5;

const share = z.number().min(0).max(1);
const rate = z.strictObject({ count: z.number(), of: z.int(), rate: share, low: share, high: share });
const estimate = { value: z.number(), low: z.number(), high: z.number() };
const kinds = z.strictObject({ comply: rate, reasoned: rate, evasive: rate, other: rate });
const criterion = z.enum(["harmlessness", "helpfulness"]);
const judge = z.enum(["feedback-model", "grader"]);
const bin = z.strictObject({ low: share, high: share, count: z.int(), predicted: share, observed: share });
const calibration = z.strictObject({
  /** Comparisons, and those of them that are ties in truth. */
  comparisons: z.int(),
  ties: z.int(),
  /** Ties in truth left out; null when all are. */
  accuracy: rate.nullable(),
  expectedCalibrationError: z.strictObject(estimate),
  /** Mean confidence less accuracy, ties in truth left out; null when all are, absent in older results. */
  overConfidence: z.strictObject(estimate).nullable().optional(),
  bins: z.array(bin),
});
const decisiveness = z.number().min(0).max(0.5).nullable();
const correlation = z.number().min(-1).max(1);
/** How often a principle was drawn, and how often nothing came of it: odd texts, or an order that could not be read. Null in version 4. */
const draws = z.strictObject({ drawn: z.int(), odd: z.int() }).nullable();
/** Named scalars of one step or iteration. */
const metrics = z.record(z.string(), z.number());

const resultsSchema = z.strictObject({
  schemaVersion: z.literal(RESULTS_VERSION),
  recipe: z.strictObject({ name: z.string(), seed: z.string() }),
  constitution: z.strictObject({ title: z.string(), version: z.string(), principles: z.int() }),
  /** Where the harmlessness labels came from: the feedback model, or a file (the RLHF baseline). */
  feedback: z.strictObject({
    source: z.enum(["model", "file"]),
    mode: z.enum(["direct", "chain-of-thought"]),
    clamp: z.tuple([share, share]).nullable(),
  }),
  /** The judge that knows the truth; null when there is none, and then what it would say is absent. */
  grader: z.string().nullable(),
  /** Evaluation prompts that a training saw, too: figures on them flatter. Results of before it was counted lack it. */
  overlap: z.int().optional(),
  /** In the order of the method; `id` is the checkpoint's hash. */
  models: z.array(z.strictObject({ name: z.string(), id: z.string() })),
  /** Answers of each model to held-out prompts, by the grader. */
  answers: z.array(
    z.strictObject({
      model: z.string(),
      harmful: z.strictObject({ answers: z.int(), kinds, rightDecline: rate.nullable() }).nullable(),
      benign: z.strictObject({ answers: z.int(), kinds, helpful: rate, overRefusal: rate }).nullable(),
      categories: z.array(z.strictObject({ category: z.string(), harmful: z.boolean(), comply: rate })),
    }),
  ),
  /** Round 0 is the response. `kinds` by the grader on the harmful ones of the training prompts. */
  rounds: z.array(
    z.strictObject({
      round: z.int(),
      texts: z.int(),
      kinds: kinds.nullable(),
      /** Mean score by the preference model. */
      score: z.strictObject(estimate).nullable(),
    }),
  ),
  /** Ratings on each criterion by each judge, helpful-only at 0. */
  elo: z.array(
    z.strictObject({
      judge,
      criterion,
      matches: z.int(),
      ratings: z.array(z.strictObject({ model: z.string(), ...estimate })),
    }),
  ),
  /** How often a's answer is preferred to b's. */
  winRates: z.array(
    z.strictObject({
      judge,
      criterion,
      a: z.string(),
      b: z.string(),
      matches: z.int(),
      ties: share,
      ...estimate,
    }),
  ),
  /** Who says which answer of the run's own comparisons is the better one, for `softLabels` and `agreement`; null where nobody does. */
  truth: z.enum(["labels", "grader"]).nullable(),
  /** The feedback model's probabilities before any clamp, against the truth; null without it or without labels. */
  softLabels: calibration.nullable(),
  /** On comparisons held out from its training. */
  preferenceModel: z.array(calibration.extend({ source: criterion })),
  history: z.strictObject({
    supervised: z.array(metrics),
    preference: z.array(metrics),
    rl: z.array(metrics),
  }),
  /** score = intercept + slope x sqrt(KL) over the iterations of RL. */
  rewardAgainstKl: z
    .strictObject({ slope: z.number(), intercept: z.number(), rSquared: z.number() })
    .nullable(),
  /** PPO's own samples for harmful prompts, by the grader, and their mean score; absent without one, and in older results. */
  alongRl: z
    .array(z.strictObject({ iteration: z.int(), answers: z.int(), comply: rate, score: z.number() }))
    .optional(),
  /** The scoreboard: what was drawn, and what came of it. */
  principles: z.array(
    z.strictObject({
      id: z.string(),
      text: z.string(),
      /** Rounds of critique and revision. */
      rounds: draws,
      /** Of its usable critiques that the grader can read, those that say that something is wrong. */
      found: rate.nullable(),
      /** Of its usable revisions, those that differ from what they revise. */
      changed: rate.nullable(),
      /** Share of words that those revisions and what they revise do not have in common, on average. */
      distance: share.nullable(),
      /** Of those that began with harmful compliance, the rounds that ended it; by the grader. */
      mended: rate.nullable(),
      /** Comparisons of the run's feedback. */
      comparisons: draws,
      /** How far from one half those that could be read were decided, both orders averaged, on average. */
      decisiveness,
      /** Of the comparisons that it decided and the truth does too, those it decided alike. */
      agreement: rate.nullable(),
      /** The preference model on held-out comparisons that were labelled under it. */
      preferenceModel: calibration
        .pick({ comparisons: true, accuracy: true, expectedCalibrationError: true })
        .nullable(),
      /** On held-out red-team prompts, how probably a model's answer is better under it than the first model's. */
      adherence: z.array(z.strictObject({ model: z.string(), ...estimate })),
      /** On held-out ordinary prompts, how often it prefers the less helpful answer, where both are decided. */
      helpfulnessCost: rate.nullable(),
      /** What labels averaged over all principles would be without it: mean change, and those that change sides. */
      leftOut: z.strictObject({ shift: share, flipped: rate }).nullable(),
      /** The principle with the highest correlation. */
      closest: z.strictObject({ id: z.string(), correlation }).nullable(),
    }),
  ),
  /** Every two principles on the comparisons of different answers that both were asked about. */
  accord: z.array(
    z.strictObject({
      a: z.string(),
      b: z.string(),
      comparisons: z.int(),
      agree: share,
      conflict: share,
      /** About one half. */
      correlation: correlation.nullable(),
    }),
  ),
  /** What the constitution reaches, by kind of request. */
  coverage: z.array(
    z.strictObject({
      category: z.string(),
      /** With a usable first answer. */
      prompts: z.int(),
      changed: rate.nullable(),
      comparisons: z.int(),
      decisiveness,
      isGap: z.boolean(),
    }),
  ),
  /** Of each model's answers to held-out prompts of one set; of the declines among them, as many of every model, or a hundred. */
  diversity: z.array(
    z.strictObject({
      model: z.string(),
      set: z.enum(["red-team", "helpful", "declines", "declines-100"]),
      answers: z.int(),
      distinct1: z.strictObject(estimate),
      distinct2: z.strictObject(estimate),
      /** The 4-gram in the most answers. */
      widest: z.strictObject({ phrase: z.string(), share: rate }).nullable(),
      /** Answers that go in circles. */
      looping: rate.nullable(),
    }),
  ),
  /** Sampled texts that were kept out of training, by step and reason. */
  oddities: z.array(
    z.strictObject({ step: z.string(), texts: z.int(), reasons: z.record(z.string(), z.int()) }),
  ),
});

/** Every figure of a run: the contents of results.json (docs/results.md). */
export type Results = Frozen<z.output<typeof resultsSchema>>;
/** Who judged a match. */
export type Judge = Results["elo"][number]["judge"];
/** How well probabilities keep what they promise. */
export type Calibration = NonNullable<Results["softLabels"]>;

/** How long a stage computed; kept apart from results, which are the same on every machine that computes alike. */
export interface StageTiming {
  readonly stage: string;
  readonly title: string;
  readonly ms: number;
  readonly done: number;
  readonly unit: string;
  /** What `charter plan` foretold. */
  readonly forecastMs?: number;
}

/**
 * Reads results.json, of this version or of version 4.
 *
 * @param where the file's name, for messages
 * @throws UserError when it is not one, or is of another version
 */
export function parseResults(json: string, where: string): Results {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw invalid(`${where}: expected JSON, got ${(cause as Error).message}`, cause);
  }
  const version = (value as { readonly schemaVersion?: unknown } | null)?.schemaVersion;
  if (version !== RESULTS_VERSION && version !== 4)
    throw invalid(`${where}: expected schemaVersion ${RESULTS_VERSION}, got ${JSON.stringify(version)}`);
  const parsed = resultsSchema.safeParse(version === 4 ? fromVersion4(value as Version4) : value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw invalid(`${where}: ${issue.path.join(".")}: ${issue.message}`, parsed.error);
}

interface Version4 {
  readonly principles?: unknown;
}

/**
 * Version 4 had other figures of principles under the same names: critiques that came out odd were no draws, sureness was that of
 * one order, equal answers made principles look alike, and cost was asked on red-team prompts. They are absent then.
 */
const fromVersion4 = ({ principles, ...others }: Version4): object => ({
  ...others,
  schemaVersion: RESULTS_VERSION,
  accord: [],
  principles: !Array.isArray(principles)
    ? principles
    : principles.map(({ readings: _, ...row }: Readonly<Record<string, unknown>>) => ({
        ...row,
        rounds: null,
        found: null,
        comparisons: null,
        decisiveness: null,
        helpfulnessCost: null,
        leftOut: null,
        closest: null,
      })),
});

function invalid(message: string, cause?: unknown): UserError {
  return new UserError("results-invalid", message, "Run the recipe again to write the file anew.", { cause });
}
