// The feedback model says which of two answers is better under one principle (CAI paper, section 4.1): it is shown the
// conversation, the principle as a question and both answers as options, and its probabilities of the two option labels
// become the soft label. Every comparison is read in both orders (RLAIF, arXiv 2309.00267), so position bias cancels.
import type {
  Conversation,
  LanguageModel,
  Sample,
  SampleRequest,
  Sampling,
  Score,
  ScoreRequest,
} from "../../models/model.ts";
import { oddityOf, withUser } from "../critique/respond.ts";
import { formatTranscript } from "../datasets/transcript.ts";
import type { Comparison, PrincipleUse, Reading } from "../records.ts";

/** The labels whose log-probabilities are read after "The answer is:". */
export const OPTION_LABELS = [" (A)", " (B)"] as const;
/** Put into the feedback model's mouth before its label, and before its reasons. */
export const ANSWER_LEAD = "The answer is:";
export const REASONING_LEAD = "Let's think step by step:";

/** A comparison to be read under one principle. */
export interface FeedbackTask {
  readonly comparison: Comparison;
  readonly conversation: Conversation;
  readonly use: PrincipleUse;
  /** Comparisons shown with their labels before this one is asked about. */
  readonly shown: readonly ShownComparison[];
  readonly seed: string;
}

/** A comparison whose better answer is known (CAI paper, section 4.1 and appendix E: few-shot examples, each under its own principle). */
export interface ShownComparison {
  readonly conversation: Conversation;
  readonly question: string;
  /** The answer shown as option (A). */
  readonly a: string;
  readonly b: string;
  readonly better: "a" | "b";
  /** The reasons that lead to the label; null where it comes at once. */
  readonly reasoning: string | null;
}

/** How the feedback model reads a comparison: its label at once, or reasons first. */
export type FeedbackMode =
  | { readonly kind: "direct" }
  /** Reasons first, then the label; `samples` chains a reading (5 in the paper's ablation). */
  | { readonly kind: "chain-of-thought"; readonly samples: number; readonly sampling: Sampling };

/** A conversation as the feedback model is shown it. */
export const shownConversation = (conversation: Conversation): string =>
  `Consider the following conversation between a human and an assistant:${formatTranscript(conversation)}`;

/** The paper's comparison prompt (section 4.1), with the principle's wording as its question. */
export const feedbackQuestion = (
  conversation: Conversation,
  question: string,
  a: string,
  b: string,
): string => `${shownConversation(conversation)}\n\n${question}\n\nOptions:\n(A) ${a}\n(B) ${b}`;

/** What an answer says before its label. */
const leadOf = (reasoning: string | null): string =>
  reasoning === null ? ANSWER_LEAD : `${REASONING_LEAD} ${reasoning}\n${ANSWER_LEAD}`;

/** Comparisons with their labels as turns that come before the question. */
export const shownTurns = (shown: readonly ShownComparison[]): Conversation =>
  shown.flatMap(({ conversation, question, a, b, better, reasoning }): Conversation => {
    const label = OPTION_LABELS[better === "a" ? 0 : 1];
    return [
      { role: "user", content: feedbackQuestion(conversation, question, a, b) },
      { role: "assistant", content: `${leadOf(reasoning)}${label}` },
    ];
  });

interface Asked {
  readonly task: FeedbackTask;
  readonly order: Reading["order"];
  readonly conversation: Conversation;
}

function inBothOrders(task: FeedbackTask): readonly Asked[] {
  const { comparison, conversation, use, shown } = task;
  const before = shownTurns(shown);
  const ask = (order: Reading["order"], a: string, b: string): Asked => ({
    task,
    order,
    conversation: withUser(before, feedbackQuestion(conversation, use.wording, a, b)),
  });
  return [ask("ab", comparison.textA, comparison.textB), ask("ba", comparison.textB, comparison.textA)];
}

/** Reasons that a label is read after, null where it comes at once; the score of the labels where the model gave it with them. */
type Chain = Pick<Reading, "reasoning" | "oddity"> & { readonly score?: NonNullable<Score> };

/** Sampled reasons for each question, one list of chains a question. */
async function chainsOfThought(
  model: LanguageModel,
  asked: readonly Asked[],
  mode: FeedbackMode,
  signal?: AbortSignal,
): Promise<readonly (readonly Chain[])[]> {
  if (mode.kind === "direct") return asked.map(() => [{ reasoning: null, oddity: "none" }]);
  const requests = asked.flatMap(({ task, order, conversation }) =>
    Array.from(
      { length: mode.samples },
      (_, chain): SampleRequest => ({
        conversation,
        prefix: REASONING_LEAD,
        seed: `${task.seed}/${order}/${chain}`,
        next: { after: ANSWER_LEAD, continuations: OPTION_LABELS },
      }),
    ),
  );
  const sampling = { ...mode.sampling, stop: [...mode.sampling.stop, ANSWER_LEAD] };
  const samples = await model.sample(requests, sampling, signal);
  return asked.map((_, i) =>
    samples
      .slice(i * mode.samples, (i + 1) * mode.samples)
      .map((sample) => ({ reasoning: sample.text.trim(), oddity: oddityOf(sample), ...scoreOf(sample) })),
  );
}

/** What a model says of the labels right after its own words: they have to be those that a label is read after. */
function scoreOf({ text, next }: Sample): Pick<Chain, "score"> {
  const isAsRead = `${REASONING_LEAD}${text}${ANSWER_LEAD}` === leadOf(text.trim());
  return isAsRead && next !== undefined ? { score: next } : {};
}

/**
 * Reads each comparison in both orders: `2 x samples` readings a task, raw log-probabilities kept; none where the question
 * is more than the model reads, or is answered with neither label.
 */
export async function readComparisons(
  model: LanguageModel,
  tasks: readonly FeedbackTask[],
  mode: FeedbackMode,
  signal?: AbortSignal,
): Promise<readonly (readonly Reading[])[]> {
  const asked = tasks.flatMap(inBothOrders);
  const chains = await chainsOfThought(model, asked, mode, signal);
  const questions = asked.flatMap((question, i) => chains[i]!.map((chain) => ({ ...question, ...chain })));
  const unscored = questions.filter(({ score }) => score === undefined);
  const answers = await model.score(
    unscored.map(
      ({ conversation, reasoning }): ScoreRequest => ({
        conversation,
        prefix: leadOf(reasoning),
        continuations: OPTION_LABELS,
      }),
    ),
    signal,
  );
  const left = answers.values();
  const scores = questions.map(({ score }) => (score === undefined ? left.next().value! : score));
  const readings = questions.map(({ task, order, reasoning, oddity }, i): readonly Reading[] => {
    const score = scores[i]!;
    if (score === null) return [];
    const [logProbA, logProbB] = score;
    return [{ use: task.use, order, reasoning, oddity, logProbA: logProbA!, logProbB: logProbB! }];
  });
  const perTask = questions.length / tasks.length;
  return tasks.map((_, i) => readings.slice(i * perTask, (i + 1) * perTask).flat());
}
