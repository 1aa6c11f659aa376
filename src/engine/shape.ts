// Shapes: lists of positive sizes, and the arithmetic on them. Knows nothing of values.

/** Axis sizes, outermost first; [] is a scalar. */
export type Shape = readonly number[];
