// Pretrains the helpful-only model of the town from nothing: a tokenizer from the corpus's words, seeded weights, then one
// pass over a stream of documents. One seeded run; it asks a model to train through the same port as every other training.
import { type Seed, seed } from "../engine/random.ts";
import { type TokenizerFiles, trainBpe } from "../lm/bpe-trainer.ts";
import { type ChatFormat, createChatFormat } from "../lm/chat-format.ts";
import type { Tokenizer } from "../lm/tokenizer.ts";
import { meanOverTokens } from "../method/supervised/train.ts";
import type { Metrics, TokenSequence, TrainableModel } from "../models/model.ts";
import { drawDocument } from "./corpus.ts";
import { textOf } from "./documents.ts";

/** The shape of the shipped model, as config.json says it. */
export const TOWN_CONFIG = {
  architectures: ["LlamaForCausalLM"],
  model_type: "llama",
  vocab_size: 2048,
  hidden_size: 192,
  intermediate_size: 512,
  num_hidden_layers: 4,
  num_attention_heads: 6,
  num_key_value_heads: 2,
  head_dim: 32,
  hidden_act: "silu",
  rms_norm_eps: 1e-5,
  rope_theta: 10000,
  max_position_embeddings: 1024,
  attention_bias: false,
  mlp_bias: false,
  tie_word_embeddings: true,
  bos_token_id: null,
  eos_token_id: 0,
  pad_token_id: 1,
  torch_dtype: "float16",
} as const;

export interface PretrainingOptions {
  readonly seed: string;
  /** Tokens to train on in all. */
  readonly tokens: number;
  /** Tokens an optimiser step. */
  readonly batchTokens: number;
  readonly learningRate: number;
}

export const PRETRAINING: PretrainingOptions = {
  seed: "town",
  tokens: 28_000_000,
  batchTokens: 2560,
  learningRate: 2e-3,
};

/** Documents that the tokenizer is trained on. */
const TOKENIZER_DOCUMENTS = 30_000;
const WARMUP_STEPS = 100;
/**
 * Share of the run after which the learning rate falls linearly to zero. Early: right steps come with a low rate (the
 * batches are small), and copying, which needs a high one, has formed by then.
 */
const DECAY_FROM = 0.3;

/** The tokenizer of the town's corpus. */
export function trainTownTokenizer(from: Seed): TokenizerFiles {
  function* texts() {
    for (let i = 0; i < TOKENIZER_DOCUMENTS; i++) {
      const random = from.child("tokenizer", i).random();
      for (const turn of drawDocument(random, random.float()).turns) yield textOf(turn);
    }
  }
  return trainBpe(texts(), {
    vocabularySize: TOWN_CONFIG.vocab_size,
    maxLength: TOWN_CONFIG.max_position_embeddings,
  });
}

/** Where a pretraining stands; with weights and moments, all that the next step needs. */
export interface PretrainingPoint {
  readonly step: number;
  readonly tokens: number;
  readonly documents: number;
}

export const PRETRAINING_START: PretrainingPoint = { step: 0, tokens: 0, documents: 0 };

/** Learning rate after a share of the run: warm-up, a stable stretch, linear decay to zero. */
function pretrainingRate({ learningRate }: PretrainingOptions, step: number, progress: number): number {
  const warm = Math.min(1, (step + 1) / WARMUP_STEPS);
  const decay = progress < DECAY_FROM ? 1 : (1 - progress) / (1 - DECAY_FROM);
  return learningRate * warm * Math.max(0, decay);
}

/** Trains until the tokens are spent; yields after each optimiser step. */
export async function* pretrain(
  model: TrainableModel,
  tokenizer: Tokenizer,
  options: PretrainingOptions,
  from: PretrainingPoint,
): AsyncGenerator<{ readonly point: PretrainingPoint; readonly metrics: Metrics }> {
  const stream = seed(options.seed).child("corpus");
  const format = createChatFormat(tokenizer);
  let point = from;
  while (point.tokens < options.tokens) {
    const progress = point.tokens / options.tokens;
    const { sequences, tokens } = nextBatch(format, stream, point, options);
    const metrics = await model.forwardBackward({
      kind: "cross-entropy",
      examples: meanOverTokens(sequences),
    });
    const learningRate = pretrainingRate(options, point.step, progress);
    const { gradientNorm } = await model.optimStep({
      learningRate,
      beta1: 0.9,
      beta2: 0.99, // batches are small, so squares are averaged over more of them
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 1,
    });
    point = {
      step: point.step + 1,
      tokens: point.tokens + tokens,
      documents: point.documents + sequences.length,
    };
    yield { point, metrics: { ...metrics, gradientNorm, learningRate } };
  }
}

/** Documents in the order of the stream until the batch is full. */
function nextBatch(
  format: ChatFormat,
  stream: Seed,
  { tokens: spent, documents }: PretrainingPoint,
  options: PretrainingOptions,
): { readonly sequences: readonly TokenSequence[]; readonly tokens: number } {
  const sequences: TokenSequence[] = [];
  let tokens = 0;
  while (tokens < options.batchTokens) {
    const random = stream.child("document", documents + sequences.length).random();
    const sequence = format.encodeSpans(drawDocument(random, spent / options.tokens).turns);
    sequences.push(sequence);
    tokens += sequence.tokens.length;
  }
  return { sequences, tokens };
}
