// Writes comparisons: in TRL's conversational preference shape with an explicit prompt, or as hh-rlhf pairs. `chosen` is
// always the likelier answer.
import type { Conversation } from "../../models/model.ts";
import { withAssistant } from "../critique/respond.ts";
import type { PreferenceRow } from "./preferences.ts";
import type { Row } from "./row.ts";
import { fitsTranscript, formatTranscript } from "./transcript.ts";
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
  return rows
    .map(({ metadata, ...pair }) => `${JSON.stringify({ ...trlPreference(pair), ...whereSome(metadata) })}\n`)
    .join("");
}

/**
 * A row of that shape, with its metadata. It keeps the `margin` that it came with, turned round where the answers are; where it came
 * without `chosen_prob`, neither is made up: TRL takes the margin off inside its loss, so that a 13.8 in every row would train
 * another model than the file does.
 *
 * @param cameAs the row that was read
 */
export function preferenceRecord({ metadata, ...pair }: PreferenceRow, cameAs: Row): object {
  const { chosen_prob, margin, ...texts } = trlPreference(pair);
  const own = cameAs["margin"];
  if (cameAs["chosen_prob"] != null) {
    const isExchanged = pair.probability < 0.5;
    const kept = Number.isFinite(own) ? (isExchanged ? -Number(own) : own) : margin;
    return { ...texts, chosen_prob, margin: kept, ...whereSome(metadata) };
  }
  const { margin: _, ...rest } = metadata;
  return own == null ? { ...texts, ...whereSome(metadata) } : { ...texts, margin: own, ...whereSome(rest) };
}

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

/** One row of hh-rlhf's shape, with `chosen_prob` beside it; null where a transcript cannot hold the texts. */
export function hhRlhfPreference(pair: LabelledPair) {
  const { conversation, probability, ...answers } = likelierFirst(pair);
  const [chosen, rejected] = [answers.chosen, answers.rejected].map((answer) =>
    withAssistant(conversation, answer),
  ) as [Conversation, Conversation];
  if (![chosen, rejected].every(fitsTranscript)) return null;
  return {
    chosen: formatTranscript(chosen),
    rejected: formatTranscript(rejected),
    chosen_prob: probability,
  };
}

function likelierFirst(pair: LabelledPair): LabelledPair {
  const { conversation, chosen, rejected, probability } = pair;
  return probability >= 0.5
    ? pair
    : { conversation, chosen: rejected, rejected: chosen, probability: 1 - probability };
}
