// Positions that come before every row of a graph, read once for all rows: their keys and values are inputs, and each row's
// queries look at them as at its own. Knows no tokens.
import { concat, expand, input } from "../engine/functions.ts";
import type { Value } from "../engine/graph.ts";
import type { DecoderConfig } from "./config.ts";

/** Keys and values of one layer. */
export interface KeysValues {
  readonly k: Value; // [B,KV,T,D]
  readonly v: Value; // [B,KV,T,D]
}

/** The input for the keys or the values of a layer's shared positions, [1,KV,P,D]. */
export const sharedInput = (layer: number, what: keyof KeysValues): string => `shared.${layer}.${what}`;

/** What puts P shared positions before a layer's own: [B,KV,T,D] -> [B,KV,P+T,D]; as they are where P is 0. */
export function sharedPositions(
  { keyValueHeads: KV, headSize: D }: DecoderConfig,
  P: number,
): (own: KeysValues, layer: number) => KeysValues {
  return ({ k, v }, layer) => {
    if (P === 0) return { k, v };
    const before = (what: keyof KeysValues, own: Value) => {
      const shared = input(sharedInput(layer, what), [1, KV, P, D]);
      return concat([expand(shared, [own.shape[0]!, KV, P, D]), own], 2);
    };
    return { k: before("k", k), v: before("v", v) };
  };
}
