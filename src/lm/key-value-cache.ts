// Keys and values of everything read and written so far, for a batch of rows: plain typed arrays that a decoding step reads
// in place. Rows are packed at the front; the arrays are exchanged for others when rows or positions need another size. A step
// that writes the cache does so on the GPU; the arrays follow, and are brought there again when prompts come in.
import { release } from "../engine/session.ts";
import { float32, int32, type Tensor } from "../engine/tensor.ts";
import type { DecoderConfig } from "./config.ts";
import { keysInput, type StepShape, valuesInput } from "./decode-graph.ts";
import { MASKED } from "./transformer.ts";

/** A cache of one size. A "kind" is the keys or the values of one layer; there are 2L. */
export interface KeyValueCache {
  readonly shape: StepShape;
  /** The tensors of a step's inputs: keys and values [B,KV,S,D] of each layer, and what else it takes of the cache. */
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Those that the step writes. */
  readonly written: Readonly<Record<string, Tensor>>;
  /** Says where the next step's keys and values of a row will lie; of what lies there and beyond, the step sees nothing. */
  expect(row: number, position: number): void;
  /** Stores one position of every kind and unmasks it: row `from` of `made` [..,2LKV,D] in row `row`. */
  append(row: number, position: number, made: Float32Array, from: number): void;
  /** Gives a row positions start..start+length-1, the last it has: the first of row `from` of `made` [..,2LKV,T,D]. */
  fill(row: number, start: number, length: number, made: Float32Array, from: number, T: number): void;
  /** Row `from` takes the place of row `to`. */
  move(from: number, to: number): void;
  /** Empties a row. */
  clear(row: number): void;
  /** The first `rows` rows in a cache of another size. */
  resized(shape: StepShape, rows: number): KeyValueCache;
}

/** An empty cache: every slot masked. */
export function createKeyValueCache(config: DecoderConfig, shape: StepShape): KeyValueCache {
  const { layers: L, keyValueHeads: KV, headSize: D } = config;
  const { rows: B, slots: S, writesCache = false } = shape;
  const kinds = Array.from({ length: 2 * L }, () => new Float32Array(B * KV * S * D));
  const mask = new Float32Array(B * S).fill(-MASKED);
  const order = Int32Array.from({ length: B }, (_, row) => row);
  const place = new Float32Array(B * S);
  const stored: Record<string, Tensor> = {};
  for (let layer = 0; layer < L; layer++) {
    stored[keysInput(layer)] = float32(kinds[2 * layer]!, [B, KV, S, D]);
    stored[valuesInput(layer)] = float32(kinds[2 * layer + 1]!, [B, KV, S, D]);
  }
  const rowSize = KV * S * D;

  return {
    shape,
    feeds: {
      ...stored,
      mask: float32(mask, [B, 1, 1, S]),
      ...(writesCache && { order: int32(order), place: float32(place, [B, 1, S, 1]) }),
    },
    written: writesCache ? stored : {},
    expect(row, position) {
      place[row * S + position] = 1;
      mask.fill(-MASKED, row * S + position, (row + 1) * S);
    },
    append(row, position, made, from) {
      let source = from * 2 * L * KV * D;
      for (const kind of kinds) {
        for (let head = 0; head < KV; head++) {
          const target = ((row * KV + head) * S + position) * D;
          for (let i = 0; i < D; i++) kind[target + i] = made[source++]!;
        }
      }
      mask[row * S + position] = 0;
      order[row] = row; // the step has put it there
      place[row * S + position] = 0;
    },
    fill(row, start, length, made, from, T) {
      release(Object.values(stored));
      order.forEach((_, row) => {
        order[row] = row;
      });
      let source = from * 2 * L * KV * T * D;
      for (const kind of kinds) {
        for (let head = 0; head < KV; head++) {
          kind.set(made.subarray(source, source + length * D), ((row * KV + head) * S + start) * D);
          source += T * D;
        }
      }
      mask.fill(0, row * S + start, row * S + start + length);
      mask.fill(-MASKED, row * S + start + length, (row + 1) * S);
    },
    move(from, to) {
      if (from === to) return;
      for (const kind of kinds) kind.copyWithin(to * rowSize, from * rowSize, (from + 1) * rowSize);
      mask.copyWithin(to * S, from * S, (from + 1) * S);
      order[to] = order[from]!;
    },
    clear(row) {
      mask.fill(-MASKED, row * S, (row + 1) * S);
    },
    resized(next, rows) {
      release(Object.values(stored));
      const other = createKeyValueCache(config, next);
      const kept = Math.min(S, next.slots);
      kinds.forEach((kind, index) => {
        const name = index % 2 === 0 ? keysInput(index >> 1) : valuesInput(index >> 1);
        const target = other.feeds[name]!.data as Float32Array;
        for (let block = 0; block < rows * KV; block++) {
          target.set(kind.subarray(block * S * D, (block * S + kept) * D), block * next.slots * D);
        }
      });
      const targetMask = other.feeds["mask"]!.data as Float32Array;
      for (let row = 0; row < rows; row++) {
        targetMask.set(mask.subarray(row * S, row * S + kept), row * next.slots);
      }
      return other;
    },
  };
}
