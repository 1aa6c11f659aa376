// Log-probabilities of given tokens at given positions of packed rows, as a graph. Only the positions read pass through the
// vocabulary head.
import { input } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import type { BatchShape } from "./batch.ts";
import type { DecoderConfig } from "./config.ts";
import { readRows, targetLogProbs } from "./heads.ts";
import { hiddenStates, parameterInputs } from "./transformer.ts";

/** Inputs as in a `PackedBatch`: tokens, positions, segments int32 [B,T]; reads, targets int32 [N]. Output `logProbs` [N]. */
export function targetScores(
  config: DecoderConfig,
  { rows: B, length: T, reads: N }: BatchShape,
): Record<string, Value> {
  const parameters = parameterInputs(config, "vocabulary");
  const packed = {
    tokens: input("tokens", [B, T], "int32"),
    positions: input("positions", [B, T], "int32"),
    segments: input("segments", [B, T], "int32"),
  };
  const hidden = hiddenStates(config, parameters, packed); // [B,T,C]
  const rows = readRows(hidden, input("reads", [N], "int32")); // [N,C]
  return { logProbs: targetLogProbs(config, parameters, rows, input("targets", [N], "int32")) };
}
