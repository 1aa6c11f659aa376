// How many held-out prompts of each set every principle is asked about. For the scoreboard that asks, and the forecast that counts.

/** Half of so many of either set: what principles think of models is told by red-team prompts, what they cost by ordinary ones. */
export const scoreboardPrompts = (all: number): { readonly redTeam: number; readonly helpful: number } => ({
  redTeam: Math.ceil(all / 2),
  helpful: Math.floor(all / 2),
});
