// What is read from hidden states, normalised a last time: log-probabilities over the vocabulary, or one number. Only the rows
// that a loss or a score needs pass through a head. Source: transformers, LlamaForCausalLM and LlamaForSequenceClassification.
import { matmul, reshape, rmsNorm, tokenLogProbs } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import { type DecoderConfig, EMBEDDING, type Head } from "./config.ts";
import { type ParameterValues, parameter } from "./transformer.ts";

/** Scores of the next token, unnormalised: [N,C] -> [N,V]. The embedding serves as head where the two are tied. */
export function vocabularyLogits(config: DecoderConfig, parameters: ParameterValues, hidden: Value): Value {
  return project(config, parameters, hidden, headWeight(config, "vocabulary"));
}

/** Log-probability (nats) of each target: [N,C] and int32 [N] -> [N]. */
export function targetLogProbs(
  config: DecoderConfig,
  parameters: ParameterValues,
  hidden: Value,
  targets: Value,
): Value {
  return tokenLogProbs(vocabularyLogits(config, parameters, hidden), targets);
}

/** The scalar head: [N,C] -> [N]. */
export function scalars(config: DecoderConfig, parameters: ParameterValues, hidden: Value): Value {
  return reshape(project(config, parameters, hidden, headWeight(config, "scalar")), [-1]);
}

/** Weights of the last normalisation, [C]. */
export const LAST_NORM = "model.norm.weight";

/** Name of the head's matrix, [V,C] or [1,C]. */
export function headWeight({ tieWordEmbeddings }: DecoderConfig, head: Head): string {
  if (head === "scalar") return "score.weight";
  return tieWordEmbeddings ? EMBEDDING : "lm_head.weight";
}

function project(config: DecoderConfig, parameters: ParameterValues, hidden: Value, name: string): Value {
  const normed = rmsNorm(hidden, parameter(parameters, LAST_NORM), config.rmsNormEpsilon);
  return matmul(normed, parameter(parameters, name), { transposeB: true });
}
