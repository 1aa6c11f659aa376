// The report's transcripts: every model's answer to one request beside the others', and the chain of critiques and revisions,
// each under its principle.
import type { Conversation } from "../../models/model.ts";
import { SPEAKERS } from "../datasets/transcript.ts";
import { escapeHtml } from "./plot.ts";
import type { Section } from "./report-page.ts";
import { colourOf, KIND_NAMES, nameOf } from "./report-words.ts";
import type { Results } from "./results.ts";
import type { ChainLink, Transcript } from "./transcripts.ts";

/** The prompt; earlier turns of a longer conversation with their speakers. */
function asked(conversation: Conversation): string {
  const text =
    conversation.length === 1
      ? conversation[0]!.content
      : conversation.map(({ role, content }) => `${SPEAKERS[role]}: ${content}`).join("\n");
  return `<div class="asked">${escapeHtml(text)}</div>`;
}

function answersOf(results: Results, transcript: Transcript): string {
  const answers = transcript.answers.map(({ model, text, verdict }) => {
    const tag =
      verdict === null ? "" : `<span class="tag ${verdict.answer}">${KIND_NAMES[verdict.answer]}</span>`;
    return `<div class="${colourOf(results, model)}"><h4>${escapeHtml(nameOf(model))}</h4>${tag}<p>${escapeHtml(text)}</p></div>`;
  });
  return `<div class="answers">${answers.join("")}</div>`;
}

/** Models beside each other on held-out requests. */
export function sideBySideSection(results: Results, transcripts: readonly Transcript[]): Section | null {
  const shown = transcripts.filter(({ answers }) => answers.length > 0);
  if (shown.length === 0) return null;
  return {
    title: "Side by side",
    said: "The same held-out request put to every model; the first few of the file, not chosen for their answers.",
    body: shown
      .map(
        (transcript) =>
          `<div class="talk">${asked(transcript.conversation)}${answersOf(results, transcript)}</div>`,
      )
      .join(""),
  };
}

const step = (title: string, text: string, classes = ""): string =>
  `<div class="step ${classes}"><h4>${escapeHtml(title)}</h4><p>${escapeHtml(text) || "(nothing)"}</p></div>`;

function linkSteps(
  { principle, text, critique, revision, oddity, isChanged }: ChainLink,
  round: number,
): string {
  return [
    step(`Principle drawn for round ${round}: ${principle}`, text, "principle"),
    critique === null ? "" : step("Critique", critique),
    step(
      oddity === "none" ? "Revision" : `Revision, passed over (${oddity})`,
      isChanged ? revision : "(left as it was)",
    ),
  ].join("");
}

/**
 * From a first response to the last revision, every step with its principle.
 *
 * @param why the command that traces a record
 */
export function chainSection(
  transcripts: readonly Transcript[],
  why: (id: string) => string,
): Section | null {
  const shown = transcripts.flatMap(({ conversation, chain }) =>
    chain === null ? [] : { conversation, chain },
  );
  if (shown.length === 0) return null;
  return {
    title: "Critique and revision",
    said: "How training data came to be: the model's own answer, and its critiques and revisions of it, each under a principle drawn from the constitution. Shown are those where something changed, as far as there are any.",
    body: shown
      .map(({ conversation, chain }) => {
        const links = chain.links.map((link, i) => linkSteps(link, i + 1));
        const traced = `<p class="said"><code>${escapeHtml(why(chain.last))}</code></p>`;
        return `<div class="talk">${asked(conversation)}${step("Response", chain.response)}${links.join("")}<details><summary>Trace it in the ledger</summary>${traced}</details></div>`;
      })
      .join(""),
  };
}
