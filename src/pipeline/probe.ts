// A short probe before a run: a handful of the recipe's own prompts goes through its first steps, to measure how long texts
// are and what a token costs on this machine. Nothing is written.
import { comparisonQuestion, critiqueRequest, revisionRequest } from "../method/constitution/wording.ts";
import { critiqueConversation } from "../method/critique/critique.ts";
import { demonstrationTurns } from "../method/critique/few-shot.ts";
import { withAssistant, withUser } from "../method/critique/respond.ts";
import { feedbackQuestion, type ShownComparison, shownTurns } from "../method/feedback/judge.ts";
import type { Conversation, ModelHost, Sample, Sampling, TrainableModel } from "../models/model.ts";
import type { Costs, Lengths, Sizes } from "./forecast.ts";
import { probeEndpoints } from "./probe-endpoints.ts";
import { constitutionOf } from "./read-constitution.ts";
import { type Dataset, readDemonstrations, readPreferences, readPrompts } from "./read-dataset.ts";
import { playersOf, type Recipe } from "./recipe.ts";
import { adaptersOf } from "./training.ts";

/** What a probe measured. */
export interface Probe {
  readonly lengths: Lengths;
  readonly costs: Costs;
}

/** Time and the wish to stop, both from outside. */
export interface Clock {
  /** Milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** Prompts tried at most: enough to fill a batch. */
const MOST_PROMPTS = 64;
/** And at least, where the recipe has them. */
const LEAST_PROMPTS = 8;
/** Tokens of the first call. */
const FEW_TOKENS = 8;
/** Milliseconds that a call may take before fewer prompts are tried. */
const SOON = 2000;

/** All of a recipe that a probe looks at: recipes alike in it need one between them. Principles of one file count as equally long. */
export function probedOf({
  base,
  lora,
  constitution,
  prompts,
  supervised,
  compute,
  ...rest
}: Recipe): string {
  const { batch, responseSampling, critiqueSampling, revisionSampling } = supervised;
  const samplings = [responseSampling, critiqueSampling, revisionSampling, rest.feedback.reasoningSampling];
  const { demonstrations } = supervised;
  const files = [
    constitution.file,
    prompts.redTeam.file,
    demonstrations,
    rest.feedback.demonstrations,
    rest.feedback.mode,
  ];
  return JSON.stringify([
    base,
    lora,
    files,
    batch,
    samplings,
    hasChains(rest),
    compute,
    playersOf({ supervised, ...rest }),
  ]);
}

const hasChains = ({ feedback, evaluation }: Pick<Recipe, "feedback" | "evaluation">): boolean =>
  feedback.mode === "chain-of-thought" || evaluation.judge.mode === "chain-of-thought";

/** Counts the recipe's prompts and comparisons. */
export async function sizesOf(recipe: Recipe): Promise<Sizes> {
  const { prompts, feedback, preference } = recipe;
  const count = async (
    given: { readonly file: string | null; readonly count: number | "all" },
    read: typeof readPrompts | typeof readPreferences,
  ) => {
    return given.file === null ? 0 : (await read(given.file, given.count)).rows.length;
  };
  return {
    redTeam: await count(prompts.redTeam, readPrompts),
    feedback: await count(prompts.feedback ?? prompts.redTeam, readPrompts),
    helpful: await count(prompts.helpful, readPrompts),
    evaluationRedTeam: await count(prompts.evaluation.redTeam, readPrompts),
    evaluationHelpful: await count(prompts.evaluation.helpful, readPrompts),
    harmlessnessFile:
      feedback.source === "file"
        ? await count({ file: feedback.file, count: feedback.pairs }, readPreferences)
        : 0,
    helpfulnessFile: await count(preference.helpfulness, readPreferences),
    principles: constitutionOf(recipe).principles.length,
  };
}

/** Measures lengths and costs with the checkpoint that is trained, and the recipe's prompts and constitution. */
export async function probe(recipe: Recipe, host: ModelHost, clock: Clock): Promise<Probe> {
  const { file, count } = recipe.prompts.redTeam;
  const most = Math.min(MOST_PROMPTS, recipe.compute.batch, count === "all" ? MOST_PROMPTS : count);
  const { rows } = await readPrompts(file, most);
  const constitution = constitutionOf(recipe);
  const principle = constitution.principles[0]!;
  const prompts = rows.map(({ conversation }) => conversation);
  const model = await host.open(recipe.base, adaptersOf(recipe, "probe"));
  try {
    const ask = (conversations: readonly Conversation[], sampling: Sampling, name: string) =>
      model.sample(
        conversations.map((conversation, i) => ({ conversation, seed: `probe/${name}/${i}` })),
        sampling,
        clock.signal,
      );
    const { responseSampling, critiqueSampling, revisionSampling } = recipe.supervised;
    const timed = async <T>(work: () => Promise<T>) => {
      const begun = clock.now();
      const result = await work();
      return { result, ms: clock.now() - begun };
    };
    // Compiles what the timed call uses. Where a few tokens take long even so, compiling the rest does not show.
    const few = { ...responseSampling, maxTokens: Math.min(FEW_TOKENS, responseSampling.maxTokens) };
    await ask(prompts, few, "warm");
    const again = await timed(() => ask(prompts, few, "warm"));
    if (again.ms < SOON) await ask(prompts, responseSampling, "warm");
    const { result: responses, ms: sampling } = await timed(() => ask(prompts, responseSampling, "response"));
    // Only their lengths are wanted of what follows.
    const rest = prompts.slice(0, Math.max(LEAST_PROMPTS, Math.floor((prompts.length * SOON) / sampling)));
    const request = critiqueRequest(principle).text;
    const asked = rest.map((prompt, i) => critiqueConversation([], prompt, responses[i]!.text, request));
    const critiques = await ask(asked, critiqueSampling, "critique");
    const revising = asked.map((conversation, i) =>
      withUser(withAssistant(conversation, critiques[i]!.text), revisionRequest(principle).text),
    );
    const revisions = await ask(revising, revisionSampling, "revision");
    const question = comparisonQuestion(principle).text;
    const comparing = rest.map(
      (prompt, i): Conversation => [
        { role: "user", content: feedbackQuestion(prompt, question, responses[i]!.text, revisions[i]!.text) },
      ],
    );
    const chains = hasChains(recipe)
      ? await ask(comparing, recipe.feedback.reasoningSampling, "reasoning")
      : [];
    const lengths: Lengths = {
      prompt: mean(responses, ({ promptTokens }) => promptTokens.length),
      response: mean(responses, ({ tokens }) => tokens.length),
      critique: mean(critiques, ({ tokens }) => tokens.length),
      revision: mean(revisions, ({ tokens }) => tokens.length),
      wording: mean(
        critiques,
        ({ promptTokens }, i) =>
          promptTokens.length - responses[i]!.promptTokens.length - responses[i]!.tokens.length,
      ),
      reasoning: mean(chains, ({ tokens }) => tokens.length),
      ...(await demonstrationLengths(model, recipe)),
    };
    const remote = await probeEndpoints(
      recipe,
      { answer: prompts, critique: asked, revision: revising, feedback: comparing, judge: comparing },
      clock,
    );
    const costs = await costsOf(model, prompts, responses, recipe.supervised.batch, clock);
    const sampled = Math.max(1, lengths.response * responses.length);
    const read = lengths.prompt * prompts.length;
    // What is left of the call once its prompts are read; a sampled token never costs less than a read one.
    const sample = Math.max((sampling - costs.read * read) / sampled, sampling / (sampled + read));
    return { lengths, costs: { ...costs, remote, sample } };
  } finally {
    await model.close();
  }
}

/** Tokens of what is shown before a question. */
async function demonstrationLengths(
  model: TrainableModel,
  { supervised, feedback, ...recipe }: Recipe,
): Promise<Pick<Lengths, "demonstrations" | "shownComparisons">> {
  const tokensOf = async (turns: Conversation) =>
    turns.length === 0 ? 0 : (await model.tokenize([turns]))[0]!.tokens.length;
  const rowsOf = async <T>(
    { file, count }: { readonly file: string | null; readonly count: number | "all" },
    read: (file: string, count: number | "all") => Promise<Dataset<T>>,
  ) => (file === null ? [] : (await read(file, count)).rows);
  const question = comparisonQuestion(constitutionOf(recipe).principles[0]!).text;
  const shown = (await rowsOf(feedback.demonstrations, readPreferences)).map(
    ({ conversation, chosen, rejected, metadata: { reasoning } }): ShownComparison => ({
      conversation,
      question,
      a: chosen,
      b: rejected,
      better: "a",
      reasoning: feedback.mode === "chain-of-thought" ? String(reasoning) : null,
    }),
  );
  const demonstrations = await rowsOf(supervised.demonstrations, readDemonstrations);
  return {
    demonstrations: await tokensOf(demonstrationTurns(demonstrations, supervised.critique)),
    shownComparisons: await tokensOf(shownTurns(shown)),
  };
}

/** What it costs to read a token and to learn from one, after a first call that compiles. */
async function costsOf(
  model: TrainableModel,
  prompts: readonly Conversation[],
  responses: readonly Sample[],
  batch: number,
  { now, signal }: Clock,
): Promise<Pick<Costs, "read" | "train">> {
  const answered = prompts.map((prompt, i) => withAssistant(prompt, responses[i]!.text));
  // No more of a conversation than the model reads.
  const sequences = (await model.tokenize(answered)).map(({ tokens, weights }) => ({
    tokens: tokens.slice(0, model.contextLength),
    weights: weights.slice(0, model.contextLength),
  }));
  const learnt = sequences.slice(0, batch);
  const tokensIn = (list: typeof sequences) => list.reduce((total, { tokens }) => total + tokens.length, 0);
  const timed = async (work: () => Promise<unknown>) => {
    await work();
    signal.throwIfAborted();
    const begun = now();
    await work();
    return now() - begun;
  };
  const reading = await timed(() => model.forward(sequences));
  const learning = await timed(async () => {
    await model.forwardBackward({ kind: "cross-entropy", examples: learnt });
    // A learning rate of nothing: the step costs the same, and the model stays as it is.
    await model.optimStep({
      learningRate: 0,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 1,
    });
  });
  return { read: reading / tokensIn(sequences), train: learning / tokensIn(learnt) };
}

function mean<T>(items: readonly T[], of: (item: T, i: number) => number): number {
  return items.length === 0 ? 0 : items.reduce((total, item, i) => total + of(item, i), 0) / items.length;
}
