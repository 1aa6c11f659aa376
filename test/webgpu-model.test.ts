// A model on WebGPU beside the same on the CPU: weights, moments, gradients and the cache of sampling stay on the GPU, and what
// comes of them is the same up to rounding. A GPU is not needed; skipped where software cannot stand in for one.
import { describe, expect, it } from "vitest";
import { expectClose } from "./close.ts";
import { missingForGpu, reportOf } from "./software-gpu.ts";

interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

describe.skipIf(missingForGpu !== undefined)(`WebGPU (${missingForGpu ?? "in software"})`, () => {
  it("trains, saves, samples and scores a model as the CPU does", { timeout: 300_000 }, async () => {
    const script = new URL("webgpu-model-parity.ts", import.meta.url);
    const [onGpu, onCpu] = [await reportOf<Line>(script, "webgpu"), await reportOf<Line>(script, "cpu")];
    expect(onGpu.map(({ name }) => name)).toEqual(onCpu.map(({ name }) => name));
    expect(onGpu.filter(({ name }) => name.startsWith("tokens"))).toEqual(
      onCpu.filter(({ name }) => name.startsWith("tokens")),
    );
    for (const [i, { name, values }] of onGpu.entries())
      expectClose(name, values, onCpu[i]!.values, name.startsWith("tokens") ? "float32" : "optimised");
  });
});
