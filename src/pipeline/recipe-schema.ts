// Everything a run depends on, as one strict schema: each key with its default and where that default comes from. "CAI" is
// Bai et al. 2022 (arXiv 2212.08073), "HH" is Bai et al. 2022a (arXiv 2204.05862); "ours" marks what neither gives.
// What depends on another key is decided in recipe.ts; reading a file, overriding keys and explaining mistakes are read-recipe.ts.
import { z } from "zod";
import { DEVICES } from "../engine/device.ts";
import { LORA_TARGETS, type Lora } from "../lm/config.ts";
import { MOST_CANDIDATES } from "./pair-stages.ts";
import { endpointSchema } from "./recipe-endpoint.ts";

const probability = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.int().min(1);
const countOrAll = z.union([z.literal("all"), count], { error: 'expected "all" or a whole number from 1' });

export const seedName = z.union([z.string(), z.int().transform(String)], {
  error: "expected a word or a whole number",
});

/** How a text is drawn. CAI 3.2 samples at temperature 1 throughout; a limit of tokens is ours. */
const samplingKeys = z.strictObject({
  temperature: z.number().min(0).default(1),
  topP: z.number().positive().max(1).default(1),
  maxTokens: count.default(128),
  stop: z.array(z.string().min(1)).default([]),
});
const sampling = samplingKeys.prefault({});

/** Ours: the usual settings for fine-tuning. Decay is decoupled from the gradient. */
const adamW = z
  .strictObject({
    beta1: probability.default(0.9),
    beta2: probability.default(0.999),
    epsilon: positive.default(1e-8),
    weightDecay: z.number().min(0).default(0),
    /** Largest global norm of the gradient. */
    clipNorm: positive.default(1),
  })
  .prefault({});

/** One pass of gradient descent over examples. */
const training = {
  learningRate: positive.default(1e-4), // ours; CAI 3.2 takes half the pretraining rate, which a recipe must state
  epochs: positive.default(1), // CAI 3.2: one epoch
  /** Examples an optimiser step. */
  batch: count.default(64), // ours; CAI 3.2 takes 1,024 sequences
  /** Steps of linear warm-up. */
  warmup: z.int().min(0).default(0), // ours
  schedule: z.enum(["constant", "linear", "cosine"]).default("constant"), // CAI 3.2: constant
  adamW,
  /** Steps between two states that the ledger remembers. */
  checkpointEvery: count.default(50), // ours
};

const clamp = z.union(
  [z.tuple([probability, probability]).readonly(), z.null(), z.literal("none").transform(() => null)],
  {
    error: 'expected [lowest, highest], such as [0.4, 0.6], or "none"',
  },
);

/** What is trained, in the order of the method. */
export const TRAININGS = ["supervised", "preference", "rl"] as const;

const klCoefficient = z.union(
  [positive.or(z.literal(0)), z.strictObject({ initial: positive, target: positive, horizon: positive })],
  {
    error:
      "expected a number, or {initial, target, horizon} to steer towards a KL of `target` nats an answer",
  },
);

const lora = z
  .strictObject({
    rank: count.default(16), // ours, as usual with PEFT
    alpha: positive.default(32),
    targets: z.array(z.enum(LORA_TARGETS)).min(1).readonly().default(LORA_TARGETS),
    /** Share of what adapters read that is dropped while they learn, but in PPO. */
    dropout: z.number().min(0).lt(1).default(0), // as in PEFT
  })
  // None is no key, so that trainings without it are remembered under the keys they had before there was any.
  .transform(({ dropout, ...rest }): Lora => (dropout === 0 ? rest : { ...rest, dropout }));

/**
 * The schema of a recipe.
 *
 * @param path how a key that names a file is read: resolves it, or refuses what is not there
 * @param checkpoint the same for a checkpoint's folder
 */
