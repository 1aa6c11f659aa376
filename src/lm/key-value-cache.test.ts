import { expect, test } from "vitest";
import { PLAIN_LLAMA } from "./config.ts";
import { createKeyValueCache, type KeyValueCache } from "./key-value-cache.ts";

const config = {
  ...PLAIN_LLAMA,
  hiddenSize: 4,
  intermediateSize: 4,
  layers: 1,
  heads: 2,
  keyValueHeads: 2,
  headSize: 2,
  vocabularySize: 8,
  maxPositions: 32,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 10_000,
  tieWordEmbeddings: true,
  endTokens: [],
  padToken: null,
};

/** Keys of one row's unmasked positions, head by head. */
function keysOf(cache: KeyValueCache, row: number): readonly (readonly number[])[] {
  const { slots: S } = cache.shape;
  const keys = cache.feeds["cache.0.keys"]!.data;
  const mask = cache.feeds["mask"]!.data.subarray(row * S, (row + 1) * S);
  const filled = [...mask.keys()].filter((slot) => mask[slot] === 0);
  return [0, 1].map((head) =>
    filled.flatMap((slot) => {
      const start = ((row * 2 + head) * S + slot) * 2;
      return [...keys.subarray(start, start + 2)];
    }),
  );
}

// [..,2LKV=4,T=3,D=2]: two rows of 24 numbers; in each, the first 12 are keys: 6 of head 0, then 6 of head 1.
const prompts = Float32Array.from({ length: 48 }, (_, i) => i);
// [..,2LKV=4,1,D=2]: two rows of 8 numbers; the first 4 are keys.
const step = Float32Array.from({ length: 16 }, (_, i) => 100 + i);

test("a row holds its prompt's positions without the padding, then what is appended", () => {
  const cache = createKeyValueCache(config, { rows: 2, slots: 4 });
  cache.fill(0, 0, 2, prompts, 1, 3);
  expect(keysOf(cache, 0)).toEqual([
    [24, 25, 26, 27],
    [30, 31, 32, 33],
  ]);
  cache.append(0, 2, step, 1);
  expect(keysOf(cache, 0)).toEqual([
    [24, 25, 26, 27, 108, 109],
    [30, 31, 32, 33, 110, 111],
  ]);
  expect(keysOf(cache, 1)).toEqual([[], []]);
});

test("rows keep what they hold when they move and when the cache changes its size", () => {
  const cache = createKeyValueCache(config, { rows: 2, slots: 4 });
  cache.fill(1, 0, 3, prompts, 0, 3);
  const held = keysOf(cache, 1);
  cache.move(1, 0);
  cache.clear(1);
  expect(keysOf(cache, 0)).toEqual(held);
  expect(keysOf(cache, 1)).toEqual([[], []]);
  const larger = cache.resized({ rows: 4, slots: 8 }, 1);
  expect(keysOf(larger, 0)).toEqual(held);
  expect(keysOf(larger.resized({ rows: 1, slots: 3 }, 1), 0)).toEqual(held);
});

test("a row is filled in parts, one behind the other, and goes back: what lies from the next position on is not seen", () => {
  const cache = createKeyValueCache(config, { rows: 2, slots: 6 });
  cache.fill(0, 0, 3, prompts, 0, 3);
  cache.fill(0, 3, 1, prompts, 1, 3);
  const whole = [
    [0, 1, 2, 3, 4, 5, 24, 25],
    [6, 7, 8, 9, 10, 11, 30, 31],
  ];
  expect(keysOf(cache, 0)).toEqual(whole);
  cache.expect(0, 4);
  cache.append(0, 4, step, 0);
  cache.append(0, 5, step, 1);
  cache.expect(0, 4);
  expect(keysOf(cache, 0)).toEqual(whole);
  cache.append(0, 4, step, 1);
  expect(keysOf(cache, 0)).toEqual([
    [...whole[0]!, 108, 109],
    [...whole[1]!, 110, 111],
  ]);
});
