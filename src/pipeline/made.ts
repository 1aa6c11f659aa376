// What a run has made by the time it is evaluated. Types only.
import type { Constitution } from "../method/constitution/constitution.ts";
import type {
  Comparison,
  Critique,
  Label,
  Preference,
  Prompt,
  Response,
  Revision,
} from "../method/records.ts";
import type { Metrics } from "../models/model.ts";
import type { Checkpoint } from "./checkpoints.ts";
import type { Imported } from "./imports.ts";
import type { RemoteModel } from "./named-model.ts";
import type { Recorded } from "./perform.ts";
import type { Prediction } from "./preference.ts";
import type { Recipe } from "./recipe.ts";

/** Everything the run made that a figure is about. */
export interface Made {
  readonly recipe: Recipe;
  readonly constitution: Imported<Constitution>;
  /** In the order of the method. */
  readonly models: Readonly<Record<string, Checkpoint | RemoteModel>>;
  /** Null where the recipe ends before it. */
  readonly preferenceModel: Checkpoint | null;
  /** Every prompt that a training saw an answer to. */
  readonly trainedOn: readonly Prompt[];
  /** What the preference model learnt from, from files as well. */
  readonly preferences: readonly Preference[];
  readonly histories: Readonly<Record<"supervised" | "preference" | "rl", readonly Metrics[]>>;
  readonly stage1: {
    readonly prompts: readonly Prompt[];
    readonly responses: readonly Recorded<Response>[];
    readonly critiques: readonly Recorded<Critique>[];
    readonly revisions: readonly Recorded<Revision>[];
    readonly helpfulResponses: readonly Recorded<Response>[];
  };
  readonly feedback: {
    readonly prompts: readonly Prompt[];
    /** Of SL-CAI, paired in the comparisons. */
    readonly answers: readonly Recorded<Response>[];
    readonly comparisons: readonly Recorded<Comparison>[];
    readonly labels: readonly Recorded<Label>[];
  };
  readonly predictions: readonly Prediction[];
}

/** Model name, prompt id, answers. */
export type Answers = Readonly<Record<string, ReadonlyMap<string, readonly Recorded<Response>[]>>>;
