// The shapes of rows that data sets come in, known by their columns: a table, most particular first. A row says what it can serve
// as, and gives itself in the words of ours: { prompt, chosen, rejected }, { prompt, response, critique, revision }, or a prompt.
// Columns that a shape does not know travel along as metadata. docs/files.md is held to this table.
import { preferenceOf, preferredText } from "./annotated-pairs.ts";
import { contentOf } from "./conversation.ts";
import { otherColumns } from "./metadata.ts";
import { rankedCompletions, scoredSamples } from "./ranked-answers.ts";
import { roundsOf } from "./revision-rounds.ts";
import { MalformedRow, type Row } from "./row.ts";
import { afterSystem, answerOf, instructionOf, messagesOf } from "./turns.ts";

/** What rows are read for. */
export type Purpose = "prompts" | "preferences" | "demonstrations";

/** From the one that says most about a row to the one that says least. */
export const PURPOSES: readonly Purpose[] = ["demonstrations", "preferences", "prompts"];

/** A shape in the service of one purpose. */
interface Service {
  /** What of the row our own shape has no place for: a column, or after ": " a part of what stands there (left-behind.ts says when). */
  readonly leaves: readonly string[];
  readonly rows: (row: Row, choices: Choices) => Row | readonly Row[];
}

/** What a reader may choose where a shape offers several. */
export interface Choices {
  /** Whose preferences are taken from annotated pairs: an id, name or description. */
  readonly annotator?: string | undefined;
}

export interface Shape extends Readonly<Partial<Record<Purpose, Service>>> {
  readonly name: string;
  /** A row with values in all of these has the shape. */
  readonly columns: readonly string[];
  /** Further columns that it knows. */
  readonly optional: readonly string[];
  /** What is read within a column, where that holds no turns. */
  readonly keys?: Readonly<Record<string, Keys>>;
}

/** The keys that are read of an object, or of each in a list, and what is read of their values: all of it where it is kept as it is. */
export type Keys = { readonly [key: string]: Keys } | "all";

const CONTENT: Keys = { type: {}, text: {}, value: {} };
/** Of a turn, under either pair of names. */
export const TURN: Keys = { role: {}, content: CONTENT, from: {}, value: CONTENT };
const SAMPLE: Keys = { sample: {} };

/** The columns as they are. */
const pick =
  (...columns: readonly string[]) =>
  (row: Row): Row =>
    Object.fromEntries(columns.map((column) => [column, row[column]]));

const LABELS = ["chosen_prob", "margin"];
const PAIR = ["chosen", "rejected", ...LABELS];
const COMPLETIONS = ["completion", "completions", "label", "labels"];
const CAI = ["init_prompt", "init_response", "critic_prompt", "critic_response"];
const REVISION = ["revision_prompt", "revision_response"];
const TEXTS = ["text_a", "text_b"];
const MODELS = ["model_a", "model_b"];
const OWN = ["critique_request", "critiqueRequest", "revision_request", "revisionRequest"];

/** Conversations in one column, whose last answer a prompt leaves behind. */
function conversations(name: string, column: string): Shape {
  const rows = (row: Row) => ({ messages: row[column] });
  const leaves = [`${column}: its last answer`, "label"];
  return { name, columns: [column], optional: ["label"], prompts: { leaves, rows } };
}

/** Columns in which OpenRLHF finds prompts (its input_key). */
const QUESTIONS = ["input", "question", "context_messages"];
const SYSTEM = ["system_prompt", "system"];
const question = (row: Row, column: string): Row => ({
  prompt: afterSystem(row["system_prompt"] ?? row["system"], row[column]),
});

const messagePair = ({ chosen_messages: chosen, rejected_messages: rejected }: Row): Row => ({
  chosen,
  rejected,
});

