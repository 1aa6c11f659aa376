// What is read from hidden states: log-probabilities over the vocabulary, or one number. Only the rows that a loss or a
// score needs pass through a head. Source: transformers, LlamaForCausalLM and LlamaForSequenceClassification.
import { gatherRows, matmul, reshape, tokenLogProbs } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import type { DecoderConfig } from "./config.ts";
import { type ParameterValues, parameter } from "./transformer.ts";

/** Hidden states at flat positions: [B,T,C] and int32 [N] into B T -> [N,C]. */
export function readRows(hidden: Value, rows: Value): Value {
  return gatherRows(reshape(hidden, [-1, hidden.shape.at(-1)!]), rows);
}

/** Scores of the next token, unnormalised: [N,C] -> [N,V]. The embedding serves as head where the two are tied. */
export function vocabularyLogits(config: DecoderConfig, parameters: ParameterValues, hidden: Value): Value {
  const name = config.tieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
  return matmul(hidden, parameter(parameters, name), { transposeB: true });
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
export function scalars(parameters: ParameterValues, hidden: Value): Value {
  return reshape(matmul(hidden, parameter(parameters, "score.weight"), { transposeB: true }), [-1]);
}
