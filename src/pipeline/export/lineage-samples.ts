// Critique and revision step by step, in the layout of the sample files that came with the paper
// (anthropics/ConstitutionalHarmlessnessPaper, samples/*_SLMADISON.jsonl): one object a step.
import { fitsTranscript, formatTranscript } from "../../method/datasets/transcript.ts";
import { chainsOf, type Step } from "./chains.ts";
import type { Column } from "./columns.ts";
import { type Export, transcribed } from "./export.ts";

const SAMPLE: Column = { struct: { sample: "string" } };

export const lineage: Export = {
  about:
    'The first answer to each red-team prompt and every critique and revision up to the last that SL-CAI learnt from, in the layout of the sample files of the paper\'s authors: `cst_key` is the principle, `cst_value` what was asked in its name, and a step\'s texts are its `sample`, with the space in front that follows "Assistant:", "Critique:" or "Revision:". A prompt whose answers, critiques or revisions were empty or cut off throughout has no row.',
  columns: {
    rl_prompt: "string",
    comparison_dataset: "string",
    initial_response: { list: SAMPLE },
    cst: {
      list: {
        struct: {
          cst_key: "string",
          cst_value: { struct: { prompt: { list: "string" }, edit_request: "string" } },
          critique: SAMPLE,
          revision: SAMPLE,
        },
      },
    },
    id: "string",
  },
  counted: [],
  task: "text-generation",
  madeFor: ["sl-cai"],
  rows: (run) =>
    transcribed(chainsOf(run), "prompts", ({ prompt, response, steps }) =>
      fitsTranscript(prompt.conversation)
        ? {
            rl_prompt: `${formatTranscript(prompt.conversation)}\n\nAssistant:`,
            comparison_dataset: prompt.file,
            initial_response: [sampleOf(response.text)],
            cst: steps.map(stepOf),
            id: steps.at(-1)!.revision.id,
          }
        : null,
    ),
};

const sampleOf = (text: string) => ({ sample: ` ${text}` });

const stepOf = ({ critique, revision }: Step) => ({
  cst_key: revision.use.principle,
  cst_value: {
    prompt: critique === null ? [] : [`\n\nCritiqueRequest: ${critique.use.wording}\n\nCritique:`],
    edit_request: `\n\nRevisionRequest: ${revision.use.wording}\n\nRevision:`,
  },
  critique: critique === null ? { sample: null } : sampleOf(critique.text),
  revision: sampleOf(revision.text),
});
