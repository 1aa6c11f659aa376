// The reward of PPO: the preference model's score at the end of the answer, less a penalty on every token for leaving the
// reference policy (HH paper, section 4.1: reward = score - 0.001 x KL). R = tokens of one answer.

/**
 * r_t = -coefficient * (log policy_t - log reference_t), plus the score at the last token.
 *
 * @param logProbs [R] under the policy, nats
 * @param referenceLogProbs [R] under the reference policy, nats
 */
export function tokenRewards(
  score: number,
  logProbs: readonly number[],
  referenceLogProbs: readonly number[],
  klCoefficient: number,
): readonly number[] {
  const last = logProbs.length - 1;
  return logProbs.map((logProb, t) => {
    const penalty = klCoefficient * (logProb - referenceLogProbs[t]!);
    return (t === last ? score : 0) - penalty;
  });
}

/** A fixed coefficient, or one steered towards a target KL an answer (Ziegler et al. 2019, section 2.2). */
export type KlControl =
  | { readonly kind: "fixed"; readonly coefficient: number }
  | {
      readonly kind: "adaptive";
      readonly initial: number;
      /** Nats an answer. */
      readonly target: number;
      /** Answers over which the coefficient changes by the clipped error, a fifth at most. */
      readonly horizon: number;
    };

/** The coefficient of the KL penalty in the first iteration. */
export const initialCoefficient = (control: KlControl): number =>
  control.kind === "fixed" ? control.coefficient : control.initial;

/** coefficient * (1 + clip(kl / target - 1, -0.2, 0.2) * answers / horizon), of as many answers as the horizon has at most. */
export function nextCoefficient(
  control: KlControl,
  coefficient: number,
  kl: number,
  answers: number,
): number {
  if (control.kind === "fixed") return coefficient;
  const error = Math.min(0.2, Math.max(-0.2, kl / control.target - 1));
  return coefficient * (1 + error * Math.min(1, answers / control.horizon));
}
