// What a lowering is: the form of the rows of lower.ts and lower-webgpu.ts.

import type { Value } from "./graph.ts";
import type { OnnxWriter } from "./onnx.ts";
import type { Attributes, OpName } from "./ops.ts";

/** One application of an operator, on the way to ONNX. */
export interface Call<K extends OpName> {
  readonly onnx: OnnxWriter;
  /** Names of the operands' ONNX values. */
  readonly names: readonly string[];
  readonly operands: readonly Value[];
  readonly attributes: Attributes[K];
  readonly result: Value;
  /** Values that one lowering leaves for another: inverse root mean squares, by operand and epsilon. */
  readonly shared: Map<string, string>;
}

/** Writes the nodes, returns the name of the result. */
export type Lowering<K extends OpName> = (call: Call<K>) => string;

export type Lowerings = { readonly [K in OpName]: Lowering<K> };

/** A matrix product as nodes: the names of a [..,M,K] and b [..,K,N], as stored before any transposition. */
export type Product = (
  onnx: OnnxWriter,
  operands: readonly { readonly name: string; readonly rank: number }[],
  attributes: Attributes["matmul"],
) => string;
