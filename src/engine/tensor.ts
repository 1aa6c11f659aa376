// Tensors: a shape and its numbers, row-major, in typed arrays. The only values that cross the engine's border.

import { formatShape, type Shape, shapeError, sizeOf } from "./shape.ts";

/** float32 for everything that is learned, int32 for token ids and indices. */
export type DType = "float32" | "int32";

/** Numbers of one shape; `data.length` is the product of `shape`. */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: D extends "float32" ? Float32Array : Int32Array;
}

/**
 * A float32 tensor over the given numbers (kept, not copied, when they are a Float32Array).
 * @param shape defaults to one axis of all the numbers
 * @example float32([1, 2, 3, 4], [2, 2])
 */
export function float32(data: ArrayLike<number>, shape: Shape = [data.length]): Tensor<"float32"> {
  checkSize("float32", data, shape);
  return { dtype: "float32", shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** An int32 tensor over the given numbers (kept, not copied, when they are an Int32Array). */
export function int32(data: ArrayLike<number>, shape: Shape = [data.length]): Tensor<"int32"> {
  checkSize("int32", data, shape);
  return { dtype: "int32", shape, data: data instanceof Int32Array ? data : Int32Array.from(data) };
}

/** A float32 tensor of zeros. */
export function zeros(shape: Shape): Tensor<"float32"> {
  return { dtype: "float32", shape, data: new Float32Array(sizeOf(shape)) };
}

/** A float32 tensor of one value throughout. */
export function filled(shape: Shape, value: number): Tensor<"float32"> {
  return { dtype: "float32", shape, data: new Float32Array(sizeOf(shape)).fill(value) };
}

/** A float32 scalar, shape []. */
export function scalar(value: number): Tensor<"float32"> {
  return filled([], value);
}

function checkSize(where: string, data: ArrayLike<number>, shape: Shape): void {
  if (data.length === sizeOf(shape)) return;
  throw shapeError(where, `${sizeOf(shape)} numbers for shape ${formatShape(shape)}`, String(data.length));
}
