// Transcripts: what the models said, side by side, and the chain of critiques and revisions behind one answer. For reading;
// no figure is computed from them.
import type { Conversation } from "../../models/model.ts";
import type { Constitution } from "../constitution/constitution.ts";
import type { Critique, Oddity, Prompt, Response, Revision } from "../records.ts";
import type { Grader, Verdict } from "./grader.ts";

/** One round of a chain. */
export interface ChainLink {
  readonly principle: string;
  /** The principle's text, as the constitution of the run has it. */
  readonly text: string;
  /** Null in direct revision. */
  readonly critique: string | null;
  readonly revision: string;
  /** Of the revision: an odd one is passed over, by the next round and by the training. */
  readonly oddity: Oddity;
  /** Whether the revision is another text than what it revises. */
  readonly isChanged: boolean;
}

/** A prompt with answers to it, to be read by people. */
export interface Transcript {
  readonly prompt: string;
  readonly set: Prompt["set"];
  readonly conversation: Conversation;
  /** In the order of the models; `id` is the entry to ask `charter why` about. Empty for a training prompt. */
  readonly answers: readonly {
    readonly model: string;
    readonly id?: string;
    readonly text: string;
    readonly verdict: Verdict | null;
  }[];
  /** Null for a held-out prompt: those are answered, never revised. */
  readonly chain: {
    readonly response: string;
    readonly links: readonly ChainLink[];
    readonly last: string;
  } | null;
}

/**
 * The chain behind each of the first prompts, preferring those where a revision changed something.
 *
 * @param count how many
 */
export function chainTranscripts(
  given: {
    readonly constitution: Constitution;
    readonly prompts: readonly Prompt[];
    readonly responses: readonly Response[];
    readonly critiques: readonly Critique[];
    readonly revisions: readonly Revision[];
  },
  count: number,
): readonly Transcript[] {
  const texts = new Map(given.constitution.principles.map(({ id, text }) => [id, text]));
  const critiques = new Map(given.critiques.map((critique) => [critique.id, critique]));
  const responses = new Map(given.responses.map((response) => [response.prompt, response]));
  const chains = given.prompts.flatMap((prompt): readonly Transcript[] => {
    const response = responses.get(prompt.id);
    const revisions = given.revisions
      .filter((revision) => revision.prompt === prompt.id)
      .sort((a, b) => a.round - b.round);
    const last = revisions.at(-1);
    if (response === undefined || last === undefined) return [];
    const textOf = new Map([response, ...revisions].map(({ id, text }) => [id, text]));
    const links = revisions.map(
      (revision): ChainLink => ({
        principle: revision.use.principle,
        text: texts.get(revision.use.principle) ?? revision.use.wording,
        critique: revision.critique === null ? null : (critiques.get(revision.critique)?.text ?? null),
        revision: revision.text,
        oddity: revision.oddity,
        isChanged: revision.text !== textOf.get(revision.of),
      }),
    );
    return [
      {
        prompt: prompt.id,
        set: prompt.set,
        conversation: prompt.conversation,
        answers: [],
        chain: { response: response.text, links, last: last.id },
      },
    ];
  });
  const isChanged = ({ chain }: Transcript) =>
    chain!.links.some((link) => link.oddity === "none" && link.isChanged);
  return [...chains.filter(isChanged), ...chains.filter((chain) => !isChanged(chain))].slice(0, count);
}

/** One prompt with every model's answer to it. */
export function sideBySide(
  prompt: Prompt,
  answers: readonly { readonly model: string; readonly id?: string; readonly text: string }[],
  grader: Grader | null,
): Transcript {
  return {
    prompt: prompt.id,
    set: prompt.set,
    conversation: prompt.conversation,
    answers: answers.map((answer) => ({ ...answer, verdict: grader?.grade(prompt, answer.text) ?? null })),
    chain: null,
  };
}
