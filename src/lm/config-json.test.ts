import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { seed } from "../engine/random.ts";
import { UserError } from "../user-error.ts";
import { parameterShapes } from "./config.ts";
import { headJson, parseConfig, toConfigJson } from "./config-json.ts";
import { fuse, memoryShapes, split } from "./fused-weights.ts";
import { initialize } from "./initialize.ts";

const json = (variant: string) =>
  JSON.parse(readFileSync(new URL(`../../test/goldens/${variant}/config.json`, import.meta.url), "utf8"));

test("reads what transformers writes, and writes what it reads", () => {
  const config = parseConfig(json("llama-untied"));
  expect(config).toMatchObject({
    heads: 4,
    keyValueHeads: 1,
    headSize: 8,
    ropeTheta: 500,
    tieWordEmbeddings: false,
  });
  expect(parseConfig(toConfigJson(config, "scalar"))).toEqual(config);
  expect(parseConfig(toConfigJson(config, "vocabulary"))).toEqual(config);
});

test("what a SmolLM3 configuration leaves out is as transformers has it there", () => {
  const { tie_word_embeddings: _tied, rope_theta: _theta, rope_parameters: _rope, ...bare } = json("smollm3");
  expect(parseConfig(bare)).toMatchObject({ tieWordEmbeddings: true, ropeTheta: 2_000_000 });
  const { tie_word_embeddings: _, ...llama } = json("llama-untied");
  expect(parseConfig(llama)).toMatchObject({ tieWordEmbeddings: false });
});

test.each([
  ["llama-3", { ropeScaling: { kind: "llama3", factor: 4, originalPositions: 16 } }],
  ["llama-linear", { ropeScaling: { kind: "linear", factor: 2 } }],
  ["mistral", { maxPositions: 32 }], // its window
  ["qwen2", { maxPositions: 64 }],
  ["qwen3", { headSize: 8 }],
  ["smollm3", { unrotatedLayers: [3] }],
])("knows what sets %s apart, and writes it again", (variant, expected) => {
  const config = parseConfig(json(variant));
  expect(config).toMatchObject(expected);
  expect(parseConfig({ ...json(variant), ...headJson(config, "scalar") })).toEqual(config);
  expect(headJson(config, "vocabulary")["architectures"]).toEqual(json(variant).architectures);
  for (const head of ["vocabulary", "scalar"] as const) {
    const parameters = initialize(config, head, seed("weights"));
    expect(split(fuse(parameters, config, head), config, head)).toEqual(parameters);
  }
});

test.each([
  [
    { architectures: ["GPT2LMHeadModel"] },
    /architectures: expected LlamaForCausalLM.*Qwen3.*"GPT2LMHeadModel"/,
  ],
  [
    { rope_parameters: { rope_type: "yarn", factor: 4 } },
    /rope_scaling: expected default, linear or llama3.*"yarn"/,
  ],
  [{ rope_parameters: { rope_type: "llama3", rope_theta: 1 } }, /rope_scaling.*"llama3"/],
  [{ attention_bias: true }, /attention_bias: expected false, got true/],
  [{ num_key_value_heads: 3 }, /multiple of num_key_value_heads.* 4, 3 and 4/],
  [{ hidden_size: "16" }, /hidden_size/],
])("refuses %j by name", (change, message) => {
  const parse = () => parseConfig({ ...json("llama-tied"), ...change }, "x/config.json");
  expect(parse).toThrow(UserError);
  expect(parse).toThrow(message);
});

test("fusing and splitting are inverses, bit for bit, for both heads", () => {
  for (const head of ["vocabulary", "scalar"] as const) {
    const config = parseConfig(json("llama-untied"));
    const parameters = initialize(config, head, seed("weights"));
    const fused = fuse(parameters, config, head);
    expect(new Map([...fused].map(([name, { shape }]) => [name, shape]))).toEqual(memoryShapes(config, head));
    expect(split(fused, config, head)).toEqual(parameters);
  }
});

test("names the tensor that is missing or of another shape", () => {
  const config = parseConfig(json("llama-tied"));
  const parameters = new Map(initialize(config, "vocabulary", seed("weights")));
  const name = "model.layers.1.self_attn.k_proj.weight";
  parameters.set(name, parameters.get("model.embed_tokens.weight")!);
  expect(() => fuse(parameters, config, "vocabulary")).toThrow(
    `${name}: expected float32 [8,16], got float32 [40,16]`,
  );
  parameters.delete(name);
  expect(() => fuse(parameters, config, "vocabulary")).toThrow(/got no such tensor/);
});

test("initial weights are normal with the deviations of GPT-2, and follow from the seed", () => {
  const config = { ...parseConfig(json("llama-tied")), hiddenSize: 64, intermediateSize: 128 };
  const parameters = initialize(config, "vocabulary", seed("weights"));
  expect([...parameters.keys()]).toEqual(Object.keys(parameterShapes(config, "vocabulary")));
  const deviation = (name: string) => {
    const { data } = parameters.get(name)!;
    return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
  };
  // 8,192 draws: a standard error of 0.8%.
  expect(deviation("model.layers.0.mlp.up_proj.weight")).toBeCloseTo(0.02, 3);
  expect(deviation("model.layers.0.mlp.down_proj.weight")).toBeCloseTo(0.01, 3); // 0.02 / sqrt(2 * 2)
  expect(deviation("model.norm.weight")).toBe(1);
  expect(initialize(config, "vocabulary", seed("weights"))).toEqual(parameters);
  expect(initialize(config, "vocabulary", seed("others"))).not.toEqual(parameters);
});
