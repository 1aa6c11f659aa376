// What a step was done with: sampling parameters, rules, names of random streams. Kept as one entry beside the results of a
// stage, so that a record can be asked for them; no result's id and no step's key depends on it.
import type { Json, NewEntry } from "../ledger/ledger.ts";

export type Settings = { readonly [key: string]: Json };

/** The entry beside every result of a stage: one for all of them. */
export const settingsEntry = (stage: string, settings: Settings): NewEntry => ({
  kind: "settings",
  body: { stage, ...settings },
  parents: [],
});

/**
 * The name of a random stream: a pattern with a record's values in its place. What has no value stays as it is.
 * @example streamName("1/supervised/critique/{prompt}/{round}", { prompt: "4f31", round: 2 })
 */
export const streamName = (pattern: string, of: { readonly [key: string]: unknown }): string =>
  pattern.replaceAll(/\{(\w+)\}/g, (open, key: string) => {
    const value = of[key];
    return typeof value === "string" || typeof value === "number" ? String(value) : open;
  });
