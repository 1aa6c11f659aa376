// Folders of adapters that hold more than adapters.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Tensor } from "../engine/tensor.ts";
import { readAdapterCheckpoint, readAdapterConfig } from "./adapter-checkpoint.ts";
import type { LoadedCheckpoint } from "./checkpoint.ts";
import { readSafetensors, writeSafetensors } from "./safetensors.ts";

const file = (path: string) => readFileSync(new URL(`../../test/goldens/${path}`, import.meta.url));
const tensors = (path: string) => readSafetensors(new Uint8Array(file(path)));
const { base } = JSON.parse(file("lora-llama/golden.json").toString()) as { readonly base: string };
const own = tensors("lora-llama/adapter_model.safetensors");

/** PEFT's adapters with some tensors changed, read back. */
function read(changed: Readonly<Record<string, Tensor>>) {
  const folder = mkdtempSync(join(tmpdir(), "adapters-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "adapter_config.json"), file("lora-llama/adapter_config.json"));
  writeFileSync(
    join(folder, "adapter_model.safetensors"),
    writeSafetensors(new Map([...own, ...Object.entries(changed)])),
  );
  const loaded = {
    ...{ id: "base", directory: folder, adapters: null },
    ...{
      config: JSON.parse(file(`${base}/config.json`).toString()),
      tensors: tensors(`${base}/model.safetensors`),
    },
  };
  return readAdapterCheckpoint(folder, async () => loaded as unknown as LoadedCheckpoint);
}

test("adapters alone are read", async () => {
  expect((await read({})).adapters).not.toBeNull();
});

test.each([
  "base_model.model.lm_head.weight",
  "base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias",
])("%s would change or miss the base that others share, and is refused", async (name) => {
  const [, like] = [...own][0]!;
  await expect(read({ [name]: like })).rejects.toMatchObject({
    code: "adapter-tensor",
    hint: expect.stringContaining("Merge"),
  });
});

test("a configuration that is no JSON object is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "adapters-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "adapter_config.json");
  writeFileSync(path, "[]");
  await expect(readAdapterConfig(folder)).rejects.toMatchObject({
    code: "checkpoint-malformed-json",
    message: `${path}: expected a JSON object, got []`,
  });
});

test("adapters that are no numbers are refused", async () => {
  const [name, { data, shape }] = [...own][0]!;
  const broken = { shape, data: Float32Array.from(data, () => Number.NaN) } as Tensor;
  await expect(read({ [name]: broken })).rejects.toMatchObject({ code: "checkpoint-not-finite" });
});
