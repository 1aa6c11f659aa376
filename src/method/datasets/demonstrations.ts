// Demonstrations of critique and revision, for few-shot prompts: our own columns, or those of the Hugging Face
// cai-conversation data sets (init_prompt, init_response, critic_prompt, …; strings or { content } objects). What else serves
// as one is known to shapes.ts.
import type { Conversation } from "../../models/model.ts";
import { contentOf, parsePrompt, parseReply } from "./conversation.ts";
import { type Dataset, parseRows, type RowReader } from "./dataset.ts";
import { otherColumns } from "./metadata.ts";
import { MalformedRow, type Row } from "./row.ts";
import { translateFor } from "./shapes.ts";

/** A response, what is wrong with it, and how it should have been; `metadata` is what else the row carried. */
export interface DemonstrationRow {
  readonly conversation: Conversation;
  readonly response: string;
  readonly critiqueRequest: string;
  readonly critique: string;
  readonly revisionRequest: string;
  readonly revision: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** What is asked for where a row does not say. */
const CRITIQUE_REQUEST = "Say what is wrong with your last response, and why.";
const REVISION_REQUEST = "Rewrite your response in the light of the critique.";

/** Each field, the columns it may stand in, and what it is where it may be absent. */
const COLUMNS = {
  conversation: { names: ["prompt", "conversation", "messages", "init_prompt"] },
  response: { names: ["response", "init_response"] },
  critiqueRequest: {
    names: ["critique_request", "critiqueRequest", "critic_prompt"],
    absent: CRITIQUE_REQUEST,
  },
  critique: { names: ["critique", "critic_response"] },
  revisionRequest: {
    names: ["revision_request", "revisionRequest", "revision_prompt"],
    absent: REVISION_REQUEST,
  },
  revision: { names: ["revision", "revision_response"] },
} satisfies Readonly<Record<string, { readonly names: readonly string[]; readonly absent?: string }>>;

/**
 * Demonstrations of a JSONL data set.
 *
 * @example parseDemonstrations(['{"prompt":"…","response":"…","critique":"…","revision":"…"}']).rows
 */
export const parseDemonstrations = (lines: Iterable<string | Uint8Array>): Dataset<DemonstrationRow> =>
  parseRows(lines, DEMONSTRATIONS);

/** How rows are read as demonstrations. */
export const DEMONSTRATIONS: RowReader<DemonstrationRow> = {
  translate: translateFor("demonstrations"),
  parse: (row) => {
    const text = (field: keyof typeof COLUMNS) => parseReply(contentOf(columnOf(row, field)), field);
    return {
      conversation: parsePrompt(contentOf(columnOf(row, "conversation")), "prompt"),
      response: text("response"),
      critiqueRequest: text("critiqueRequest"),
      critique: text("critique"),
      revisionRequest: text("revisionRequest"),
      revision: text("revision"),
      metadata: otherColumns(
        row,
        Object.values(COLUMNS).flatMap(({ names }) => names),
      ),
    };
  },
};

function columnOf(row: Row, field: keyof typeof COLUMNS): unknown {
  const column: { readonly names: readonly string[]; readonly absent?: string } = COLUMNS[field];
  const value = column.names.map((name) => row[name]).find((item) => item != null) ?? column.absent;
  if (value !== undefined) return value;
  throw new MalformedRow(
    "unknown-shape",
    `expected ${column.names.join(" or ")}, got ${Object.keys(row).join(", ")}`,
  );
}
