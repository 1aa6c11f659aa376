// How PPO asks the preference model what an answer is worth: always at the end of the turn, for nowhere else has it learnt to say.
import type { Sample } from "../../models/model.ts";
import { withAssistant } from "../critique/respond.ts";
import type { Prompt } from "../records.ts";
import { type Reader, scoreConversations } from "../scores.ts";

/** An answer of the policy. */
export interface Answer {
  readonly prompt: Prompt;
  readonly sample: Sample;
  /** Of the whole conversation, the answer's last. */
  readonly tokens: readonly number[];
}

/** Says how good each answer is; null where the preference model cannot read it whole. */
export type Scorer = (answers: readonly Answer[]) => Promise<readonly (number | null)[]>;

/** A preference model with a tokenizer of its own: it reads the text, as it learnt to. */
export const textScorer =
  (model: Reader): Scorer =>
  (answers) =>
    scoreConversations(
      model,
      answers.map(({ prompt, sample }) => withAssistant(prompt.conversation, sample.text.trim())),
    );

/**
 * A preference model that reads the policy's tokens as they were drawn. An answer that was cut off is read as text, which adds the end
 * of its turn; unless there is no room for one.
 */
export const tokenScorer =
  (model: Reader): Scorer =>
  async (answers) => {
    const unended = answers.filter(({ sample }) => sample.finish !== "end");
    const ofTexts = await textScorer(model)(unended);
    const scores = new Map(unended.map((answer, i) => [answer, ofTexts[i]!]));
    const asDrawn = answers.filter((answer) => (scores.get(answer) ?? null) === null);
    const ofTokens = await model.scoreLast(asDrawn.map(({ tokens }) => tokens));
    asDrawn.forEach((answer, i) => void scores.set(answer, ofTokens[i]!));
    return answers.map((answer) => scores.get(answer)!);
  };