export function recipeSchema(path: z.ZodType<string, string>, checkpoint = path) {
  const file = path.nullable().default(null);
  const model = z.union([checkpoint, endpointSchema]).nullable().default(null);
  const prompts = z.strictObject({
    file: path,
    count: countOrAll.default("all"),
    /** Under which the file may be used; kept with what is made of it, where its rows do not say. */
    licence: z.string().trim().min(1).optional(),
  });
  const bothSets = z.strictObject({ redTeam: prompts, helpful: prompts });

  return z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "expected letters, digits, dots and dashes"),
    /** Names every random stream of the run. */
    seed: seedName.default("0"),
    /** The helpful-only model: it answers, critiques and revises (CAI 3.1). */
    policy: z.union([checkpoint, endpointSchema]),
    /** Checkpoint that is fine-tuned: the pretrained model in CAI 3.2. Default: the policy, which is one then. */
    base: checkpoint.nullable().default(null),
    /** Low-rank adapters in place of all weights: for the policy, the preference model and the value model. */
    lora: lora.nullable().default(null),
    constitution: z.strictObject({
      file: path,
      /** Ids or tags of principles to leave out. */
      without: z.array(z.string()).default([]),
      /** How many of the others are taken, drawn by the seed: a smaller number takes some of what a larger one does. */
      count: countOrAll.default("all"), // CAI 3.4 compares 1, 2, 4, 8 and 16
    }),
    /** The last training: what follows it is left out, and what is there by then is evaluated. */
    upTo: z.enum(TRAININGS).default("rl"),

    prompts: z.strictObject({
      redTeam: prompts,
      helpful: prompts,
      /** Held out from all training. */
      evaluation: bothSets,
      /** Prompts of reinforcement learning. Default: those above, the first two (CAI 4.2 adds model-written ones). */
      rl: bothSets.nullable().default(null),
      /** Red-team prompts whose answers are compared. Default: those above (CAI 4.1). */
      feedback: prompts.nullable().default(null),
    }),

    supervised: z
      .strictObject({
        /** Rounds of critique and revision a prompt. */
        rounds: count.default(4), // CAI 3.2
        /** false revises directly (CAI 3.5). */
        critique: z.boolean().default(true),
        /** Which revisions are learnt from: all, the final one, or those up to round n (SL-CAI-n). */
        train: z
          .union([z.enum(["all", "final"]), count], { error: 'expected "all", "final" or a round' })
          .default("all"), // CAI 3.2
        /** Critiques and revisions shown before the turn: five in CAI 3.1, none where the model needs none. */
        demonstrations: z.strictObject({ file, count: countOrAll.default("all") }).prefault({}),
        /** Who criticises and who revises. Default: the policy (CAI 3.1). */
        critiqueModel: model,
        revisionModel: model,
        responseSampling: sampling,
        critiqueSampling: sampling,
        revisionSampling: sampling,
        /** Answers of the policy to each helpful prompt, mixed into the training. */
        helpfulResponses: z.int().min(0).default(2), // CAI 3.2: two a prompt
        ...training,
      })
      .prefault({}),

    feedback: z
      .strictObject({
        /** Who labels the harmlessness comparisons: a model under the constitution, or a file (the RLHF baseline). */
        source: z.enum(["model", "file"]).default("model"),
        file,
        /** The feedback model. Default: the policy. */
        model,
        mode: z.enum(["direct", "chain-of-thought"]).default("direct"), // CAI 4.1
        /** Labelled comparisons shown before the question, each under a drawn principle (CAI 4.1); to the judge, too. */
        demonstrations: z.strictObject({ file, count: countOrAll.default("all") }).prefault({}),
        /** Chains of thought a comparison, averaged: five help a little (CAI 4.1). */
        samples: count.default(1),
        /** Probabilities let through. Default: [0.4, 0.6] for chains of thought (CAI 4.1), otherwise all. */
        clamp: clamp.optional(),
        /** Principles a comparison is judged under, averaged: 1, or an ensemble of k (CAI 4.1: sixteen). */
        principles: count.default(1),
        labels: z.enum(["soft", "hard"]).default("soft"), // CAI 4.1: soft labels, without chains of thought
        /** Red-team prompts for which a pair of answers is compared: one comparison a prompt (CAI 4.2). */
        pairs: countOrAll.default("all"),
        /** Answers drawn for each, of which the two that share the fewest words are the pair. */
        candidates: z.int().min(2).max(MOST_CANDIDATES).default(2), // CAI 4.1: two
        sampling,
        reasoningSampling: sampling,
      })
      .prefault({}),

    preference: z
      .strictObject({
        /** Checkpoint that the preference model starts from; its tokenizer may be another. Default: the base. */
        base: checkpoint.nullable().default(null),
        /** Adapters of the preference model, or null for all weights. Default: those of the policy. */
        lora: lora.nullable().optional(),
        /** Comparisons of helpfulness mixed in (CAI 4.2 takes human ones). */
        helpfulness: z.strictObject({ file, count: countOrAll.default("all") }).prefault({}),
        /** Weight of a harmlessness comparison against a helpfulness one. */
        harmlessnessWeight: positive.default(2), // HH: two to three
        /** Share of the comparisons kept from training, to measure accuracy and calibration on. */
        holdOut: z.number().min(0).max(0.9).default(0.1), // ours
        /** e: a label p counts as e + (1 - 2e) p. Keeps certain labels from outweighing soft ones in the score. */
        labelSmoothing: z.number().min(0).max(0.5).default(0), // ours, as in conservative DPO (Mitchell 2023)
        ...training,
      })
      .prefault({}),

    rl: z
      .strictObject({
        iterations: count.default(50), // ours
        /** Answers sampled an iteration, one a prompt. */
        promptsPerIteration: count.default(64), // ours
        sampling,
        klCoefficient: klCoefficient.default(0.001), // HH 4.1; steered: Ziegler et al. 2019, section 2.2
        clip: positive.default(0.2), // HH 4.1
        valueClip: positive.default(10), // ours: Ziegler et al. 2019 take 0.2, where scores have unit scale; these do not
        discount: probability.default(1), // HH 4.1
        lambda: probability.default(0.95), // ours, as in Schulman et al. 2016
        /** Times that each answer is learnt from. */
        passes: count.default(1), // HH 4.1: one to four
        minibatches: count.default(4), // ours
        whiten: z.boolean().default(true), // ours, as in Ziegler et al. 2019
        /** Taken off the score of an answer cut off by its token limit. */
        truncationPenalty: z.number().min(0).default(1), // ours
        learningRate: positive.default(1e-5), // ours
        valueLearningRate: positive.default(1e-4), // ours
        /** Of both learning rates, over the iterations. */
        schedule: training.schedule,
        adamW,
        checkpointEvery: count.default(5), // ours
      })
      .prefault({}),

    evaluation: z
      .strictObject({
        samplesPerPrompt: count.default(1), // ours; CAI 4.5 takes 256 on 64 prompts
        sampling,
        /** The feedback model as judge of pairs of answers, in both orders. */
        judge: z
          .strictObject({
            /** Default: the feedback model, asked as it is asked there. */
            model,
            mode: z.enum(["direct", "chain-of-thought"]).optional(),
            samples: count.optional(),
            reasoningSampling: samplingKeys.optional(),
            /** Prompts of either set on which models are compared. */
            comparisons: countOrAll.default("all"),
          })
          .prefault({}),
        /** Held-out prompts, half of either set, on which the judge is asked about the models under every principle. */
        scoreboard: z.int().min(0).default(0), // ours
        /** What people say of the run's own comparisons: rows of `charter export`'s preferences, labelled by them. */
        labels: z.strictObject({ file, count: countOrAll.default("all") }).prefault({}), // ours
        /** A judge that knows the truth, where there is one. */
        grader: z.enum(["town", "none"]).default("none"),
        /** Resamplings an interval. */
        bootstrap: count.default(1000), // ours
        /** Prompts shown side by side in the report. */
        transcripts: z.int().min(0).default(6), // ours
      })
      .prefault({}),

    /** The most that endpoints may cost in all, in the currency of their prices. */
    budget: positive.nullable().default(null),

    compute: z
      .strictObject({
        /** `auto` takes the fastest for this recipe, by measurement. */
        device: z.enum(["auto", ...DEVICES]).default("cpu"),
        threads: z
          .union([z.literal("auto"), count], { error: 'expected "auto" or a whole number from 1' })
          .default("auto"),
        /** Requests given to a model together, and asked again together after a crash. Results depend on it by rounding alone. */
        batch: count.default(64),
      })
      .prefault({}),
  });
}

/** A recipe as written, every default filled in but those that depend on another key. */
export type RecipeDocument = z.output<ReturnType<typeof recipeSchema>>;
