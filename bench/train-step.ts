// The training step (forward, backward, AdamW) in tokens a second, and as a fraction of this machine's rate of float32
// matrix products measured in the same process. Beside it: bench/train-step-torch.py, same sizes.
//   node bench/train-step.ts [steps]
import { availableParallelism, cpus } from "node:os";
import { input, matmul } from "../src/engine/functions.ts";
import { seed } from "../src/engine/random.ts";
import { compile } from "../src/engine/session.ts";
import { float32 } from "../src/engine/tensor.ts";
import { type DecoderConfig, PLAIN_LLAMA, parameterShapes } from "../src/lm/config.ts";
import { fuse } from "../src/lm/fused-weights.ts";
import { initialize } from "../src/lm/initialize.ts";
import { createTrainer } from "../src/lm/trainer.ts";

interface Size {
  readonly name: string;
  readonly config: DecoderConfig;
  /** T and B: every row is one sequence, every token has weight. */
  readonly length: number;
  readonly rows: number;
}

const llama = (
  sizes: readonly [C: number, L: number, H: number, KV: number, F: number, V: number],
): DecoderConfig => {
  const [hiddenSize, layers, heads, keyValueHeads, intermediateSize, vocabularySize] = sizes;
  const rest = {
    ...PLAIN_LLAMA,
    maxPositions: 1024,
    rmsNormEpsilon: 1e-6,
    ropeTheta: 10_000,
    tieWordEmbeddings: true,
  };
  const shape = { hiddenSize, layers, heads, keyValueHeads, intermediateSize, vocabularySize };
  return { ...shape, headSize: hiddenSize / heads, ...rest, endTokens: [0], padToken: 1 };
};

const SIZES: readonly Size[] = [
  { name: "town", config: llama([192, 4, 6, 2, 512, 2048]), length: 192, rows: 14 },
  { name: "larger", config: llama([576, 6, 9, 3, 1536, 8192]), length: 128, rows: 8 },
];

/** Floating-point operations of a step: 6 a weight and token, and 12 L T C a token in attention, causal half not saved. */
function operations({ config, length, rows }: Size): number {
  const { hiddenSize: C, layers: L } = config;
  const matrices = Object.entries(parameterShapes(config, "vocabulary")).filter(
    ([, shape]) => shape.length > 1,
  );
  const weights = matrices.reduce((sum, [, shape]) => sum + shape[0]! * shape[1]!, 0); // the tied embedding once, as head
  return rows * length * (6 * weights + 12 * L * length * C);
}

const median = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)]!;

/** Operations a second of a product of 1536 x 1536 matrices. */
async function matrixRate(): Promise<number> {
  const n = 1536;
  const graph = await compile({ c: matmul(input("a", [n, n]), input("b", [n, n])) });
  const ones = float32(new Float32Array(n * n).fill(1), [n, n]);
  const times = [];
  for (let i = 0; i < 12; i++) {
    const start = performance.now();
    await graph.run({ a: ones, b: ones });
    times.push(performance.now() - start);
  }
  await graph.dispose();
  return (2 * n ** 3) / (Math.min(...times) / 1000);
}

async function measure(size: Size, steps: number, rate: number): Promise<void> {
  const { config, length, rows } = size;
  const parameters = initialize(config, "vocabulary", seed("weights"));
  const trainer = createTrainer({
    config,
    head: "vocabulary",
    weights: fuse(parameters, config, "vocabulary"),
    tokensPerMicrobatch: rows * length,
  });
  const random = seed("tokens").random();
  const examples = Array.from({ length: rows }, () => ({
    tokens: Array.from({ length }, () => random.integer(config.vocabularySize)),
    weights: new Array<number>(length).fill(1 / (rows * length)),
  }));
  const adamW = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 };
  const times = [];
  for (let step = 0; step < steps + 2; step++) {
    const start = performance.now();
    await trainer.forwardBackward({ kind: "cross-entropy", examples });
    await trainer.optimStep(adamW);
    if (step >= 2) times.push(performance.now() - start); // the first two compile and warm up
  }
  await trainer.dispose();
  const report = (ms: number) => {
    const speed = ((rows * length) / ms) * 1000;
    const share = operations(size) / (ms / 1000) / rate;
    return `${speed.toFixed(0)} tokens/s, ${share.toFixed(2)} of the matrix rate`;
  };
  console.log(`${size.name}: median ${report(median(times))}; best ${report(Math.min(...times))}`);
}

const steps = Number(process.argv[2] ?? 10);
const rate = await matrixRate();
console.log(
  `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} threads: ${(rate / 1e9).toFixed(0)} GFLOP/s in matrix products`,
);
for (const size of SIZES) await measure(size, steps, rate);
