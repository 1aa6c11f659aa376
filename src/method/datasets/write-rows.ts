// Prompts, comparisons and demonstrations as the rows that Charter writes: conversational, the prompt explicit, as TRL reads them.
// What else a row carried stands under `metadata`. Comparisons are write-preferences.ts.
import type { DemonstrationRow } from "./demonstrations.ts";
import type { PromptRow } from "./prompts.ts";

/** TRL prompt-only. */
export const promptRecord = ({ conversation, metadata }: PromptRow): object => ({
  prompt: conversation,
  ...whereSome(metadata),
});

/** TRL knows no critiques: a prompt, and our own columns. */
export const demonstrationRecord = (row: DemonstrationRow): object => ({
  prompt: row.conversation,
  response: row.response,
  critique_request: row.critiqueRequest,
  critique: row.critique,
  revision_request: row.revisionRequest,
  revision: row.revision,
  ...whereSome(row.metadata),
});

/** Under `metadata`, unless there is none. */
export const whereSome = (metadata: Readonly<Record<string, unknown>>): object =>
  Object.keys(metadata).length > 0 ? { metadata } : {};
