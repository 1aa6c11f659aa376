// Whether there is anything to learn from. A model's odd answers are data, counted and left out; when nothing else is left,
// the training is refused with those counts, for a stage that learnt nothing would pass for a result.
import type { Critique, Oddity, Response, Revision } from "../method/records.ts";
import type { Metrics } from "../models/model.ts";
import { UserError } from "../user-error.ts";

/** @throws UserError when no revision is fit to learn from */
export function needRevisions(
  usable: number,
  responses: readonly Response[],
  critiques: readonly Critique[],
  revisions: readonly Revision[],
): void {
  if (usable > 0) return;
  throw new UserError(
    "nothing-to-learn",
    `fine-tuning (SL-CAI): expected at least one usable revision, got none of ${revisions.length} (${oddities(revisions)}), from ${responses.length} answers (${oddities(responses)}) and ${critiques.length} critiques (${oddities(critiques)})`,
    "If texts are truncated, raise maxTokens under supervised, or use a model that reads longer conversations; otherwise the policy is too weak to revise: look at `charter show --kind critique` and `--kind revision`, give supervised.demonstrations, or use another policy.",
  );
}

/** @throws UserError when no two answers can be compared */
export function needComparisons(pairs: number, toEach: readonly (readonly Response[])[]): void {
  if (pairs > 0) return;
  const equal = toEach.filter(
    (answers) => answers.filter(({ oddity }) => oddity === "none").length > 1,
  ).length;
  throw new UserError(
    "nothing-to-compare",
    `AI feedback: expected at least one pair of different answers of SL-CAI, got none of ${toEach.length} (${equal} alike; single answers: ${oddities(toEach.flat())})`,
    "Raise feedback.sampling.temperature if answers are alike, feedback.sampling.maxTokens if they are truncated, or the number of prompts; look at `charter show --kind response`.",
  );
}

/** @throws UserError when every comparison is held out, or there is none */
export function needPreferences(toLearn: number, all: number): void {
  if (toLearn > 0) return;
  throw new UserError(
    "nothing-to-learn",
    `preference model: expected at least one comparison to learn from, got none of ${all}: all are held out`,
    "Lower preference.holdOut, or compare more answers.",
  );
}

/** @throws UserError when a training has left the numbers */
export function needFinite(stage: string, turn: number, metrics: Metrics): void {
  const astray = Object.entries(metrics).find(([, value]) => !Number.isFinite(value));
  if (astray === undefined) return;
  const [name, value] = astray;
  throw new UserError(
    "training-diverged",
    `${stage}, turn ${turn}: expected a finite ${name}, got ${value}`,
    "Lower the learning rate of this stage, or adamW.clipNorm. What was computed before it is kept.",
  );
}

/** Counts by oddity, such as "3 truncated, 1 empty". */
function oddities(texts: readonly { readonly oddity: Oddity }[]): string {
  const counts = new Map<string, number>();
  for (const { oddity } of texts) {
    const name = oddity === "none" ? "usable" : oddity;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${name}`).join(", ") || "none";
}
