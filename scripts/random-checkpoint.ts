// A checkpoint of a real model's shape, with random weights and a tokenizer as large as the real one's: memory, speed and whole
// runs can be tried without a download. What it says means nothing, but keeps what runs depend on: a text reads back as about as
// many tokens as it was said in, and most texts end before their limit.
//   node scripts/random-checkpoint.ts <smollm2-135m | qwen2.5-0.5b> --to <folder>
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { seed } from "../src/engine/random.ts";
import { type TokenizerFiles, trainBpe } from "../src/lm/bpe-trainer.ts";
import { tokenizerBytes, writeCheckpoint } from "../src/lm/checkpoint.ts";
import { type DecoderConfig, PLAIN_LLAMA } from "../src/lm/config.ts";
import { toConfigJson } from "../src/lm/config-json.ts";
import { initialize } from "../src/lm/initialize.ts";
import { createTokenizer } from "../src/lm/tokenizer.ts";
import { readPreferences, readPrompts } from "../src/pipeline/read-dataset.ts";

type Shape = Omit<DecoderConfig, "endTokens" | "padToken">;

/** As their config.json has it, but for maxPositions: the real ones read 8,192 and 32,768. */
const SHAPES: Readonly<Record<string, Shape>> = {
  "smollm2-135m": {
    ...PLAIN_LLAMA,
    hiddenSize: 576,
    intermediateSize: 1536,
    layers: 30,
    heads: 9,
    keyValueHeads: 3,
    headSize: 64,
    vocabularySize: 49_152,
    maxPositions: 2048,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 100_000,
    tieWordEmbeddings: true,
  },
  "qwen2.5-0.5b": {
    ...PLAIN_LLAMA,
    family: "qwen2",
    hiddenSize: 896,
    intermediateSize: 4864,
    layers: 24,
    heads: 14,
    keyValueHeads: 2,
    headSize: 64,
    vocabularySize: 151_936,
    maxPositions: 2048,
    rmsNormEpsilon: 1e-6,
    ropeTheta: 1_000_000,
    tieWordEmbeddings: true,
  },
};

/** How an added token begins: as a space does in a byte-level vocabulary. */
const UNUSED = "Ġunused";

/** One token in so many ends a text: random weights would hardly ever draw the one that does. */
const END_EVERY = 64;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { to: { type: "string", default: "" } },
});
const name = positionals[0] ?? "";
if (!Object.hasOwn(SHAPES, name) || values.to === "") {
  console.error(`node scripts/random-checkpoint.ts <${Object.keys(SHAPES).join(" | ")}> --to <folder>`);
  process.exit(2);
}
const shape = SHAPES[name]!;
const V = shape.vocabularySize;

const learnt = trainBpe(await generalTexts(), { vocabularySize: V });
const files = padded(learnt, V);
const { endToken, padToken } = createTokenizer(files, values.to);
const used = Object.keys(vocabularyOf(learnt)).length;
const unused = Array.from({ length: V - used }, (_, i) => used + i);
const ends = [endToken, ...unused.filter((id) => id % END_EVERY === 0)];
const config: DecoderConfig = { ...shape, endTokens: ends, padToken };
await writeCheckpoint(values.to, {
  config: { ...toConfigJson(config, "vocabulary"), torch_dtype: "float16" },
  tensors: initialize(config, "vocabulary", seed(`random ${name}`)),
  tokenizerFiles: tokenizerBytes(files),
  dtype: "F16",
});
console.log(`${values.to}: the shape of ${name}, ${used} tokens learnt and ${V - used} added`);

/** Everything that is said in data/general. */
async function generalTexts(): Promise<readonly string[]> {
  const folder = join(import.meta.dirname, "../data/general");
  const names = readdirSync(folder).filter((file) => file.endsWith(".jsonl"));
  const prompts = await Promise.all(names.map((file) => readPrompts(join(folder, file))));
  const comparisons = await readPreferences(join(folder, "helpfulness-comparisons.jsonl"));
  return [
    ...prompts.flatMap(({ rows }) =>
      rows.flatMap(({ conversation }) => conversation.map((turn) => turn.content)),
    ),
    ...comparisons.rows.flatMap(({ chosen, rejected }) => [chosen, rejected]),
  ];
}

/**
 * Tokens added up to the size: each a space and a word of its own, which is read back whole. Anything like <unused-7> would be read
 * back as a dozen tokens, and the texts of a critique would outgrow the context.
 */
function padded(files: TokenizerFiles, size: number): TokenizerFiles {
  const vocab = { ...vocabularyOf(files) };
  for (let id = Object.keys(vocab).length; id < size; id++) vocab[`${UNUSED}${inLetters(id)}`] = id;
  const model = { ...(files.tokenizer["model"] as object), vocab, ignore_merges: true };
  return { ...files, tokenizer: { ...files.tokenizer, model } };
}

function vocabularyOf({ tokenizer }: TokenizerFiles): Readonly<Record<string, number>> {
  return (tokenizer["model"] as { readonly vocab: Readonly<Record<string, number>> }).vocab;
}

/** A number in letters alone: a digit would be read as the start of another word. */
function inLetters(id: number): string {
  return Array.from(id.toString(26), (digit) => String.fromCharCode(97 + Number.parseInt(digit, 26))).join(
    "",
  );
}
