// Which of a few labels a server's answer begins with, and how probable each was, from the log-probabilities of its first
// tokens. Servers split "(A)" as they like and put spaces, quotes or stars before it, and models first repeat the words that
// they were asked to go on from ("The answer is:"); none of that must matter.

/** One generated token and the likeliest in its place, as `logprobs.content` gives them. */
export interface TokenChoice {
  readonly token: string;
  readonly logprob: number;
  readonly top_logprobs: readonly { readonly token: string; readonly logprob: number }[];
}

/** What may stand before a label: spaces and marks. */
const BARE = /^[\s()[\]{}*_"'`#:.,-]*/;

/** The letters that tell the labels apart: "(A)" is "A", " (B)" is "B". */
export function bareLabel(label: string): string {
  return label.replace(BARE, "").replace(/[\s()[\]{}*_"'`#:.,-]+$/, "");
}

/**
 * The label that a text begins with, if any: "A", "(A)", "**A**: because ..." but neither "Answer" nor "And".
 *
 * @param lead words that may stand before it
 */
export function labelAtStart(text: string, labels: readonly string[], lead = ""): number {
  const said = text.replace(BARE, "");
  const rest = (said.startsWith(lead) ? said.slice(lead.length) : said).replace(BARE, "");
  return labels.findIndex((label) => {
    const bare = bareLabel(label);
    return rest.startsWith(bare) && !/^[\p{L}\p{N}]/u.test(rest.slice(bare.length));
  });
}

/**
 * Log-probability of each label, nats: at the first token that is a label, the mass of all alternatives that begin it. A
 * label that is not among them gets what is left at most: no more than the least likely alternative listed, nor than the
 * remaining mass. Null where the answer begins with none of the labels.
 *
 * @param tokens the generated tokens in order, with alternatives
 * @param labels such as " (A)" and " (B)"
 * @param lead words that may stand before the label
 */
export function labelLogProbs(
  tokens: readonly TokenChoice[],
  labels: readonly string[],
  lead = "",
): readonly number[] | null {
  let before = 0; // log-probability of what stands before the label
  let said = "";
  for (const choice of tokens) {
    said = (said + choice.token).replace(BARE, "");
    const alternatives = new Map(choice.top_logprobs.map(({ token, logprob }) => [token, logprob]));
    alternatives.set(choice.token, choice.logprob);
    const mass = labels.map(() => 0);
    for (const [token, logProb] of alternatives) {
      const label = labelAtStart(token, labels);
      if (label >= 0) mass[label]! += Math.exp(logProb);
    }
    if (labelAtStart(choice.token, labels) >= 0) {
      const listed = [...alternatives.values()];
      const left = Math.max(0, 1 - listed.reduce((sum, logProb) => sum + Math.exp(logProb), 0));
      const most = Math.min(left, Math.exp(Math.min(...listed)));
      return mass.map((own) => before + Math.log(Math.max(own, most, Number.MIN_VALUE)));
    }
    // A mark, or a word of the lead: the label comes after it. Anything else is no label, and nor is what follows it.
    if (!lead.startsWith(said) && choice.token.replace(BARE, "") !== "") return null;
    before += choice.logprob;
  }
  return null;
}
