// The known way for the method to fail on a weak model: texts that go in circles, learnt from and so repeated (arXiv 2504.04918).
// Looked for after every sampling that something is learnt from, and told at once.
import { isLooping } from "../method/evaluation/diversity.ts";
import type { Run } from "./perform.ts";

/** Share of texts in circles from which a run is told to be at risk. */
const RISK = 0.1;

/** Warns where many of the texts go in circles. */
export function warnOfLoops(
  run: Pick<Run, "emit">,
  what: string,
  texts: readonly { readonly text: string }[],
): void {
  const looping = texts.filter(({ text }) => isLooping(text)).length;
  if (looping <= RISK * texts.length) return;
  const text = `${looping} of ${texts.length} ${what} go in circles: a model that learns from such texts collapses. Look at them (charter show), let a stronger model criticise and revise, give demonstrations, or hold the policy closer (rl.klCoefficient)`;
  run.emit({ kind: "note", level: "warning", text });
}
