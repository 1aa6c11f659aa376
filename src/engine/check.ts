// The checker: what must hold of a whole graph before anything runs it. Each function checked its own operands while
// building; here the signatures are inferred once more, and names are compared across the graph.

import { type OpNode, reachableFrom, type Value } from "./graph.ts";
import { inferSignature } from "./ops.ts";
import { formatShape, type Shape, sameShape, shapeError } from "./shape.ts";
import type { DType } from "./tensor.ts";

/** A named input of a graph. */
export interface InputSignature {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/**
 * Checks a graph and returns the inputs it needs, by name.
 * @throws when a value contradicts its node, or when one name stands for two different inputs
 */
export function checkGraph(outputs: readonly Value[]): ReadonlyMap<string, InputSignature> {
  const inputs = new Map<string, InputSignature>();
  for (const value of reachableFrom(outputs)) {
    const { node } = value;
    if (node.op === "input") recordInput(inputs, node.name, value);
    else if (node.op !== "constant") checkNode(node, value);
  }
  return inputs;
}

function recordInput(inputs: Map<string, InputSignature>, name: string, { shape, dtype }: Value): void {
  const known = inputs.get(name);
  if (known === undefined) inputs.set(name, { name, shape, dtype });
  else if (known.dtype !== dtype || !sameShape(known.shape, shape)) {
    const got = `${dtype} ${formatShape(shape)} under the same name`;
    throw shapeError(`input ${name}`, `${known.dtype} ${formatShape(known.shape)} everywhere`, got);
  }
}

function checkNode(node: OpNode, value: Value): void {
  const { shape, dtype } = inferSignature(node.op, node.inputs, node.attributes);
  const late = node.inputs.find(({ id }) => id >= value.id);
  if (late !== undefined) throw shapeError(`internal: ${node.op}`, "inputs made before it", `id ${late.id}`);
  if (dtype === value.dtype && sameShape(shape, value.shape)) return;
  const got = `${value.dtype} ${formatShape(value.shape)}`;
  throw shapeError(`internal: ${node.op}`, `${dtype} ${formatShape(shape)}`, got);
}
