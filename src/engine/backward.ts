// Reverse-mode differentiation: one walk over the graph from the loss back, by the rules of gradients.ts.
// The gradients are ordinary values of the same graph, so whoever compiles them with the loss shares the forward work.

import { add, concat, constant, expand } from "./functions.ts";
import { gradientsOf } from "./gradients.ts";
import { inputsOf, reachableFrom, type Value } from "./graph.ts";
import { formatShape, sameShape, shapeError } from "./shape.ts";

/**
 * Gradients of a scalar loss by each of the given values, of their shapes; zeros where no path leads.
 * @throws when the loss is not a float32 scalar
 * @example const [byW] = gradients(sum(square(sub(matmul(x, w), y))), [w]);
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length !== 0 || loss.dtype !== "float32") {
    throw shapeError("gradients", "a float32 scalar loss", `${loss.dtype} ${formatShape(loss.shape)}`);
  }
  return vectorJacobianProducts(loss, constant(1), wrt);
}

/**
 * Gradients of sum(y upstream) by each of the given values: what a part of a network passes back, given what came back to it.
 * @param upstream of y's shape: the gradient of a loss by y
 */
export function vectorJacobianProducts(y: Value, upstream: Value, wrt: readonly Value[]): Value[] {
  if (!sameShape(y.shape, upstream.shape)) {
    throw shapeError("vectorJacobianProducts", formatShape(y.shape), formatShape(upstream.shape));
  }
  const order = reachableFrom([y]);
  const onPath = dependentsOf(new Set(wrt), order);
  const contributions = new Map<Value, Value[]>([[y, [upstream]]]);
  const finished = new Map<Value, Value>();
  for (const value of order.toReversed()) {
    const parts = contributions.get(value);
    if (parts === undefined || !onPath.has(value)) continue;
    const g = total(parts);
    finished.set(value, g);
    const { node } = value;
    if (node.op === "input" || node.op === "constant") continue;
    const byInput = gradientsOf(node.op, { inputs: node.inputs, attributes: node.attributes, y: value, g });
    for (const [i, operand] of node.inputs.entries()) {
      const gradient = byInput[i];
      if (gradient === null || gradient === undefined || !onPath.has(operand)) continue;
      const known = contributions.get(operand);
      if (known === undefined) contributions.set(operand, [gradient]);
      else known.push(gradient);
    }
  }
  return wrt.map((value) => finished.get(value) ?? expand(constant(0), value.shape));
}

/** The values of a graph that depend on any of the sources, the sources included. */
function dependentsOf(sources: ReadonlySet<Value>, order: readonly Value[]): ReadonlySet<Value> {
  const dependents = new Set<Value>();
  for (const value of order) {
    if (sources.has(value) || inputsOf(value).some((operand) => dependents.has(operand)))
      dependents.add(value);
  }
  return dependents;
}

/** The sum of all contributions to one value. */
function total(parts: readonly Value[]): Value {
  return tiled(parts) ?? parts.reduce((a, b) => add(a, b));
}

/**
 * When a value was sliced into all its parts along one axis, the contributions are paddings that tile it: their sum is
 * a concatenation, which costs one copy where padding and adding cost one pass for each part.
 */
function tiled(parts: readonly Value[]): Value | undefined {
  const pieces: {
    readonly part: Value;
    readonly axis: number;
    readonly before: number;
    readonly end: number;
  }[] = [];
  for (const { node } of parts) {
    if (node.op !== "pad") return undefined;
    const { axis, before } = node.attributes;
    pieces.push({ part: node.inputs[0]!, axis, before, end: before + node.inputs[0]!.shape[axis]! });
  }
  pieces.sort((a, b) => a.before - b.before);
  const axis = pieces[0]!.axis;
  const tiles = pieces.every((piece, i) => piece.axis === axis && piece.before === (pieces[i - 1]?.end ?? 0));
  if (!tiles || pieces.at(-1)!.end !== parts[0]!.shape[axis]) return undefined;
  return concat(
    pieces.map(({ part }) => part),
    axis,
  );
}
