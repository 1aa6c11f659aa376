// What a call costs where an endpoint plays a part of the method: a few of the questions that a run would put, timed.
import { ANSWER_LEAD, OPTION_LABELS } from "../method/feedback/judge.ts";
import type { Conversation, Sampling } from "../models/model.ts";
import { feedbackMode } from "./feedback.ts";
import { connect, type ModelSource } from "./named-model.ts";
import type { Clock } from "./probe.ts";
import { type Part, playersOf, type Recipe } from "./recipe.ts";

/** Questions a part is tried with at most: they are paid for. */
const MOST_CALLS = 8;

/** Milliseconds a call of each part that an endpoint plays, with as many in flight as it allows. */
export async function probeEndpoints(
  recipe: Recipe,
  questions: Readonly<Record<Part, readonly Conversation[]>>,
  clock: Clock,
): Promise<Readonly<Partial<Record<Part, number>>>> {
  const costs: Partial<Record<Part, number>> = {};
  for (const [name, source] of Object.entries(playersOf(recipe))) {
    const part = name as Part;
    const isAsked = part !== "feedback" || recipe.feedback.source === "model";
    if (typeof source === "string" || !isAsked) continue;
    if (source.batch !== false) {
      costs[part] = 0; // up to a day, which no trial would tell
      continue;
    }
    const asked = questions[part].slice(0, Math.min(MOST_CALLS, source.concurrency));
    const begun = clock.now();
    await putTo(part, source, asked, recipe, clock);
    costs[part] = (clock.now() - begun) / asked.length;
  }
  return costs;
}

/** Asks as the part does: a text, or, for a label, perhaps reasons and then the label. */
async function putTo(
  part: Part,
  source: Exclude<ModelSource, string>,
  conversations: readonly Conversation[],
  { supervised, feedback, evaluation }: Recipe,
  { now, signal }: Clock,
): Promise<void> {
  const model = await connect(source, { now });
  const sample = (sampling: Sampling) =>
    model.sample(
      conversations.map((conversation, i) => ({ conversation, seed: `probe/${part}/${i}` })),
      sampling,
      signal,
    );
  if (part === "answer") await sample(supervised.responseSampling);
  else if (part === "critique") await sample(supervised.critiqueSampling);
  else if (part === "revision") await sample(supervised.revisionSampling);
  else {
    const mode = feedbackMode(part === "feedback" ? feedback : evaluation.judge);
    if (mode.kind === "chain-of-thought") await sample(mode.sampling);
    await model.score(
      conversations.map((conversation) => ({
        conversation,
        prefix: ANSWER_LEAD,
        continuations: OPTION_LABELS,
      })),
      signal,
    );
  }
}
