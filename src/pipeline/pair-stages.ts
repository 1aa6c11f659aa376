// Names of the answers drawn for each prompt of a comparison, in their stages and seeds.
const DRAWN = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth"] as const;

/** The most answers a prompt that a pair can be chosen from. */
export const MOST_CANDIDATES = DRAWN.length;

/** The stages that draw the answers of which pairs are made. */
export const pairStages = (candidates: number) =>
  DRAWN.slice(0, candidates).map((drawn) => ({
    drawn,
    stage: `pairs-${drawn}`,
    title: `Pairs: ${drawn} answers of SL-CAI`,
  }));
