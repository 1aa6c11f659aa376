// The paper's SL samples as demonstrations: { rl_prompt, initial_response: [{ sample }], cst: [{ cst_key, cst_value: { prompt,
// edit_request }, critique: { sample }, revision: { sample } }] }, a round under one instruction each. What a round revises is
// the revision before it; its key and number travel along, so that the lineage of the last revision can be followed.
import { MalformedRow, type Row } from "./row.ts";

/** One demonstration a round. */
export function roundsOf({ rl_prompt, initial_response, cst }: Row): readonly Row[] {
  if (!Array.isArray(cst) || cst.length === 0 || !Array.isArray(initial_response))
    throw new MalformedRow(
      "unknown-shape",
      "expected lists initial_response and cst, got none or empty ones",
    );
  const rounds = cst.map((round: unknown) => (round ?? {}) as Row);
  return rounds.map((round, i) => {
    const { prompt, edit_request } = (round["cst_value"] ?? {}) as Row;
    return {
      prompt: rl_prompt,
      response: sampleOf(i === 0 ? initial_response[0] : rounds[i - 1]!["revision"]),
      critique_request: unframed(Array.isArray(prompt) ? prompt[0] : prompt),
      critique: sampleOf(round["critique"]),
      revision_request: unframed(edit_request),
      revision: sampleOf(round["revision"]),
      cst_key: round["cst_key"],
      round: i + 1,
    };
  });
}

function sampleOf(value: unknown): unknown {
  const sample = (value as { readonly sample?: unknown } | null | undefined)?.sample;
  return typeof sample === "string" ? sample.trim() : sample;
}

/** Instructions carry their own frame: "\n\nCritiqueRequest: …\n\nCritique:". */
const unframed = (text: unknown): unknown =>
  typeof text === "string"
    ? text.replace(/^\s*(Critique|Revision)Request:\s*/, "").replace(/\s*\n\n(Critique|Revision):\s*$/, "")
    : text;
