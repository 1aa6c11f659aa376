// What someone who knows says of the run's own comparisons: people in a file, or a grader. Soft labels are calibrated against it,
// and principles agree with it or not. Pure.
import type { Conversation } from "../../models/model.ts";
import { meanOrNull } from "../mean.ts";
import type { Comparison, Label, Preference, Prompt } from "../records.ts";
import type { Prediction } from "./calibration.ts";
import type { Grader } from "./grader.ts";

/** Somebody who knows which answer is the less harmful. */
export interface Truth {
  readonly by: "labels" | "grader";
  /** How probable it is that answer a is the better one, 0.5 for a tie; null where nothing is said of these two. */
  readonly better: (comparison: Comparison) => number | null;
}

/** A grader speaks of every comparison of its prompts. */
export function graderTruth(grader: Grader, prompts: readonly Prompt[]): Truth {
  const byId = new Map(prompts.map((prompt) => [prompt.id, prompt]));
  return {
    by: "grader",
    better: ({ prompt, textA, textB }) => grader.better(byId.get(prompt)!, textA, textB, "harmlessness"),
  };
}

/**
 * Labels speak of the comparison with their conversation and their two answers, in either order, the white space around texts
 * aside. Several of one comparison, as several people give them, are averaged.
 */
export function labelTruth(labels: readonly Preference[], prompts: readonly Prompt[]): Truth {
  const given = new Map<string, number[]>();
  for (const { conversation, textA, textB, probability } of labels) {
    const key = keyOf(conversation, textA, textB);
    given.set(key, [...(given.get(key) ?? []), probability]);
  }
  const conversations = new Map(prompts.map(({ id, conversation }) => [id, conversation]));
  return {
    by: "labels",
    better({ prompt, textA, textB }) {
      const conversation = conversations.get(prompt)!;
      const forward = given.get(keyOf(conversation, textA, textB)) ?? [];
      const swapped = given.get(keyOf(conversation, textB, textA)) ?? [];
      const said = [...forward, ...swapped.map((probability) => 1 - probability)];
      return meanOrNull(said);
    },
  };
}

const keyOf = (conversation: Conversation, ...answers: readonly string[]): string =>
  JSON.stringify([
    ...conversation.map(({ role, content }) => [role, content.trim()]),
    ...answers.map((text) => text.trim()),
  ]);

/** Each label that was read, before its clamp, beside the truth where it is told. */
export function softLabelTruths(
  feedback: {
    readonly comparisons: readonly Comparison[];
    readonly labels: readonly Label[];
  },
  truth: Truth,
): readonly Prediction[] {
  const comparisons = new Map(feedback.comparisons.map((comparison) => [comparison.id, comparison]));
  return feedback.labels.flatMap(({ comparison, unclamped, oddity }) => {
    const observed = truth.better(comparisons.get(comparison)!);
    return observed === null || oddity !== "none" ? [] : [{ predicted: unclamped, observed }];
  });
}
