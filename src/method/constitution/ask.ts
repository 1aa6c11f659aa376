// Short questions about a constitution, put to a model one by one: answered at the likeliest, so that the same model says the same
// again. Knows questions and answers, not what they are about.
import type { LanguageModel, Sampling } from "../../models/model.ts";

/** Greedy: opinions on a text are to repeat. */
const SAMPLING: Sampling = { temperature: 0, topP: 1, maxTokens: 400, stop: [] };

/** Questions put together where the model does not say how many. */
const TOGETHER = 8;

/** What a model said; `isWhole` is false where it was cut short, or had no room for an answer. */
export interface Answer {
  readonly text: string;
  readonly isWhole: boolean;
}

/** Told after every batch: how many of the questions have their answer. */
export type OnAsked = (done: number, total: number) => void;

/** One answer a question, in order. */
export async function answersTo(
  model: LanguageModel,
  questions: readonly string[],
  onAsked: OnAsked = () => {},
  signal?: AbortSignal,
): Promise<readonly Answer[]> {
  const together = model.capabilities.inFlight ?? TOGETHER;
  const answers: Answer[] = [];
  while (answers.length < questions.length) {
    const batch = questions.slice(answers.length, answers.length + together);
    const samples = await model.sample(
      batch.map((content) => ({ conversation: [{ role: "user", content }], seed: "constitution" })),
      SAMPLING,
      signal,
    );
    answers.push(...samples.map(({ text, finish }) => ({ text: text.trim(), isWhole: finish !== "length" })));
    onAsked(answers.length, questions.length);
  }
  return answers;
}
