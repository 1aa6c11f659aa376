// The engine on WebGPU, against the interpreter and the CPU. A GPU is not needed; skipped where software cannot stand in for one.
import { describe, expect, it } from "vitest";
import { expectClose } from "../../test/close.ts";
import { missingForGpu, reportOf } from "../../test/software-gpu.ts";
import { opCases } from "./op-cases.ts";

interface Line {
  readonly name: string;
  readonly error?: string;
  readonly losses?: readonly number[];
}

describe.skipIf(missingForGpu !== undefined)(`WebGPU (${missingForGpu ?? "in software"})`, () => {
  it("computes every operator and its gradient as the interpreter does, and trains as the CPU does", {
    timeout: 300_000,
  }, async () => {
    const script = new URL("webgpu-parity.ts", import.meta.url);
    const [onGpu, onCpu] = [await reportOf<Line>(script, "webgpu"), await reportOf<Line>(script, "cpu")];
    expect(onGpu.filter(({ error }) => error !== undefined)).toEqual([]);
    expect(onGpu.length).toBe(Object.values(opCases).flat().length + 1);
    const losses = onGpu.at(-1)!.losses!;
    expectClose("losses of ten steps", losses, onCpu.at(-1)!.losses!, "chained");
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 100);
  });
});
