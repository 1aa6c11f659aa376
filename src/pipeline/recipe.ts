// A recipe with every value decided, and who plays each part under it. What keys there are, with their defaults, is recipe-schema.ts.
import { deepFreeze, type Frozen } from "../frozen.ts";
import type { RecipeDocument } from "./recipe-schema.ts";

type Source = NonNullable<RecipeDocument["feedback"]["model"]>;
type Resolved<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: Exclude<T[P], undefined> };

/** A recipe with every value decided; paths are absolute. Frozen all the way down. */
export type Recipe = Frozen<
  Omit<RecipeDocument, "base" | "supervised" | "feedback" | "preference" | "evaluation"> & {
    readonly base: string;
    readonly preference: Omit<Resolved<RecipeDocument["preference"], "lora">, "base"> & {
      readonly base: string;
    };
    readonly supervised: Omit<RecipeDocument["supervised"], "critiqueModel" | "revisionModel"> & {
      readonly critiqueModel: Source;
      readonly revisionModel: Source;
    };
    readonly feedback: Omit<Resolved<RecipeDocument["feedback"], "clamp">, "model"> & {
      readonly model: Source;
    };
    readonly evaluation: Omit<RecipeDocument["evaluation"], "judge"> & {
      readonly judge: Omit<
        Resolved<RecipeDocument["evaluation"]["judge"], "mode" | "samples" | "reasoningSampling">,
        "model"
      > & { readonly model: Source };
    };
  }
>;

/** Parts of the method that an endpoint may play. */
export type Part = "answer" | "critique" | "revision" | "feedback" | "judge";

/** The model that plays each part. */
export const playersOf = ({
  policy,
  supervised,
  feedback,
  evaluation,
}: Pick<Recipe, "policy" | "supervised" | "feedback" | "evaluation">): Readonly<Record<Part, Source>> => ({
  answer: policy,
  critique: supervised.critiqueModel,
  revision: supervised.revisionModel,
  feedback: feedback.model,
  judge: evaluation.judge.model,
});

/** Decides what depends on other keys. */
export function resolveDefaults(document: RecipeDocument): Recipe {
  const { supervised, feedback, preference, evaluation, policy } = document;
  const feedbackModel = feedback.model ?? policy;
  const base = document.base ?? (policy as string); // readRecipe refuses an endpoint here
  const paperClamp = feedback.mode === "chain-of-thought" ? ([0.4, 0.6] as const) : null;
  return deepFreeze({
    ...document,
    base,
    preference: {
      ...preference,
      base: preference.base ?? base,
      lora: preference.lora === undefined ? document.lora : preference.lora,
    },
    supervised: {
      ...supervised,
      critiqueModel: supervised.critiqueModel ?? policy,
      revisionModel: supervised.revisionModel ?? policy,
    },
    feedback: {
      ...feedback,
      model: feedbackModel,
      // Hard labels are 0, 1/2 or 1: there is nothing to clamp.
      clamp:
        feedback.clamp === undefined && feedback.labels === "soft" ? paperClamp : (feedback.clamp ?? null),
    },
    evaluation: {
      ...evaluation,
      judge: {
        ...evaluation.judge,
        model: evaluation.judge.model ?? feedbackModel,
        mode: evaluation.judge.mode ?? feedback.mode,
        samples: evaluation.judge.samples ?? feedback.samples,
        reasoningSampling: evaluation.judge.reasoningSampling ?? feedback.reasoningSampling,
      },
    },
  });
}
