// Learning-rate schedules: the rate of a step, from the step alone. The rate is an input of the optimiser's graph.

/** How the rate moves over a stage of training, after a linear warmup over the first `warmupSteps` steps. */
export type Schedule = { readonly warmupSteps: number } & (
  | { readonly kind: "constant" }
  /** Linear to `finalFraction` of the peak at the last step. */
  | { readonly kind: "linear"; readonly steps: number; readonly finalFraction: number }
  /** Half a cosine to `finalFraction` of the peak at the last step (Loshchilov & Hutter 2017). */
  | { readonly kind: "cosine"; readonly steps: number; readonly finalFraction: number }
  /** At the peak, then linear over the last `decaySteps` to `finalFraction` (warmup-stable-decay, Hu et al. 2024). */
  | {
      readonly kind: "stable-decay";
      readonly steps: number;
      readonly decaySteps: number;
      readonly finalFraction: number;
    }
);

/**
 * Learning rate of one step.
 * @param step from 1; the warmup reaches the peak at step warmupSteps
 * @example learningRateAt({ kind: "linear", warmupSteps: 10, steps: 100, finalFraction: 0 }, 3e-4, 5) // 1.5e-4
 */
export function learningRateAt(schedule: Schedule, peak: number, step: number): number {
  if (step <= schedule.warmupSteps) return (peak * step) / schedule.warmupSteps;
  if (schedule.kind === "constant") return peak;
  const start =
    schedule.kind === "stable-decay" ? schedule.steps - schedule.decaySteps : schedule.warmupSteps;
  const done = Math.min(Math.max((step - start) / Math.max(schedule.steps - start, 1), 0), 1);
  const left = schedule.kind === "cosine" ? (1 + Math.cos(Math.PI * done)) / 2 : 1 - done;
  return peak * (schedule.finalFraction + (1 - schedule.finalFraction) * left);
}
