// Most memory that fine-tuning takes at the shapes of real models, random weights, beside the formula of src/lm/memory.ts.
// Every shape in a process of its own.
//   node bench/memory.ts [shape ...]
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { seed } from "../src/engine/random.ts";
import { sizeOf } from "../src/engine/shape.ts";
import { float32 } from "../src/engine/tensor.ts";
import { type DecoderConfig, LORA_TARGETS, type Lora, PLAIN_LLAMA } from "../src/lm/config.ts";
import { memoryShapes, type Parameters } from "../src/lm/fused-weights.ts";
import { supervisedMemory } from "../src/lm/memory.ts";
import { createTrainer } from "../src/lm/trainer.ts";

type Sizes = readonly [C: number, L: number, H: number, KV: number, D: number, F: number, V: number];

function llama([C, L, H, KV, D, F, V]: Sizes, lora: Lora | null): DecoderConfig {
  return {
    ...PLAIN_LLAMA,
    ...{ hiddenSize: C, layers: L, heads: H, keyValueHeads: KV, headSize: D, intermediateSize: F },
    vocabularySize: V,
    maxPositions: 2048,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 100_000,
    tieWordEmbeddings: true,
    endTokens: [0],
    padToken: null,
    lora,
  };
}

const TOWN: Sizes = [192, 4, 6, 2, 32, 512, 2048];
const SMOL: Sizes = [576, 30, 9, 3, 64, 1536, 49_152];
const QWEN: Sizes = [896, 24, 14, 2, 64, 4864, 151_936];
const ADAPTERS: Lora = { rank: 16, alpha: 32, targets: LORA_TARGETS };
const SHAPES: Readonly<Record<string, DecoderConfig>> = {
  town: llama(TOWN, null),
  "smollm2-135m": llama(SMOL, null),
  "smollm2-135m-lora": llama(SMOL, ADAPTERS),
  "smollm2-135m-lora-dropout": llama(SMOL, { ...ADAPTERS, dropout: 0.1 }),
  "qwen2.5-0.5b-lora": llama(QWEN, ADAPTERS),
};

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

/** In memory layout at once, so that making them takes no more than they do. */
function randomWeights(config: DecoderConfig): Parameters {
  const random = seed("weights").random();
  const drawn = Float32Array.from({ length: 4099 }, () => 0.02 * random.normal());
  const tensors = [...memoryShapes(config, "vocabulary")].map(([name, shape]) => {
    const data = new Float32Array(sizeOf(shape));
    for (let i = 0; i < data.length; i++) data[i] = shape.length === 1 ? 1 : drawn[i % drawn.length]!;
    return [name, float32(data, shape)] as const;
  });
  return new Map(tensors);
}

async function measure(shape: string): Promise<void> {
  const config = SHAPES[shape]!;
  const trainer = createTrainer({ config, head: "vocabulary", weights: randomWeights(config) });
  const random = seed("tokens").random();
  const LENGTH = 192;
  const examples = Array.from({ length: 8 }, () => ({
    tokens: Array.from({ length: LENGTH }, () => random.integer(config.vocabularySize)),
    weights: Array.from({ length: LENGTH }, (_, i) => (i < 64 ? 0 : 1 / 1024)), // a prompt and its answer
  }));
  const adamW = { learningRate: 1e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, clipNorm: 1 };
  let seconds = 0;
  for (let step = 0; step < 3; step++) {
    const begun = performance.now();
    await trainer.forwardBackward({ kind: "cross-entropy", examples });
    await trainer.optimStep(adamW);
    seconds = (performance.now() - begun) / 1000;
  }
  const sizes = [...memoryShapes(config, "vocabulary").values()].map(sizeOf);
  const parameters = sizes.reduce((sum, size) => sum + size, 0);
  console.log(
    `${shape}: ${(parameters / 1e6).toFixed(0)}M parameters; at most ${gigabytes(1000 * process.resourceUsage().maxRSS)}, by the formula ${gigabytes(supervisedMemory(config))}; ${((8 * LENGTH) / seconds).toFixed(0)} tokens/s`,
  );
  await trainer.dispose();
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--measure") await measure(rest[0]!);
else
  for (const shape of first === undefined ? Object.keys(SHAPES) : [first, ...rest])
    spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--measure", shape], { stdio: "inherit" });
