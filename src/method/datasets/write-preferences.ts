// Writes comparisons: in TRL's conversational preference shape with an explicit prompt, or as hh-rlhf pairs. `chosen` is
// always the likelier answer.
import type { Conversation } from "../../models/model.ts";
import { withAssistant } from "../critique/respond.ts";
import type { PreferenceRow } from "./preferences.ts";
import { formatTranscript } from "./transcript.ts";
import { whereSome } from "./write-rows.ts";

/** Log-odds are cut here, so that certain labels stay finite: logit(1 - 1e-6). */
export const LARGEST_MARGIN = Math.log((1 - 1e-6) / 1e-6);

/** Two answers and how probable it is that the first is the better one. */
export type LabelledPair = Omit<PreferenceRow, "metadata">;

/**
 * The rows as JSONL. `chosen` is the likelier answer; `chosen_prob` keeps the soft label, and `margin` = log p / (1 - p),
 * in nats, is the part of it that TRL's RewardTrainer and OpenRLHF read.
 */
export function formatPreferences(rows: readonly PreferenceRow[]): string {
  return rows.map((row) => `${JSON.stringify(preferenceRecord(row))}\n`).join("");
}

/** A row of that shape, with its metadata. */
export const preferenceRecord = ({ metadata, ...pair }: PreferenceRow): object => ({
  ...trlPreference(pair),
  ...whereSome(metadata),
});

/** One row of TRL's shape; `chosen_prob` is at least 0.5, and `margin` is finite. */
export function trlPreference(pair: LabelledPair) {
  const { conversation, chosen, rejected, probability } = likelierFirst(pair);
  const reply = (content: string): Conversation => [{ role: "assistant", content }];
  return {
    prompt: conversation,
    chosen: reply(chosen),
    rejected: reply(rejected),
    chosen_prob: probability,
    margin: Math.min(LARGEST_MARGIN, Math.log(probability / (1 - probability))),
  };
}

/**
 * One row of hh-rlhf's shape, with `chosen_prob` beside it; null where a transcript cannot hold the conversation: hh-rlhf has
 * no system message, and a text that itself holds a turn would be read as two.
 */
export function hhRlhfPreference(pair: LabelledPair) {
  const { conversation, chosen, rejected, probability } = likelierFirst(pair);
  const texts = [...conversation.map(({ content }) => content), chosen, rejected];
  if (conversation[0]?.role === "system" || texts.some((text) => TURN.test(text))) return null;
  return {
    chosen: formatTranscript(withAssistant(conversation, chosen)),
    rejected: formatTranscript(withAssistant(conversation, rejected)),
    chosen_prob: probability,
  };
}

const TURN = /\n\n(Human|Assistant):/;

function likelierFirst(pair: LabelledPair): LabelledPair {
  const { conversation, chosen, rejected, probability } = pair;
  return probability >= 0.5
    ? pair
    : { conversation, chosen: rejected, rejected: chosen, probability: 1 - probability };
}
