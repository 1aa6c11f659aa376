// The graph: values linked to the nodes that produced them. Nothing else holds a graph together; a graph is
// whatever can be reached from its outputs. Knows the operators' names, not what they do (ops.ts).

import type { Attributes, OpName } from "./ops.ts";
import type { Shape } from "./shape.ts";
import type { DType, Tensor } from "./tensor.ts";

/** One result in a graph. Ids grow in order of making, so a value's inputs have smaller ids than itself. */
export interface Value {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly node: Node;
}

/** The application of one operator. */
export type OpNode<K extends OpName = OpName> = {
  [P in K]: { readonly op: P; readonly inputs: readonly Value[]; readonly attributes: Attributes[P] };
}[K];

/** A tensor fed by name at every run. */
export interface InputNode {
  readonly op: "input";
  readonly name: string;
}

/** A tensor known when the graph is built. */
export interface ConstantNode {
  readonly op: "constant";
  readonly tensor: Tensor;
}

export type Node = OpNode | InputNode | ConstantNode;

let nextId = 0;

/** Links a node to the value it produces. */
export function makeValue(node: Node, shape: Shape, dtype: DType): Value {
  return { id: nextId++, shape, dtype, node };
}

/** The values a value was made from; none for inputs and constants. */
export function inputsOf(value: Value): readonly Value[] {
  return value.node.op === "input" || value.node.op === "constant" ? [] : value.node.inputs;
}

/** Everything the outputs depend on, themselves included, in order of making (inputs before users). */
export function reachableFrom(outputs: readonly Value[]): readonly Value[] {
  const seen = new Set<Value>();
  const stack = [...outputs];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (seen.has(value)) continue;
    seen.add(value);
    stack.push(...inputsOf(value));
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
