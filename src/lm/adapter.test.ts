// Low-rank adapters beside PEFT's on the same tiny checkpoints (scripts/goldens/lora.py).
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectClose } from "../../test/close.ts";
import { seed } from "../engine/random.ts";
import {
  fromPeftTensors,
  initializeAdapters,
  merged,
  parseAdapterConfig,
  toAdapterJson,
  toPeftTensors,
} from "./adapter.ts";
import { type DecoderConfig, LORA_TARGETS } from "./config.ts";
import { parseConfig } from "./config-json.ts";
import { fuse, type Parameters as Weights } from "./fused-weights.ts";
import { readSafetensors } from "./safetensors.ts";
import { createTrainer } from "./trainer.ts";

const file = (variant: string, name: string) =>
  readFileSync(new URL(`../../test/goldens/${variant}/${name}`, import.meta.url));
const json = (variant: string, name: string) => JSON.parse(file(variant, name).toString("utf8"));
const tensors = (variant: string, name: string) => readSafetensors(new Uint8Array(file(variant, name)));

function golden(variant: string) {
  const facts = json(variant, "golden.json");
  const lora = parseAdapterConfig(json(variant, "adapter_config.json"));
  const config: DecoderConfig = { ...parseConfig(json(facts.base, "config.json")), lora };
  const base = tensors(facts.base, "model.safetensors");
  const adapters = fromPeftTensors(tensors(variant, "adapter_model.safetensors"));
  const parameters = new Map([...base, ...adapters]);
  const trainer = () =>
    createTrainer({ config, head: "vocabulary", weights: fuse(parameters, config, "vocabulary") });
  return {
    facts,
    config,
    base,
    adapters,
    parameters,
    trainer,
    expected: tensors(variant, "golden.safetensors"),
  };
}

const STILL = {
  learningRate: 0,
  beta1: 0,
  beta2: 0,
  epsilon: 1,
  weightDecay: 0,
  clipNorm: Number.POSITIVE_INFINITY,
};

describe.each(["lora-llama", "lora-qwen2", "lora-rs"])("adapters that PEFT wrote (%s)", (variant) => {
  const { facts, config, base, adapters, parameters, trainer, expected } = golden(variant);
  const loss = { kind: "cross-entropy", examples: facts.sequences } as const;

  test("give PyTorch's log-probabilities, loss and gradients, of the adapters alone", async () => {
    const own = trainer();
    const logProbs = await own.forward(facts.sequences);
    facts.logProbs.forEach((row: readonly number[], i: number) => {
      expectClose(`sequence ${i}`, logProbs[i]!, row, "chained");
    });
    expect((await own.forwardBackward(loss))["loss"]).toBeCloseTo(facts.crossEntropy, 5);
    await own.optimStep(STILL); // leaves the gradient in the first moment
    const state = own.exportState();
    const moments = [...state.keys()].filter((name) => name.startsWith("m/"));
    expect(moments.map((name) => name.slice(2)).sort()).toEqual([...adapters.keys()].sort());
    for (const name of adapters.keys())
      expectClose(name, state.get(`m/${name}`)!.data, expected.get(`gradient/${name}`)!.data, "chained");
    await own.dispose();
  });

  test("learn as in PyTorch for ten steps, and leave the base as it is, bit for bit", async () => {
    const own = trainer();
    for (const wanted of facts.losses as readonly number[]) {
      expect((await own.forwardBackward(loss))["loss"]).toBeCloseTo(wanted, 4);
      await own.optimStep(facts.adamW);
    }
    const after = own.parameters();
    for (const name of adapters.keys())
      expectClose(name, after.get(name)!.data, expected.get(`afterTenSteps/${name}`)!.data, "chained");
    for (const [name, tensor] of base) expect(after.get(name)!.data, name).toEqual(tensor.data);
    const whole = merged(after, config);
    for (const [name, tensor] of expected)
      if (name.startsWith("merged/"))
        expectClose(name, whole.get(name.slice("merged/".length))!.data, tensor.data, "chained");
    expect([...whole.keys()]).toEqual([...after.keys()].filter((name) => !name.includes(".lora_")));
    await own.dispose();
  });

  test("merged into their matrices say what they said beside them", async () => {
    const { lora: _, ...plain } = config;
    const bare = { ...plain, lora: null };
    const whole = createTrainer({
      config: bare,
      head: "vocabulary",
      weights: fuse(merged(parameters as Weights, config), bare, "vocabulary"),
    });
    const own = trainer();
    const [a, b] = [await own.forward(facts.sequences), await whole.forward(facts.sequences)];
    a.forEach((row, i) => {
      expectClose(`sequence ${i}`, row, b[i]!, "chained");
    });
    await own.dispose();
    await whole.dispose();
  });

  test("go on from a saved state, which holds nothing of the base", async () => {
    const [whole, broken, resumed] = [trainer(), trainer(), trainer()];
    const learn = async (one: typeof whole) => {
      await one.forwardBackward(loss);
      await one.optimStep(facts.adamW);
    };
    for (let i = 0; i < 3; i++) await learn(whole);
    await learn(broken);
    const state = broken.exportState();
    for (const name of state.keys()) expect(name).toMatch(/lora_|^step$/);
    resumed.importState(state);
    for (let i = 0; i < 2; i++) await learn(resumed);
    expect(resumed.parameters()).toEqual(whole.parameters());
    for (const one of [whole, broken, resumed]) await one.dispose();
  });

  test("are written as they were read", () => {
    const written = toPeftTensors(parameters as Weights, config);
    const read = tensors(variant, "adapter_model.safetensors");
    expect(new Set(written.keys())).toEqual(new Set(read.keys()));
    for (const [name, tensor] of read) expect(written.get(name)!.data).toEqual(tensor.data);
    expect(parseAdapterConfig(toAdapterJson(config.lora!, "base", "vocabulary"))).toEqual(config.lora);
  });
});

