import fc, { assert, integer, property } from "fast-check";
import { expect, test } from "vitest";
import { type Group, ladder, pack } from "./batch.ts";

const passage = (first: number, length: number, reads: readonly number[] = [length - 1]) => ({
  tokens: Array.from({ length }, (_, i) => first + i),
  reads,
});

test("lays passages one after the other with positions that restart and segments that rise", () => {
  const [batch, ...others] = pack([[passage(10, 3, [0, 1])], [passage(20, 2, [0])]], 64);
  expect(others).toEqual([]);
  expect(batch!.shape).toEqual({ rows: 1, length: 64, reads: 3 });
  expect([...batch!.tokens.data.slice(0, 6)]).toEqual([10, 11, 12, 20, 21, 0]);
  expect([...batch!.positions.data.slice(0, 6)]).toEqual([0, 1, 2, 0, 1, 0]);
  expect([...batch!.segments.data.slice(0, 6)]).toEqual([0, 0, 0, 1, 1, 2]);
  expect([...batch!.reads.data]).toEqual([0, 1, 3]);
  expect([...batch!.targets.data]).toEqual([11, 12, 21]);
  expect(batch!.groups).toEqual([0, 1]);
});

test("puts every passage in exactly one batch, whole, and reads what it was asked to", () => {
  const groups = fc.array(fc.array(integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 2 }), {
    minLength: 1,
  });
  assert(
    property(groups, integer({ min: 64, max: 600 }), (lengths, tokensPerBatch) => {
      let first = 1;
      const given: Group[] = lengths.map((sizes) =>
        sizes.map((size) => {
          first += 1000;
          return passage(first, size, [0, size - 1]);
        }),
      );
      const seen: number[] = [];
      for (const batch of pack(given, tokensPerBatch)) {
        const { reads, tokens, positions, segments, shape } = batch;
        let at = 0;
        for (const group of batch.groups) {
          seen.push(group);
          for (const { tokens: wanted } of given[group]!) {
            const start = reads.data[at]!;
            expect([...tokens.data.slice(start, start + wanted.length)]).toEqual(wanted);
            expect(positions.data[start]).toBe(0);
            expect(new Set(segments.data.slice(start, start + wanted.length)).size).toBe(1);
            expect(reads.data[at + 1]).toBe(start + wanted.length - 1);
            expect(Math.floor(start / shape.length)).toBe(
              Math.floor((start + wanted.length - 1) / shape.length),
            );
            at += 2;
          }
        }
        for (let i = 1; i < segments.data.length; i++) {
          if (i % shape.length !== 0) expect(segments.data[i]!).toBeGreaterThanOrEqual(segments.data[i - 1]!);
        }
      }
      expect(seen.sort((a, b) => a - b)).toEqual(given.map((_, i) => i));
    }),
    { numRuns: 60 },
  );
});

test("leaves under a twentieth of the computed tokens unused on conversations of mixed lengths", () => {
  // Lengths of 30 to 109 tokens, as the town's documents have.
  const groups = Array.from({ length: 200 }, (_, i) => [passage(1, 30 + ((i * 37) % 80))]);
  const batches = pack(groups, 2688);
  const computed = batches.reduce((sum, { shape }) => sum + shape.rows * shape.length, 0);
  const filled = batches.reduce((sum, batch) => sum + batch.filled, 0);
  expect(filled / computed).toBeGreaterThan(0.95);
  // 14 rows of 192 are 2,688 tokens.
  expect(batches.slice(0, -1).map(({ shape }) => shape.rows)).toEqual(batches.slice(0, -1).map(() => 14));
});

test("takes rows as short as the passages where longer ones would leave much unused", () => {
  const shapeOf = (length: number, count: number) =>
    pack(
      Array.from({ length: count }, () => [passage(1, length)]),
      1024,
    ).map(({ shape: { rows, length } }) => [rows, length]);
  expect(shapeOf(128, 8)).toEqual([[8, 128]]); // one to a row of 192 would leave a third unused
  expect(shapeOf(96, 8)).toEqual([[4, 192]]); // two to a row leave nothing
});

test("splits what does not fit into batches of one size", () => {
  const batches = pack(
    Array.from({ length: 10 }, () => [passage(1, 64)]),
    128,
  );
  expect(batches.map(({ shape }) => shape.rows * shape.length)).toEqual([128, 128, 128, 128, 128]);
});

test("climbs four steps an octave", () => {
  expect([1, 4, 5, 8, 9, 13, 17, 33, 100].map(ladder)).toEqual([1, 4, 5, 8, 10, 14, 20, 40, 112]);
});

test("one place may be read more often than there are places", () => {
  const reads = Array.from({ length: 100 }, () => 2);
  const [batch] = pack([[{ tokens: [1, 2, 3], reads }]], 64);
  expect([...batch!.reads.data].slice(0, 100)).toEqual(reads);
});

test("branches go on from the passage, and the numbers of their segments let none see another", () => {
  const branched = { tokens: [1, 2, 3], branches: [[4, 5], [6]], reads: [2, 3, 5] };
  const [batch] = pack([[branched], [{ tokens: [7, 8], reads: [0] }]], 64);
  expect([...batch!.tokens.data.slice(0, 8)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect([...batch!.positions.data.slice(0, 8)]).toEqual([0, 1, 2, 3, 4, 3, 0, 1]);
  expect([...batch!.reads.data.slice(0, 4)]).toEqual([2, 3, 5, 6]);
  const segment = [...batch!.segments.data.slice(0, 9)] as number[];
  const sees = (query: number, key: number) => key <= query && segment[key]! >= segment[query]!;
  const seen = (query: number) => segment.flatMap((_, key) => (sees(query, key) ? [key] : []));
  expect([2, 4, 5, 7, 8].map(seen)).toEqual([[0, 1, 2], [0, 1, 2, 3, 4], [0, 1, 2, 5], [6, 7], [8]]);
});
