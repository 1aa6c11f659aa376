// What must hold of every operator: its gradient is its slope, and ONNX Runtime computes what the interpreter computes.

import { describe, expect, it } from "vitest";
import { expectClose } from "../../test/close.ts";
import { gradients } from "./backward.ts";
import { constant, mul, sum } from "./functions.ts";
import { interpret } from "./interpret.ts";
import { type OpCase, opCases } from "./op-cases.ts";
import type { OpName } from "./ops.ts";
import { seed } from "./random.ts";
import { compile } from "./session.ts";
import { sizeOf } from "./shape.ts";
import { float32 } from "./tensor.ts";

/** A scalar that weighs every element of the output differently, so that no error can cancel. */
function lossOf({ output, name }: OpCase) {
  const random = seed("weights").child(name).random();
  const weights = Float32Array.from({ length: sizeOf(output.shape) }, () => random.normal());
  return sum(mul(output, constant(float32(weights, output.shape))));
}

/** Slope of the loss by one number of an input, by central differences in float64. */
function slope(opCase: OpCase, loss: ReturnType<typeof lossOf>, inputName: string, index: number): number {
  const step = 1e-5;
  const [above, below] = [step, -step].map((change) => {
    const moved = opCase.feeds[inputName]!.slice();
    moved[index]! += change;
    return interpret([loss], { ...opCase.feeds, [inputName]: moved })[0]!.data[0]!;
  });
  return (above! - below!) / (2 * step);
}

function tensorsOf(
  feeds: OpCase["feeds"],
  inputs: ReadonlyMap<string, { readonly shape: readonly number[] }>,
) {
  return Object.fromEntries(
    [...inputs].map(([name, { shape }]) => [name, float32([...feeds[name]!], shape)]),
  );
}

describe.each(Object.keys(opCases) as OpName[])("%s", (op) => {
  it.each(opCases[op].map((opCase) => [opCase.name, opCase] as const))(
    "%s: its gradient is its slope",
    (_, opCase) => {
      const loss = lossOf(opCase);
      const found = interpret(gradients(loss, opCase.inputs), opCase.feeds);
      for (const [i, input] of opCase.inputs.entries()) {
        const slopes = [...opCase.feeds[`x${i}`]!.keys()].map((index) => slope(opCase, loss, `x${i}`, index));
        expectClose(`${opCase.name} by x${i} [${input.shape}]`, found[i]!.data, slopes, "finiteDifference");
      }
    },
  );

  it.each(opCases[op].map((opCase) => [opCase.name, opCase] as const))(
    "%s: ONNX Runtime computes it and its gradient as the interpreter does",
    async (_, opCase) => {
      const outputs = [opCase.output, ...gradients(lossOf(opCase), opCase.inputs)];
      const executable = await compile(Object.fromEntries(outputs.map((value, i) => [`y${i}`, value])), {
        threads: 1,
      });
      const results = await executable.run(tensorsOf(opCase.feeds, executable.inputs));
      await executable.dispose();
      const expected = interpret(outputs, opCase.feeds);
      for (const [i, { shape, data }] of expected.entries()) {
        expect(results[`y${i}`]!.shape).toEqual(shape);
        expectClose(`${opCase.name}, output ${i}`, results[`y${i}`]!.data, data, "float32");
      }
    },
  );
});
