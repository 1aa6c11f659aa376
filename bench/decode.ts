// Decoding speed: new tokens a second at several batch sizes, beside what this machine's memory and arithmetic would allow.
// One process, several repetitions, the median printed. `bench/decode-transformers.py` measures the same work.
//
//   node bench/decode.ts [folder]    a checkpoint in Hugging Face layout; random weights are written there if it is empty
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { input, matmul, sum } from "../src/engine/functions.ts";
import { seed } from "../src/engine/random.ts";
import { compile } from "../src/engine/session.ts";
import { filled } from "../src/engine/tensor.ts";
import { type DecoderConfig, PLAIN_LLAMA } from "../src/lm/config.ts";
import { parseConfig, toConfigJson } from "../src/lm/config-json.ts";
import { decode } from "../src/lm/decode.ts";
import { fuse, type Parameters } from "../src/lm/fused-weights.ts";
import { createInferenceGraphs } from "../src/lm/inference-graphs.ts";
import { initialize } from "../src/lm/initialize.ts";
import { positionBucket } from "../src/lm/prefill.ts";
import { readSafetensors, writeSafetensors } from "../src/lm/safetensors.ts";

const BATCHES = [1, 16, 64, 256];
const REPETITIONS = 5;
const PROMPT_TOKENS = 32;
const NEW_TOKENS = 128;

/** The size of the town's model. */
const TOWN: DecoderConfig = {
  ...PLAIN_LLAMA,
  hiddenSize: 192,
  intermediateSize: 512,
  layers: 4,
  heads: 6,
  keyValueHeads: 2,
  headSize: 32,
  vocabularySize: 2048,
  maxPositions: 512,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
  tieWordEmbeddings: true,
  endTokens: [0],
  padToken: 1,
};

function openOrWrite(folder: string): { readonly config: DecoderConfig; readonly parameters: Parameters } {
  if (!existsSync(join(folder, "config.json"))) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.json"), JSON.stringify(toConfigJson(TOWN, "vocabulary"), null, 2));
    const weights = initialize(TOWN, "vocabulary", seed("bench"));
    writeFileSync(join(folder, "model.safetensors"), writeSafetensors(weights));
  }
  const config = parseConfig(JSON.parse(readFileSync(join(folder, "config.json"), "utf8")));
  const tensors = readSafetensors(readFileSync(join(folder, "model.safetensors")));
  return { config, parameters: fuse(tensors, config, "vocabulary") };
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

async function secondsOf(work: () => Promise<unknown>, repetitions: number): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < repetitions; i++) {
    const begun = performance.now();
    await work();
    times.push((performance.now() - begun) / 1000);
  }
  return median(times);
}

/** Bytes a second: the sum of numbers too many for any cache (256 MiB). */
async function memoryBandwidth(): Promise<number> {
  const numbers = filled([8192, 8192], 1);
  const executable = await compile({ total: sum(input("numbers", numbers.shape), { axes: [1] }) });
  const seconds = await secondsOf(() => executable.run({ numbers }), 7);
  await executable.dispose();
  return numbers.data.byteLength / seconds;
}

/** Multiplications and additions a second in a product of 1024 x 1024 matrices. */
async function matrixRate(): Promise<number> {
  const square = filled([1024, 1024], 1);
  const executable = await compile({ c: matmul(input("a", square.shape), input("b", square.shape)) });
  const seconds = await secondsOf(() => executable.run({ a: square, b: square }), 7);
  await executable.dispose();
  return (2 * 1024 ** 3) / seconds;
}

/** Bytes read and operations done in one step: every weight once, and the cache at its mean size. */
function costOfStep(config: DecoderConfig, parameters: Parameters, rows: number) {
  const weights = [...parameters.values()].reduce((total, { data }) => total + data.length, 0);
  const slots = Array.from({ length: NEW_TOKENS }, (_, i) => positionBucket(PROMPT_TOKENS + i + 1));
  const mean = slots.reduce((total, size) => total + size, 0) / NEW_TOKENS;
  const cache = rows * mean * 2 * config.layers * config.keyValueHeads * config.headSize;
  const scored = rows * mean * 4 * config.layers * config.heads * config.headSize;
  return { bytes: 4 * (weights + cache), operations: 2 * weights * rows + scored };
}

const folder = process.argv[2] ?? mkdtempSync(join(tmpdir(), "charter-bench-"));
const { config, parameters } = openOrWrite(folder);
const bandwidth = await memoryBandwidth();
const rate = await matrixRate();
console.log(
  `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} threads; checkpoint ${folder}`,
);
console.log(
  `memory ${(bandwidth / 1e9).toFixed(1)} GB/s, matrix products ${(rate / 1e9).toFixed(0)} GFLOP/s`,
);
console.log(`prompts of ${PROMPT_TOKENS} tokens, ${NEW_TOKENS} new ones, temperature 1`);
const graphs = createInferenceGraphs(config);
for (const rows of BATCHES) {
  const requests = Array.from({ length: rows }, (_, row) => ({
    prompt: Array.from(
      { length: PROMPT_TOKENS },
      (_, i) => 5 + ((row * 31 + i * 7) % (config.vocabularySize - 5)),
    ),
    seed: `row ${row}`,
  }));
  const sampling = { temperature: 1, topP: 1, maxTokens: NEW_TOKENS };
  const options = { sampling, endTokens: new Set<number>(), mostRows: rows };
  const seconds = await secondsOf(() => decode(graphs, parameters, requests, options), REPETITIONS);
  const tokens = (rows * NEW_TOKENS) / seconds;
  const { bytes, operations } = costOfStep(config, parameters, rows);
  const ofMemory = tokens / ((bandwidth / bytes) * rows);
  const ofArithmetic = tokens / ((rate / operations) * rows);
  console.log(
    `batch ${String(rows).padStart(3)}: ${tokens.toFixed(0).padStart(6)} tokens/s, ` +
      `${(100 * ofMemory).toFixed(0)}% of the memory limit, ${(100 * ofArithmetic).toFixed(0)}% of the arithmetic limit`,
  );
}
await graphs.dispose();
