// The one matcher for numbers that are computed in two ways. All tolerances of all tests are here, by what is compared.

/** Largest |a - b| / (scale + |b|) that counts as equal, where scale is the largest |b| of the whole comparison. */
const TOLERANCES = {
  /** Central differences in float64 against a rule. */
  finiteDifference: 1e-7,
  /** A float32 kernel against float64. */
  float32: 2e-6,
  /** A chain of float32 kernels (a network, a few optimiser steps) against float64 or another implementation. */
  chained: 2e-5,
  /** Weights after some steps of AdamW: it divides by the gradient's own size, so what is rounded away near zero counts. */
  optimised: 1e-4,
} as const;

export type Tolerance = keyof typeof TOLERANCES;

/**
 * Throws when two lists of numbers differ by more than the tolerance, telling where and by how much.
 * @param actual what the code under test computed
 * @param expected the independent truth
 */
export function expectClose(
  where: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): void {
  if (actual.length !== expected.length) {
    throw new Error(`${where}: expected ${expected.length} numbers, got ${actual.length}`);
  }
  const scale = Math.max(1e-3, ...Array.from(expected, Math.abs).filter(Number.isFinite));
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [actual[i]!, expected[i]!];
    const error = Math.abs(a - b) / (scale + Math.abs(b));
    if (Object.is(a, b) || a === b || error <= TOLERANCES[tolerance]) continue;
    throw new Error(
      `${where}: expected ${b} at ${i} within ${TOLERANCES[tolerance]} (${tolerance}), got ${a} (off by ${error})`,
    );
  }
}
