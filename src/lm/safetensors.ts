// safetensors files: named tensors behind a JSON header. Every number a file gives is checked before it is used, so a
// truncated or hostile file ends in one UserError and never in a large allocation. A file is read and written tensor by tensor:
// beside the tensors themselves, at most one of them is in memory. Knows bytes, not models.
// Source: https://github.com/huggingface/safetensors#format (little-endian; no holes, no overlaps; header under 100 MB).
import { type FileHandle, open } from "node:fs/promises";
import { findDuplicateKey } from "../duplicate-key.ts";
import type { Tensor } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";

const MAX_HEADER_BYTES = 100_000_000;
/** The header's length, ahead of it. */
const LENGTH_BYTES = 8;
const ALIGNMENT = 8;
/** A read or write of a file takes at most this much: more than 2 GiB is refused by the system. */
const PIECE = 16 * 2 ** 20;

/** How a stored element becomes ours: its size in bytes, and the reading of `count` elements from aligned bytes. */
interface StoredType {
  readonly bytes: number;
  read(buffer: ArrayBuffer, shape: readonly number[], name: string): Tensor;
}

const STORED_TYPES: Readonly<Record<string, StoredType>> = {
  F32: { bytes: 4, read: (buffer, shape) => ({ dtype: "float32", shape, data: new Float32Array(buffer) }) },
  F16: {
    bytes: 2,
    read: (buffer, shape) => ({
      dtype: "float32",
      shape,
      data: new Float32Array(new Float16Array(buffer)),
    }),
  },
  BF16: { bytes: 2, read: (buffer, shape) => ({ dtype: "float32", shape, data: widenBfloat16(buffer) }) },
  I32: { bytes: 4, read: (buffer, shape) => ({ dtype: "int32", shape, data: new Int32Array(buffer) }) },
  I64: {
    bytes: 8,
    read: (buffer, shape, name) => ({ dtype: "int32", shape, data: narrowInt64(buffer, name) }),
  },
};

interface Entry {
  readonly name: string;
  readonly type: StoredType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads the tensors of a safetensors image: F32, F16 and BF16 as float32, I32 and I64 as int32. The data is copied.
 *
 * @param origin what the bytes are, for messages (a path)
 * @throws UserError when the image is truncated, lies about its contents, or holds another element type
 * @example const embedding = readSafetensors(bytes).get("model.embed_tokens.weight"); // [V,C]
 */
export function readSafetensors(bytes: Uint8Array, origin = "safetensors"): Map<string, Tensor> {
  const size = bytes.byteLength;
  const dataStart = LENGTH_BYTES + headerLength(bytes.subarray(0, LENGTH_BYTES), size, origin);
  const entries = readHeader(bytes.subarray(LENGTH_BYTES, dataStart), size, origin);
  const tensors = new Map<string, Tensor>();
  for (const { name, type, shape, begin, end } of entries) {
    // A fresh buffer is aligned. (A Buffer's own slice would share memory.)
    const copy = new Uint8Array(bytes.subarray(dataStart + begin, dataStart + end));
    tensors.set(name, type.read(copy.buffer, shape, `${origin}: ${name}`));
  }
  return tensors;
}

/**
 * The tensors of a file one after the other, in the order of their data.
 *
 * @param seen is shown every byte of the file once and in order: for a hash
 * @throws UserError as `readSafetensors`; the system's error when the file cannot be read
 * @example for await (const [name, tensor] of readTensors("model.safetensors")) tensors.set(name, tensor);
 */
export async function* readTensors(
  path: string,
  seen: (bytes: Uint8Array) => void = () => {},
): AsyncGenerator<readonly [name: string, tensor: Tensor]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const next = (length: number) => readNext(file, length, path, seen);
    const length = headerLength(await next(Math.min(size, LENGTH_BYTES)), size, path);
    const entries = readHeader(await next(length), size, path);
    for (const { name, type, shape, begin, end } of entries)
      yield [name, type.read((await next(end - begin)).buffer, shape, `${path}: ${name}`)];
  } finally {
    await file.close();
  }
}