export const SHAPES: readonly Shape[] = [
  ...["response", "text"].map((side): Shape => {
    const columns = [`${side}_a`, `${side}_b`, "annotations"];
    return {
      name: "ICAI annotated pairs",
      columns,
      optional: ["prompt"],
      keys: Object.fromEntries(columns.map((column) => [column, "all"])),
      prompts: { leaves: columns, rows: pick("prompt") },
      preferences: { leaves: [], rows: (row, { annotator }) => preferenceOf(row, annotator) },
    };
  }),
  {
    name: "ICAI table",
    columns: [...TEXTS, "preferred_text"],
    optional: ["input", ...MODELS],
    prompts: { leaves: [...TEXTS, "preferred_text", ...MODELS], rows: (row) => ({ prompt: row["input"] }) },
    preferences: { leaves: [], rows: preferredText },
  },
  {
    name: "the paper's SL samples",
    columns: ["initial_response", "cst"],
    optional: ["rl_prompt"],
    keys: {
      initial_response: SAMPLE,
      cst: { cst_key: {}, cst_value: { prompt: {}, edit_request: {} }, critique: SAMPLE, revision: SAMPLE },
    },
    prompts: { leaves: ["initial_response", "cst"], rows: (row) => ({ prompt: row["rl_prompt"] }) },
    demonstrations: {
      leaves: ["initial_response: all but the first", "cst[].cst_value.prompt: all but the first"],
      rows: roundsOf,
    },
  },
  {
    name: "the paper's RL samples",
    columns: ["rl_prompt", "sampled_answers"],
    optional: [],
    keys: { sampled_answers: { sampled_string: {}, pm_scores: { pm_score: {} } } },
    prompts: { leaves: ["sampled_answers"], rows: (row) => ({ prompt: row["rl_prompt"] }) },
    preferences: { leaves: ["sampled_answers: all but the best and the worst"], rows: scoredSamples },
  },
  {
    name: "NeMo-RL preferences",
    columns: ["context", "completions"],
    optional: [],
    keys: { completions: { rank: {}, completion: TURN } },
    prompts: { leaves: ["completions"], rows: (row) => ({ prompt: row["context"] }) },
    preferences: {
      leaves: ["completions: all but the best and the worst", "completions[].rank: how far apart"],
      rows: rankedCompletions,
    },
  },
  {
    name: "cai-conversation pairs",
    columns: [...CAI, "chosen", "rejected"],
    optional: [...REVISION, "prompt", "messages"],
    prompts: {
      leaves: [...CAI.slice(1), ...REVISION, "chosen", "rejected", "messages"],
      rows: (row) => ({ prompt: contentOf(row["init_prompt"]) }),
    },
    preferences: { leaves: [...CAI, ...REVISION, "messages"], rows: pick("prompt", "chosen", "rejected") },
    demonstrations: { leaves: ["chosen", "rejected", "messages"], rows: pick(...CAI, ...REVISION) },
  },
  {
    name: "cai-conversation",
    columns: CAI,
    optional: [...REVISION, "prompt", "messages"],
    prompts: {
      leaves: [...CAI.slice(1), ...REVISION, "messages"],
      rows: (row) => ({ prompt: contentOf(row["init_prompt"]) }),
    },
    demonstrations: { leaves: ["messages"], rows: pick(...CAI, ...REVISION) },
  },
  ...["prompt", "conversation", "messages"].map((column): Shape => {
    const answers = ["response", "critique", "revision"];
    return {
      name: "demonstrations",
      columns: [column, ...answers],
      optional: OWN,
      prompts: { leaves: [...answers, ...OWN], rows: (row) => ({ prompt: row[column] }) },
      demonstrations: { leaves: [], rows: pick(column, ...answers, ...OWN) },
    };
  }),
  {
    name: "ShareGPT pairs (LLaMA-Factory)",
    columns: ["conversations", "chosen", "rejected"],
    optional: ["system", "mask", ...LABELS],
    prompts: {
      leaves: PAIR,
      rows: ({ system, conversations, mask }) => ({
        prompt: afterSystem(system, messagesOf(conversations, mask)),
      }),
    },
    preferences: {
      leaves: [],
      rows: (row) => ({
        ...pick(...LABELS)(row),
        prompt: afterSystem(row["system"], messagesOf(row["conversations"], row["mask"])),
        chosen: answerOf(row["chosen"]),
        rejected: answerOf(row["rejected"]),
      }),
    },
  },
  {
    name: "ShareGPT, NeMo-Aligner SFT",
    columns: ["conversations"],
    optional: ["system", "mask"],
    prompts: {
      leaves: ["conversations: its last answer"],
      rows: ({ system, conversations, mask }) => ({
        messages: afterSystem(system, messagesOf(conversations, mask)),
      }),
    },
  },
  {
    name: "TRL preference",
    columns: ["prompt", "chosen", "rejected"],
    optional: LABELS,
    prompts: { leaves: PAIR, rows: pick("prompt") },
    preferences: { leaves: [], rows: pick("prompt", ...PAIR) },
  },
  {
    name: "LLaMA-Factory v1 pairs",
    columns: ["chosen_messages", "rejected_messages"],
    optional: LABELS,
    prompts: { leaves: ["chosen_messages", "rejected_messages", ...LABELS], rows: messagePair },
    preferences: { leaves: [], rows: (row) => ({ ...pick(...LABELS)(row), ...messagePair(row) }) },
  },
  {
    name: "Alpaca pairs (LLaMA-Factory)",
    columns: ["instruction", "chosen", "rejected"],
    optional: ["input", "history", "system", ...LABELS],
    prompts: { leaves: PAIR, rows: (row) => ({ prompt: instructionOf(row) }) },
    preferences: { leaves: [], rows: (row) => ({ ...pick(...PAIR)(row), prompt: instructionOf(row) }) },
  },
  ...QUESTIONS.map((column): Shape => {
    return {
      name: "OpenRLHF pairs",
      columns: [column, "chosen", "rejected"],
      optional: [...SYSTEM, ...LABELS],
      prompts: { leaves: PAIR, rows: (row) => question(row, column) },
      preferences: { leaves: [], rows: (row) => ({ ...pick(...PAIR)(row), ...question(row, column) }) },
    };
  }),
  {
    name: "hh-rlhf, TRL preference with an implicit prompt",
    columns: ["chosen", "rejected"],
    optional: LABELS,
    prompts: { leaves: PAIR, rows: pick("chosen", "rejected") },
    preferences: { leaves: [], rows: pick(...PAIR) },
  },
  {
    name: "TRL prompt-only, prompt-completion, unpaired preference, stepwise",
    columns: ["prompt"],
    optional: COMPLETIONS,
    prompts: { leaves: COMPLETIONS, rows: pick("prompt") },
  },
  conversations("TRL messages", "messages"),
  {
    name: "Alpaca",
    columns: ["instruction"],
    optional: ["input", "history", "system", "output"],
    prompts: { leaves: ["output"], rows: (row) => ({ prompt: instructionOf(row) }) },
  },
  conversations("LMSYS-Chat", "conversation"),
  conversations("hh-rlhf red team", "transcript"),
  ...QUESTIONS.map((column): Shape => {
    const answers = ["output", "response"];
    return {
      name: "OpenRLHF prompts",
      columns: [column],
      optional: [...SYSTEM, ...answers],
      prompts: { leaves: answers, rows: (row) => question(row, column) },
    };
  }),
  conversations("hh-rlhf transcript as TRL text", "text"),
];

