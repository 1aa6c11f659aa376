// A GPU in software, for tests of WebGPU on machines without one: Debian's chromium package carries SwiftShader, a Vulkan driver
// (apt-get install chromium libvulkan1).
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const LOADERS = ["/usr/lib/x86_64-linux-gnu/libvulkan.so.1", "/usr/lib/aarch64-linux-gnu/libvulkan.so.1"];
const driver = process.env["VK_ICD_FILENAMES"] ?? SWIFTSHADER;

/** What is missing for such tests, if anything. */
export const missingForGpu = !existsSync(driver)
  ? `no Vulkan driver at ${driver}`
  : LOADERS.some(existsSync)
    ? undefined
    : `no Vulkan loader at ${LOADERS.join(" or ")}`;

/** What a script prints, JSON line by JSON line, when it is told the device: in a process of its own, since ONNX Runtime chooses the driver when it is loaded. */
export async function reportOf<Line>(script: URL, device: "cpu" | "webgpu"): Promise<readonly Line[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [script.pathname, device], {
    env: { ...process.env, VK_ICD_FILENAMES: driver },
    maxBuffer: 1 << 26,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line): Line => JSON.parse(line));
}