/** The next bytes of a file, in a buffer of their own. */
async function readNext(
  file: FileHandle,
  length: number,
  path: string,
  seen: (bytes: Uint8Array) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await file.read(bytes, at, Math.min(length - at, PIECE));
    if (bytesRead === 0) throw malformed(path, `${length - at} more bytes`, "its end");
    seen(bytes.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  return bytes;
}

/** Element type of a float32 tensor on disk; int32 tensors are always I32. */
export type StoredFloat = "F32" | "F16";

export interface WriteOptions {
  /** One type for all float32 tensors, or a choice by name. Default "F32". */
  readonly dtype?: StoredFloat | ((name: string) => StoredFloat);
}

/**
 * Tensors as the bytes of a safetensors file, piece by piece. Equal tensors give equal bytes, whatever their order in the map:
 * wider element types first, then by name, so that every tensor is aligned to its element. What is stored as it lies in memory is not copied.
 *
 * @throws UserError when a finite value does not fit in F16
 * @example await writeFile("adapter.safetensors", safetensorsPieces(tensors));
 */
export function* safetensorsPieces(
  tensors: ReadonlyMap<string, Tensor>,
  { dtype = "F32" }: WriteOptions = {},
): Generator<Uint8Array> {
  const stored = [...tensors].map(([name, tensor]) => {
    const type =
      tensor.dtype === "int32" ? "I32" : typeof dtype === "function" ? dtype(name) : (dtype as StoredFloat);
    return { name, type, tensor, width: type === "F16" ? 2 : 4 };
  });
  stored.sort((a, b) => b.width - a.width || (a.name < b.name ? -1 : 1));
  let end = 0;
  const rows = stored.map(({ name, type, tensor, width }) => {
    const begin = end;
    end += tensor.data.length * width;
    return [name, { dtype: type, shape: tensor.shape, data_offsets: [begin, end] }] as const;
  });
  const metadata = { format: "pt" }; // without which transformers refuses the file
  const json = JSON.stringify(Object.fromEntries([["__metadata__", metadata], ...rows]));
  const text = new TextEncoder().encode(json);
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const header = new Uint8Array(LENGTH_BYTES + length).fill(0x20, LENGTH_BYTES);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, LENGTH_BYTES);
  yield header;
  for (const { name, type, tensor } of stored) {
    const data = type === "F16" ? narrowFloat16(tensor.data, name) : tensor.data;
    for (let at = 0; at < data.byteLength; at += PIECE)
      yield new Uint8Array(data.buffer, data.byteOffset + at, Math.min(PIECE, data.byteLength - at));
  }
}

/** All of `safetensorsPieces` as one image. */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  options: WriteOptions = {},
): Uint8Array {
  return new Uint8Array(Buffer.concat([...safetensorsPieces(tensors, options)]));
}

/** Bytes of the header, from the file's first eight. */
function headerLength(start: Uint8Array, size: number, origin: string): number {
  if (start.byteLength < LENGTH_BYTES) {
    throw malformed(origin, `at least ${LENGTH_BYTES} bytes`, `${size} bytes`);
  }
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const room = Math.min(size - LENGTH_BYTES, MAX_HEADER_BYTES);
  if (length > BigInt(room)) throw malformed(origin, `a header of at most ${room} bytes`, `${length} bytes`);
  return Number(length);
}

/** What a header says of a file of so many bytes: its tensors, in the order of their data. */
function readHeader(bytes: Uint8Array, size: number, origin: string): readonly Entry[] {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw malformed(origin, "a header of JSON in UTF-8", "other bytes", cause);
  }
  if (!isObject(header)) throw malformed(origin, "a header that is a JSON object", describe(header));
  const duplicate = findDuplicateKey(text);
  if (duplicate !== null) throw malformed(origin, "unique names", `"${duplicate.key}" twice`);
  const { __metadata__: metadata = {}, ...rest } = header;
  const entries = Object.entries(rest)
    .map(([name, value]) => readEntry(name, value, origin))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkRegions(entries, size - LENGTH_BYTES - bytes.byteLength, origin);
  checkMetadata(metadata, origin);
  return entries;
}