/** The shape of a row, among those that serve the purpose where one is named. */
export const shapeOf = (row: Row, purpose?: Purpose): Shape | undefined =>
  SHAPES.find(
    (shape) =>
      shape.columns.every((column) => row[column] != null) &&
      (purpose === undefined || shape[purpose] !== undefined),
  );

/** What a row says most about: demonstrations before preferences before prompts. */
export const purposeOf = (row: Row): Purpose | undefined => {
  const shape = shapeOf(row);
  return PURPOSES.find((purpose) => shape?.[purpose] !== undefined);
};

/** How a row of any known shape becomes rows of ours. */
export const translateFor =
  (purpose: Purpose, choices: Choices = {}) =>
  (row: Row): readonly Row[] => {
    const shape = shapeOf(row, purpose) ?? refuse(row, purpose);
    const metadata = otherColumns(row, [...shape.columns, ...shape.optional]);
    return [shape[purpose]!.rows(row, choices)].flat().map((part) => ({ ...part, metadata }));
  };

function refuse(row: Row, purpose: Purpose): never {
  const serving = SHAPES.filter((shape) => shape[purpose] !== undefined);
  const empty = serving
    .filter(({ columns }) => columns.every((column) => Object.hasOwn(row, column)))
    .map(({ columns }) => columns.filter((column) => row[column] == null))
    .toSorted((a, b) => a.length - b.length)[0];
  if (empty !== undefined)
    throw new MalformedRow("unknown-shape", `${empty.join(" and ")}: expected a value, got none`);
  const ways = serving.map(({ columns }) => new Set(columns));
  // What is part of another way says it already.
  const least = ways.filter((way) => !ways.some((other) => other.size < way.size && other.isSubsetOf(way)));
  const shortest = least.toSorted((a, b) => a.size - b.size).map((way) => [...way].join("+"));
  const known = [...new Set(shortest)].join(", ");
  const other = shapeOf(row);
  const serves = PURPOSES.filter((each) => other?.[each] !== undefined).join(" and ");
  const seen = Object.keys(row).join(", ") || "none";
  const got = other === undefined ? seen : `${seen} (${other.name}, which serves as ${serves})`;
  throw new MalformedRow("unknown-shape", `${purpose}: expected columns ${known}, got ${got}`);
}