test("fresh adapters change nothing, and each has a stream of its own", async () => {
  const { config: other, base, facts } = golden("lora-llama");
  const bare: DecoderConfig = { ...other, lora: null };
  const config: DecoderConfig = { ...bare, lora: { rank: 2, alpha: 4, targets: LORA_TARGETS } };
  const adapters = initializeAdapters(config, seed("fresh"));
  expect(initializeAdapters(config, seed("fresh"))).toEqual(adapters);
  const A = [...adapters].filter(([name]) => name.endsWith("lora_A.weight")).map(([, { data }]) => data);
  for (const data of A) expect(Math.max(...data.map(Math.abs))).toBeGreaterThan(0.05);
  expect(new Set(A.map(([first]) => first)).size).toBe(A.length);
  const own = createTrainer({
    config,
    head: "vocabulary",
    weights: fuse(new Map([...base, ...adapters]), config, "vocabulary"),
  });
  const plain = createTrainer({
    config: bare,
    head: "vocabulary",
    weights: fuse(base, bare, "vocabulary"),
  });
  expect(await own.forward(facts.sequences)).toEqual(await plain.forward(facts.sequences));
  await own.dispose();
  await plain.dispose();
});

test("dropout is written and read as PEFT's lora_dropout, and none is no key of ours", () => {
  const lora = parseAdapterConfig(json("lora-llama", "adapter_config.json"));
  expect(lora).not.toHaveProperty("dropout");
  expect(JSON.stringify(toAdapterJson(lora, "base", "vocabulary"))).toContain(
    '"lora_dropout":0,"target_modules"',
  );
  const dropping = { ...lora, dropout: 0.05 };
  const written = toAdapterJson(dropping, "base", "vocabulary");
  expect(written["lora_dropout"]).toBe(0.05);
  expect(parseAdapterConfig(written)).toStrictEqual(dropping);
});

test.each([
  [{ lora_dropout: 1 }, /lora_dropout/],
  [{ peft_type: "IA3" }, /peft_type/],
  [{ use_dora: true }, /use_dora/],
  [{ rank_pattern: { q_proj: 8 } }, /rank_pattern/],
  [{ bias: "all" }, /bias/],
  [{ target_modules: ["q_proj", "embed_tokens"] }, /expected some of q_proj, .* got "embed_tokens"/],
])("what these adapters do not compute is refused by name: %j", (changed, said) => {
  const given = { ...json("lora-llama", "adapter_config.json"), ...changed };
  expect(() => parseAdapterConfig(given, "a/adapter_config.json")).toThrow(said);
});