function readEntry(name: string, value: unknown, origin: string): Entry {
  const where = `${origin}: ${name}`;
  if (!isObject(value)) throw malformed(where, "an object", describe(value));
  const { dtype, shape, data_offsets: offsets } = value;
  const type = typeof dtype === "string" && Object.hasOwn(STORED_TYPES, dtype) ? STORED_TYPES[dtype] : null;
  if (!type) {
    throw new UserError(
      "safetensors-dtype",
      `${where}: expected one of ${Object.keys(STORED_TYPES).join(", ")}, got ${describe(dtype)}`,
      "save the checkpoint in float32, float16 or bfloat16 (quantised weights are not read)",
    );
  }
  if (!isSizes(shape)) throw malformed(where, "a shape of non-negative integers", describe(shape));
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw malformed(where, "data_offsets [begin, end]", describe(offsets));
  }
  const [begin, end] = offsets as unknown as readonly [number, number];
  const expected = shape.reduce((product, size) => product * size, type.bytes);
  if (!Number.isSafeInteger(expected) || end - begin !== expected) {
    throw malformed(
      where,
      `${expected} bytes for ${dtype} [${shape.slice(0, 8)}]`,
      `offsets ${begin} to ${end}`,
    );
  }
  return { name, type, shape, begin, end };
}

/** Tensors must tile the data exactly: the format allows neither holes nor overlaps nor bytes left over. */
function checkRegions(entries: readonly Entry[], dataBytes: number, origin: string): void {
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) {
      const fault = entry.begin < end ? "overlaps the one before" : "leaves a hole before it";
      throw malformed(`${origin}: ${entry.name}`, `data from byte ${end}`, `${entry.begin}, which ${fault}`);
    }
    end = entry.end;
  }
  if (end !== dataBytes) throw malformed(origin, `${end} bytes of tensor data`, `${dataBytes} bytes`);
}

function checkMetadata(value: unknown, origin: string): void {
  if (!isObject(value) || !Object.values(value).every((item) => typeof item === "string")) {
    throw malformed(`${origin}: __metadata__`, "an object of strings", describe(value));
  }
}

function malformed(where: string, expected: string, got: string, cause?: unknown): UserError {
  return new UserError(
    "safetensors-malformed",
    `${where}: expected ${expected}, got ${got}`,
    "the file is truncated or damaged: fetch or write it again",
    cause === undefined ? undefined : { cause },
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);

const describe = (value: unknown): string =>
  value === undefined ? "nothing" : JSON.stringify(value).slice(0, 80);

function widenBfloat16(buffer: ArrayBuffer): Float32Array {
  const halves = new Uint16Array(buffer);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16; // bfloat16 is the upper half of float32
  return new Float32Array(bits.buffer);
}

function narrowInt64(buffer: ArrayBuffer, where: string): Int32Array {
  return Int32Array.from(new BigInt64Array(buffer), (value) => {
    if (BigInt.asIntN(32, value) !== value) throw malformed(where, "integers of 32 bits", `${value}`);
    return Number(value);
  });
}

function narrowFloat16(data: Float32Array | Int32Array, name: string): Float16Array {
  const halves = new Float16Array(data);
  const lost = halves.findIndex((half, i) => !Number.isFinite(half) && Number.isFinite(data[i]!));
  if (lost >= 0) {
    throw new UserError(
      "safetensors-float16-range",
      `${name}: expected values within 65504 for F16, got ${data[lost]}`,
      "write this tensor as F32",
    );
  }
  return halves;
}
