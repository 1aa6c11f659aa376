// Reading a model: what its head says at chosen positions of packed sequences, and nothing elsewhere. The forward half that
// scoring and every loss share. Knows shapes and weights' names, not losses.
import { gatherRows, input } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import type { Shape } from "../engine/shape.ts";
import type { Tensor } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";
import type { BatchShape, Group, PackedBatch } from "./batch.ts";
import type { DecoderConfig, Head } from "./config.ts";
import { scalars, targetLogProbs } from "./heads.ts";
import { hiddenStates, type PackedTokens, type ParameterValues, parameterInputs } from "./transformer.ts";

/** The graph's inputs for the tensors of a `PackedBatch`, by their names. */
export function packedInputs({ rows: B, length: T }: BatchShape): PackedTokens {
  return {
    tokens: input("tokens", [B, T], "int32"),
    positions: input("positions", [B, T], "int32"),
    segments: input("segments", [B, T], "int32"),
  };
}

/** What is fed of a batch, under its tensors' own names. */
export function batchFeeds({
  tokens,
  positions,
  segments,
  reads,
  targets,
}: PackedBatch): Readonly<Record<string, Tensor>> {
  return { tokens, positions, segments, reads, targets };
}

/**
 * What is read at a batch's read positions, [N]: the log-probability of the token after each (nats), or the scalar there.
 * The graph's inputs are the weights by memory name and the tensors of a `PackedBatch` by theirs.
 *
 * @param options `masks`, shapes of masks of dropout, which are inputs too, none where the model is only read; `shared`, how many
 * positions come before all sequences, whose keys and values are inputs too (`shared-beginning.ts`)
 */
export function readGraph(
  config: DecoderConfig,
  head: Head,
  shape: BatchShape,
  {
    masks = new Map(),
    shared = 0,
  }: { readonly masks?: ReadonlyMap<string, Shape>; readonly shared?: number } = {},
): { readonly parameters: ParameterValues; readonly read: Value } {
  const dropped = [...masks].map(([name, shape]) => [name, input(name, shape)] as const);
  const parameters = new Map([...parameterInputs(config, head), ...dropped]);
  const hidden = hiddenStates(config, parameters, packedInputs(shape), shared);
  return { parameters, read: readHead(config, head, parameters, hidden, shape) };
}

/** The same from hidden states [BT,C]. */
export function readHead(
  config: DecoderConfig,
  head: Head,
  parameters: ParameterValues,
  hidden: Value,
  { reads: N }: BatchShape,
): Value {
  const rows = gatherRows(hidden, input("reads", [N], "int32")); // [N,C]
  return head === "scalar"
    ? scalars(config, parameters, rows)
    : targetLogProbs(config, parameters, rows, input("targets", [N], "int32"));
}

/** Positions read in a group. */
export const readCount = (group: Group): number =>
  group.reduce((count, { reads }) => count + reads.length, 0);

/** Refuses sequences that the model cannot read. */
export function checkSequences(
  groups: readonly Group[],
  { maxPositions, vocabularySize }: DecoderConfig,
): void {
  const sequences = groups
    .flat()
    .flatMap(({ tokens, branches = [[]] }) => branches.map((branch) => [...tokens, ...branch]));
  for (const tokens of sequences) {
    if (tokens.length === 0) throw new Error("sequence: expected at least one token, got none");
    if (tokens.length > maxPositions) {
      throw new UserError(
        "sequence-length",
        `sequence: expected at most ${maxPositions} tokens, got ${tokens.length}`,
        "shorten the conversation, or use a model with more positions",
      );
    }
    const foreign = tokens.find((token) => !(token >= 0 && token < vocabularySize));
    if (foreign !== undefined) {
      throw new Error(`sequence: expected token ids below ${vocabularySize}, got ${foreign}`);
    }
  }
}
