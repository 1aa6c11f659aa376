// How much memory models need, as a formula over their configuration: what the trainer chooses its way by, and what a plan and
// the error of a model that does not fit say. Measured beside it: docs/memory.md. Bytes throughout.
import { sizeOf } from "../engine/shape.ts";
import { type DecoderConfig, type Head, isTrained, parameterShapes } from "./config.ts";
import { maskWidths } from "./dropout.ts";
import { memoryLayout } from "./fused-weights.ts";

const FLOAT = 4;

/** Node, the engine's code, and compiled graphs. */
const RUNTIME = 300e6;

/** Rows of this length stand for all: attention keeps as many numbers a token as it looks at. */
const TYPICAL_LENGTH = 256;

/** Rows of 160 to 320 tokens fill it; activations of more leave the caches (bench/train-step.ts). */
const MOST_TOKENS = 1600;

/** Logits of a microbatch, and as much again for each of their two gradients. */
const MOST_LOGITS = 256 * 2 ** 20;

/** A conversation of this length is provided for in the cache. */
const TYPICAL_POSITIONS = 512;

/** Of the cache of all rows. */
const MOST_CACHE = 512 * 2 ** 20;

/** Where the activations of all layers take more than this, layers are computed one by one. */
const MOST_ACTIVATIONS = 512 * 2 ** 20;

/** Tokens that a trainer takes through the model at once: as many as fill the machine, fewer where a large vocabulary multiplies them. */
export function tokensAtOnce({ vocabularySize }: DecoderConfig, head: Head): number {
  if (head === "scalar") return MOST_TOKENS;
  return Math.max(64, Math.min(MOST_TOKENS, Math.floor(MOST_LOGITS / FLOAT / vocabularySize)));
}

/** What one layer keeps of so many tokens until its gradients are known. */
function layerActivations(config: DecoderConfig, tokens: number): number {
  const { hiddenSize: C, intermediateSize: F, heads: H, keyValueHeads: KV, headSize: D } = config;
  const perToken = 5 * C + 2 * (H + 2 * KV) * D + H * D + H * TYPICAL_LENGTH + 4 * F;
  const masks = [...maskWidths(config).values()].reduce((sum, width) => sum + width, 0) / config.layers;
  return FLOAT * tokens * (perToken + 2 * masks); // with what is left under each
}

/** Whether a model is trained layer by layer. A function of the model alone: machines that differ in memory compute alike. */
export function isDeep(config: DecoderConfig, tokens: number): boolean {
  return config.layers * layerActivations(config, tokens) > MOST_ACTIVATIONS;
}

/** Bytes of keys and values that a token leaves. */
const cachePerToken = ({ layers, keyValueHeads, headSize }: DecoderConfig): number =>
  FLOAT * 2 * layers * keyValueHeads * headSize;

/** Rows decoded at once at most, a power of two: 64 are the fastest on two cores (bench/decode.ts), where their cache is not too large. */
export function rowsAtOnce(config: DecoderConfig): number {
  const fitting = MOST_CACHE / (TYPICAL_POSITIONS * cachePerToken(config));
  return Math.max(1, Math.min(64, 2 ** Math.floor(Math.log2(fitting))));
}

/** What models of one configuration take. */
export interface ModelMemory {
  /** Weights that are only read: with adapters those of the base, there once for all models that stand on it. */
  readonly frozen: number;
  /** Weights that are trained, once: a model that learns holds four times as much, with gradient and two moments. */
  readonly trained: number;
  /** While a loss is computed, beside weights and gradients. */
  readonly training: number;
  /** While a checkpoint is opened, beside its weights: those that become part of a larger matrix, once more. */
  readonly opening: number;
  /** While answers are sampled, beside the weights: the cache, and its copy while it grows. */
  readonly sampling: number;
}

export function memoryOf(config: DecoderConfig, head: Head): ModelMemory {
  const sizes = Object.entries(parameterShapes(config, head));
  const bytes = (isWanted: (name: string) => boolean) =>
    sizes.reduce((sum, [name, shape]) => (isWanted(name) ? sum + FLOAT * sizeOf(shape) : sum), 0);
  const layout = [...memoryLayout(config, head).values()];
  const stacked = new Set(layout.flatMap((parts) => (parts.length > 1 ? parts : [])));
  const tokens = tokensAtOnce(config, head);
  const layer = layerActivations(config, tokens);
  const entering = FLOAT * tokens * config.hiddenSize * config.layers;
  const layers = isDeep(config, tokens) ? entering + 3 * layer : 3 * config.layers * layer;
  const logits = head === "scalar" ? 0 : 3 * FLOAT * tokens * config.vocabularySize;
  return {
    frozen: bytes((name) => !isTrained(config, name)),
    trained: bytes((name) => isTrained(config, name)),
    training: layers + logits,
    opening: bytes((name) => stacked.has(name)),
    sampling: 2 * rowsAtOnce(config) * TYPICAL_POSITIONS * cachePerToken(config),
  };
}

/** Fine-tuning one model. */
export function supervisedMemory(config: DecoderConfig): number {
  const { frozen, trained, training, opening } = memoryOf(config, "vocabulary");
  return RUNTIME + frozen + 4 * trained + Math.max(training, opening);
}

/**
 * PPO: a policy and a value model that learn, a reference and a preference model that are read. The most that a run needs. What
 * sampling and either learning work with adds up, for a compiled graph keeps what it has once taken.
 *
 * @param preference configuration of the preference model, and of a value model that starts as it does
 * @param sharesBase whether both stand on one checkpoint, whose frozen weights are then there once
 */
export function ppoMemory(policy: DecoderConfig, preference: DecoderConfig, sharesBase: boolean): number {
  const [own, other] = [memoryOf(policy, "vocabulary"), memoryOf(preference, "scalar")];
  const frozen = sharesBase ? Math.max(own.frozen, other.frozen) : own.frozen + other.frozen;
  const working = Math.max(own.training + own.sampling + other.training, own.opening, other.opening);
  return RUNTIME + frozen + (4 + 1) * (own.trained + other.trained) + working;
}
