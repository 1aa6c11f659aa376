// The plain mean, summed from the first to the last.

/** NaN for none. */
export const mean = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0) / xs.length;

export const meanOrNull = (xs: readonly number[]): number | null => (xs.length === 0 ? null : mean(xs));
