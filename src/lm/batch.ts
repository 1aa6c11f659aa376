// Packing: sequences of any length become few rows of one length, several to a row, with hardly a padded token. Shapes come
// from short ladders, so that a handful of compiled graphs serves every batch. Deterministic. Knows tokens, not losses.
import type { Tensor } from "../engine/tensor.ts";
import { int32 } from "../engine/tensor.ts";

/** A sequence and the places whose hidden states are read, ascending. */
export interface Passage {
  readonly tokens: readonly number[];
  /** Continuations of the tokens, none of which sees another: the tokens are read once for all of them. */
  readonly branches?: readonly (readonly number[])[];
  /** Places in the tokens and then the branches, laid end to end. */
  readonly reads: readonly number[];
}

/** Passages that one loss term needs together, such as the two of a comparison. */
export type Group = readonly Passage[];

/** Sizes of a packed batch. */
export interface BatchShape {
  /** B */
  readonly rows: number;
  /** T, tokens a row. */
  readonly length: number;
  /** N, positions read. */
  readonly reads: number;
}

/** One batch for one run of a graph. */
export interface PackedBatch {
  readonly shape: BatchShape;
  readonly tokens: Tensor<"int32">; // [B,T]
  readonly positions: Tensor<"int32">; // [B,T], from 0 in each passage
  readonly segments: Tensor<"int32">; // [B,T]: a token sees the earlier ones of its row whose number is no smaller
  readonly reads: Tensor<"int32">; // [N] flat positions in B T: group by group, passage by passage; then zeros
  readonly targets: Tensor<"int32">; // [N] the token after each read position; 0 where none
  /** Which groups are in here, in the order of the reads. */
  readonly groups: readonly number[];
  /** Tokens that are not padding. */
  readonly filled: number;
}

const LENGTHS = [64, 96, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024];

/** The smallest size not below n of 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, ...: four steps an octave. */
export function ladder(n: number): number {
  if (n <= 4) return Math.max(1, n);
  const step = 2 ** (Math.ceil(Math.log2(n)) - 3);
  return Math.ceil(n / step) * step;
}

function lengthBucket(length: number): number {
  return LENGTHS.find((bucket) => bucket >= length) ?? Math.ceil(length / 512) * 512;
}

/**
 * Packs groups into batches of at most `tokensPerBatch` tokens, or one row where a passage alone is longer; all but
 * the last are as large as that allows.
 *
 * @param groups every passage has a token; groups without reads take part too
 * @example const [batch] = pack([[{ tokens: [5, 6, 7], reads: [0, 1] }]], 2048); // batch.targets: 6, 7
 */
export function pack(groups: readonly Group[], tokensPerBatch: number): readonly PackedBatch[] {
  if (groups.length === 0) return [];
  let longest = 0;
  let total = 0;
  for (const group of groups) {
    for (const passage of group) {
      longest = Math.max(longest, lengthOf(passage));
      total += lengthOf(passage);
    }
  }
  const order = groups.map((_, i) => i).sort((i, j) => size(groups[j]!) - size(groups[i]!) || i - j);
  const inRowsOf = (length: number): Packing => {
    const mostRows = Math.max(1, Math.floor(tokensPerBatch / length), ...groups.map(({ length: n }) => n));
    const bins = firstFit(groups, order, mostRows, length);
    const last = shrink(groups, bins.pop()!, length);
    return { length, bins: [...bins, last] };
  };
  const { length, bins } = rowLengths(longest, Math.min(total, tokensPerBatch))
    .map(inRowsOf)
    .reduce((best, next) => (computed(next) < SPARED * computed(best) ? next : best));
  return bins.map((bin) => layOut(groups, bin, length));
}

/** Bins of rows of one length. */
interface Packing {
  readonly length: number;
  readonly bins: readonly Bin[];
}

/** Tokens that a graph computes, padding included. */
const computed = ({ length, bins }: Packing): number =>
  bins.reduce((sum, { free }) => sum + free.length * length, 0);

/** Other rows are taken where they compute less than this share: few lengths in use are few graphs to compile. */
const SPARED = 0.95;

/**
 * Lengths to try. Longer rows leave less unused, as a rule, but cost more attention: at least 192, unless there is not that
 * much to pack. Then the shortest that hold every passage: of 128 tokens each, one would leave a third of 192 unused.
 */
function rowLengths(longest: number, most: number): readonly number[] {
  return [...new Set([Math.max(longest, Math.min(most, 192)), longest].map(lengthBucket))];
}

