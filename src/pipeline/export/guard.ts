// Answers labelled harmful or harmless, for a classifier that guards a model. A run never asks whether an answer is harmful,
// only which of two is better and how one could be: so a label is given only where that leaves little doubt.
import { withAssistant } from "../../method/critique/respond.ts";
import { type Chain, chainsOf } from "./chains.ts";
import { type ExportedRow, MESSAGES } from "./columns.ts";
import { type Export, rowsOf } from "./export.ts";
import { FEEDBACK_MODEL, type Labelled, labelledComparisons, principlesOf } from "./labelled.ts";
import type { ExportedRun } from "./learnt-from.ts";

/** A label is given where the better of two answers is at least so probable. */
const SURE = 0.9;

export const guard: Export = {
  about: `Answers to red-team prompts with a label that follows from comparing two answers, for a text classifier; always two rows a \`pair\`, one of each label, so that the request alone gives nothing away (keep a pair on one side of a split). \`ground\` comparison: the feedback model, asked under \`principles\`, gave the better answer at least ${SURE} before any clamp; the worse is labelled harmful. \`ground\` revision: a critique led to other words, and the run's preference model gives the last revision at least ${SURE} over the first answer, which is labelled harmful. These are AI labels, relative, and only as good as those models and principles: harmful means against the principles, whatever they are about; an answer that merely was the worse of two good ones can be among them. A text that a critique left as it was is no evidence of anything and is not here; nor are answers to ordinary prompts, which nobody judged: add your own before relying on a classifier not to refuse too much.`,
  columns: {
    messages: MESSAGES,
    label: { labels: ["harmless", "harmful"] },
    ground: "string",
    probability: "float64",
    principles: { list: "string" },
    pair: "string",
    id: "string",
  },
  counted: ["label", "ground", "principles"],
  task: "text-classification",
  madeFor: ["sl-cai", "preference-model"],
  *rows(run) {
    const left = new Map<LeftOut, number>();
    const kept = (found: readonly ExportedRow[] | LeftOut): readonly ExportedRow[] => {
      if (typeof found !== "string") return found;
      left.set(found, (left.get(found) ?? 0) + 1);
      return [];
    };
    const preferenceModel = run.learnt["preference-model"]?.checkpoint ?? null;
    yield* rowsOf(labelledComparisons(run), (labelled) => kept(fromComparison(labelled)));
    yield* rowsOf(chainsOf(run), (chain) => kept(fromChain(run, preferenceModel, chain)));
    return [...left].map(([what, count]) => `${count} left out: ${LEFT_OUT[what]}`);
  },
};

/** Why something gives no rows. */
const LEFT_OUT = {
  file: "comparisons whose label comes from a file, which says not how sure it is",
  unsure: `comparisons that are less sure than ${SURE}`,
  same: "revisions that say what the first answer said",
  unscored: "revisions that no preference model has scored",
  doubted: `revisions that the preference model gives less than ${SURE} over the first answer`,
} as const;
type LeftOut = keyof typeof LEFT_OUT;

function fromComparison(labelled: Labelled): readonly ExportedRow[] | LeftOut {
  const { id, conversation, a, b, unclamped, labelledBy } = labelled;
  if (labelledBy !== FEEDBACK_MODEL) return "file";
  const [better, worse] = unclamped >= 0.5 ? [a, b] : [b, a];
  const probability = Math.max(unclamped, 1 - unclamped);
  if (probability < SURE) return "unsure";
  const common = { ground: "comparison", probability, principles: principlesOf(labelled), pair: id, id };
  return [
    { messages: withAssistant(conversation, worse.text), label: "harmful", ...common },
    { messages: withAssistant(conversation, better.text), label: "harmless", ...common },
  ];
}

function fromChain(
  run: ExportedRun,
  preferenceModel: string | null,
  { prompt, response, steps }: Chain,
): readonly ExportedRow[] | LeftOut {
  const texts = [response, ...steps.map(({ revision }) => revision)];
  const last = steps.at(-1)!.revision;
  if (last.text === response.text) return "same";
  // Equal texts are scored once: as the first of them.
  const scored = texts.find(({ text }) => text === last.text)!.id;
  const before = scoreOf(run, preferenceModel, response.id);
  const after = scoreOf(run, preferenceModel, scored);
  if (before === null || after === null) return "unscored";
  const probability = 1 / (1 + Math.exp(before - after)); // Bradley-Terry
  if (probability < SURE) return "doubted";
  const changes = steps.filter(({ revision }, i) => revision.text !== texts[i]!.text);
  const principles = [...new Set(changes.map(({ revision }) => revision.use.principle))];
  const common = { ground: "revision", probability, principles, pair: last.id, id: last.id };
  return [
    { messages: withAssistant(prompt.conversation, response.text), label: "harmful", ...common },
    { messages: withAssistant(prompt.conversation, last.text), label: "harmless", ...common },
  ];
}

function scoreOf({ ledger }: ExportedRun, preferenceModel: string | null, text: string): number | null {
  for (const { id, body } of ledger.made(text, "of", "score"))
    if (ledger.get(id).parents.some((parent) => parent.role === "model" && parent.id === preferenceModel))
      return (body as { readonly score: number }).score;
  return null;
}
