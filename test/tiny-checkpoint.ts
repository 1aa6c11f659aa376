// A checkpoint of a few thousand random weights with a real tokenizer, for tests that need a whole model.
import { seed } from "../src/engine/random.ts";
import { trainBpe } from "../src/lm/bpe-trainer.ts";
import { tokenizerBytes, writeCheckpoint } from "../src/lm/checkpoint.ts";
import { type DecoderConfig, PLAIN_LLAMA } from "../src/lm/config.ts";
import { toConfigJson } from "../src/lm/config-json.ts";
import { initialize } from "../src/lm/initialize.ts";
import { createTokenizer } from "../src/lm/tokenizer.ts";

const TEXTS = ["how to brew tea", "how to paint the fence", "brew the tea", "paint it", "(A) or (B)"];

/** Writes it; equal names give equal bytes. */
export async function writeTinyCheckpoint(
  directory: string,
  name = "tiny",
  maxPositions = 128,
): Promise<void> {
  const files = trainBpe(TEXTS, { vocabularySize: 300 });
  const tokenizer = createTokenizer(files, directory);
  const config: DecoderConfig = {
    ...PLAIN_LLAMA,
    hiddenSize: 16,
    intermediateSize: 32,
    layers: 2,
    heads: 4,
    keyValueHeads: 2,
    headSize: 4,
    vocabularySize: tokenizer.size,
    maxPositions,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 10_000,
    tieWordEmbeddings: true,
    endTokens: [tokenizer.endToken],
    padToken: tokenizer.padToken,
  };
  await writeCheckpoint(directory, {
    config: toConfigJson(config, "vocabulary"),
    tensors: initialize(config, "vocabulary", seed(name)),
    tokenizerFiles: tokenizerBytes(files),
  });
}
