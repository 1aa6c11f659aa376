// The engine on WebGPU, against the interpreter and the CPU. A GPU is not needed: Debian's chromium package carries
// SwiftShader, a software Vulkan driver (apt-get install chromium libvulkan1). Skipped where neither is present.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { expectClose } from "../../test/close.ts";
import { opCases } from "./op-cases.ts";

const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1"];
const driver = process.env["VK_ICD_FILENAMES"] ?? SWIFTSHADER;
const missing = !existsSync(driver)
  ? `no Vulkan driver at ${driver}`
  : LOADERS.some(existsSync)
    ? undefined
    : `no Vulkan loader at ${LOADERS.join(" or ")}`;

interface Line {
  readonly name: string;
  readonly error?: string;
  readonly losses?: readonly number[];
}

async function reportOf(device: "cpu" | "webgpu"): Promise<readonly Line[]> {
  const script = new URL("webgpu-parity.ts", import.meta.url).pathname;
  const env = { ...process.env, VK_ICD_FILENAMES: driver };
  const { stdout } = await promisify(execFile)(process.execPath, [script, device], {
    env,
    maxBuffer: 1 << 24,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line): Line => JSON.parse(line));
}

describe.skipIf(missing !== undefined)(
  `WebGPU${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    it("computes every operator and its gradient as the interpreter does, and trains as the CPU does", {
      timeout: 300_000,
    }, async () => {
      const [onGpu, onCpu] = [await reportOf("webgpu"), await reportOf("cpu")];
      expect(onGpu.filter(({ error }) => error !== undefined)).toEqual([]);
      expect(onGpu.length).toBe(Object.values(opCases).flat().length + 1);
      const losses = onGpu.at(-1)!.losses!;
      expectClose("losses of ten steps", losses, onCpu.at(-1)!.losses!, "chained");
      expect(losses.at(-1)!).toBeLessThan(losses[0]! / 100);
    });
  },
);
