// Writes comparisons in TRL's conversational preference shape with an explicit prompt, one row a line.
import type { PreferenceRow } from "./preferences.ts";
import { whereSome } from "./write-rows.ts";

/** Log-odds are cut here, so that certain labels stay finite: logit(1 - 1e-6). */
const LARGEST_MARGIN = Math.log((1 - 1e-6) / 1e-6);

/**
 * The rows as JSONL. `chosen` is the likelier answer; `chosen_prob` keeps the soft label, and `margin` = log p / (1 - p),
 * in nats, is the part of it that TRL's RewardTrainer and OpenRLHF read.
 */
export function formatPreferences(rows: readonly PreferenceRow[]): string {
  return rows.map((row) => `${JSON.stringify(preferenceRecord(row))}\n`).join("");
}

/** A row of that shape. */
export function preferenceRecord(row: PreferenceRow): object {
  const { conversation, chosen, rejected, probability, metadata } = row;
  const isSwapped = probability < 0.5;
  const p = isSwapped ? 1 - probability : probability;
  const reply = (content: string) => [{ role: "assistant", content }];
  return {
    prompt: conversation,
    chosen: reply(isSwapped ? rejected : chosen),
    rejected: reply(isSwapped ? chosen : rejected),
    chosen_prob: p,
    margin: Math.min(LARGEST_MARGIN, Math.log(p / (1 - p))),
    ...whereSome(metadata),
  };
}