/** Tokens of a passage, branches and all. */
const lengthOf = ({ tokens, branches = [] }: Passage): number =>
  branches.reduce((sum, branch) => sum + branch.length, tokens.length);

const size = (group: Group): number => group.reduce((sum, passage) => sum + lengthOf(passage), 0);

interface Place {
  readonly group: number;
  /** Row of each passage. */
  readonly rows: readonly number[];
}

interface Bin {
  readonly free: number[]; // [B] tokens left in each row
  readonly placed: Place[];
}

const emptyBin = (rows: number, length: number): Bin => ({
  free: new Array<number>(rows).fill(length),
  placed: [],
});

/** In the order given, each group into the first batch where all its passages find room; new batches as needed. */
function firstFit(groups: readonly Group[], order: readonly number[], rows: number, length: number): Bin[] {
  const bins: Bin[] = [];
  for (const index of order) {
    if (bins.some((bin) => place(bin, groups[index]!, index))) continue;
    const bin = emptyBin(rows, length);
    if (!place(bin, groups[index]!, index))
      throw new Error(`internal: pack: expected group ${index} to fit, got no room`);
    bins.push(bin);
  }
  return bins;
}

/** The batch on the fewest rows of the ladder that hold it. */
function shrink(groups: readonly Group[], bin: Bin, length: number): Bin {
  const tokens = bin.free.reduce((sum, free) => sum + length - free, 0);
  for (let rows = ladder(Math.ceil(tokens / length)); rows < bin.free.length; rows = ladder(rows + 1)) {
    const smaller = emptyBin(rows, length);
    if (bin.placed.every(({ group }) => place(smaller, groups[group]!, group))) return smaller;
  }
  return bin;
}

function place(bin: Bin, group: Group, index: number): boolean {
  const rows: number[] = [];
  for (const passage of group) {
    const row = bin.free.findIndex((free) => free >= lengthOf(passage));
    if (row === -1) {
      rows.forEach((taken, i) => {
        bin.free[taken]! += lengthOf(group[i]!);
      });
      return false;
    }
    bin.free[row]! -= lengthOf(passage);
    rows.push(row);
  }
  bin.placed.push({ group: index, rows });
  return true;
}

function layOut(groups: readonly Group[], bin: Bin, length: number): PackedBatch {
  const rows = bin.free.length;
  const placed = [...bin.placed].sort((a, b) => a.group - b.group);
  const [tokens, positions, segments] = [0, 1, 2].map(() => new Int32Array(rows * length)) as Triple;
  const used = new Array<number>(rows).fill(0);
  const count = new Array<number>(rows).fill(0);
  const reads: number[] = [];
  const targets: number[] = [];
  for (const { group, rows: passageRows } of placed) {
    groups[group]!.forEach((passage, i) => {
      const row = passageRows[i]!;
      const start = row * length + used[row]!;
      const { branches = [] } = passage;
      let place = start;
      const put = (part: readonly number[], firstPosition: number, segment: number) =>
        part.forEach((token, j) => {
          tokens[place] = token;
          positions[place] = firstPosition + j;
          segments[place] = segment;
          place += 1;
        });
      // Branches have the lower numbers, rising: each sees the passage, and none the branches before it.
      put(passage.tokens, 0, count[row]! + branches.length);
      branches.forEach((branch, k) => {
        put(branch, passage.tokens.length, count[row]! + k);
      });
      for (const read of passage.reads) {
        reads.push(start + read);
        targets.push(passage.tokens[read + 1] ?? 0);
      }
      used[row]! += place - start;
      count[row]! += branches.length + 1;
    });
  }
  for (let row = 0; row < rows; row++) {
    segments.fill(count[row]!, row * length + used[row]!, (row + 1) * length);
  }
  // Where branches are short, more may be read than there are places: one place is then read for several.
  const N = Math.max(reads.length, Math.min(ladder(reads.length), rows * length));
  const padded = (numbers: readonly number[]) => Int32Array.from({ length: N }, (_, i) => numbers[i] ?? 0);
  return {
    shape: { rows, length, reads: N },
    tokens: int32(tokens, [rows, length]),
    positions: int32(positions, [rows, length]),
    segments: int32(segments, [rows, length]),
    reads: int32(padded(reads), [N]),
    targets: int32(padded(targets), [N]),
    groups: placed.map(({ group }) => group),
    filled: used.reduce((sum, tokensUsed) => sum + tokensUsed, 0),
  };
}

type Triple = [Int32Array<ArrayBuffer>, Int32Array<ArrayBuffer>, Int32Array<ArrayBuffer>];
