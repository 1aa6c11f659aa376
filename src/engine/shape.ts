// Shapes: lists of sizes, and the arithmetic on them. Knows nothing of values.

/** Axis sizes, outermost first; [] is a scalar. */
export type Shape = readonly number[];

/** `[2,3]` as errors print it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(",")}]`;
}

/** Number of elements; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, axis) => size * axis, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Elements to step over for one step along each axis, row-major. */
export function stridesOf(shape: Shape): readonly number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}

/**
 * The shape two operands broadcast to (NumPy's rule: aligned at the last axis, a 1 stretches).
 * @param where name of the operator, for the error
 * @throws when two sizes differ and neither is 1
 */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA === sizeB || sizeB === 1) return sizeA;
    if (sizeA === 1) return sizeB;
    throw shapeError(where, "shapes that broadcast", `${formatShape(a)} and ${formatShape(b)}`);
  });
}

/**
 * Axis as a number from 0; negative ones count from the end.
 * @throws when there is no such axis
 */
export function normalizeAxis(where: string, axis: number, rank: number): number {
  const normalized = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(axis) && normalized >= 0 && normalized < rank) return normalized;
  throw shapeError(where, `an axis in -${rank}..${rank - 1}`, String(axis));
}

/** The one form of every error about shapes: `where: expected X, got Y`. */
export function shapeError(where: string, expected: string, got: string): Error {
  return new Error(`${where}: expected ${expected}, got ${got}`);
}
