// Where a graph may run, and what to do where the machine lacks that.

/**
 * ONNX Runtime's CPU kernels, any GPU through WebGPU, or the kernels of a maker (NVIDIA's CUDA, Apple's Core ML, Microsoft's
 * DirectML), which take the CPU's graphs and leave to the CPU what they lack.
 */
export const DEVICES = ["cpu", "webgpu", "cuda", "coreml", "dml"] as const;
export type Device = (typeof DEVICES)[number];

/** How the runtime says that a device is not there, and what to do. */
export const MISSING: {
  readonly [D in Device]?: { readonly sign: RegExp; readonly expected: string; readonly fix: string };
} = {
  webgpu: {
    sign: /WebGPU adapter/,
    expected: "a GPU with a driver for Vulkan, Metal or Direct3D 12",
    fix: "Use the device cpu, or install the driver of your GPU.",
  },
  cuda: {
    sign: /shared library|CUDA/,
    expected: "an NVIDIA GPU, CUDA 12 and ONNX Runtime's libraries for it",
    fix: "Use the device cpu or webgpu, or install them: npm rebuild onnxruntime-node --onnxruntime-node-install=cuda12",
  },
};
