// The reader is tested against an image laid out by hand, a file written by Python's safetensors, and hostile bytes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { Tensor } from "../engine/tensor.ts";
import { UserError } from "../user-error.ts";
import { readSafetensors, readTensors, safetensorsPieces, writeSafetensors } from "./safetensors.ts";

/** An image from a header text and data bytes, with the length field as given or true. */
function image(header: string, data: readonly number[] = [], length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

const float32 = (shape: readonly number[], values: readonly number[]): Tensor => ({
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});

const folder = mkdtempSync(join(tmpdir(), "charter-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The tensors of a file of these bytes, and the bytes as they were seen on the way. */
async function fromFile(bytes: Uint8Array): Promise<{ tensors: Map<string, Tensor>; seen: Buffer }> {
  const path = join(folder, "x.safetensors");
  writeFileSync(path, bytes);
  const tensors = new Map<string, Tensor>();
  const pieces: Uint8Array[] = [];
  for await (const [name, tensor] of readTensors(path, (piece) => pieces.push(piece.slice())))
    tensors.set(name, tensor);
  return { tensors, seen: Buffer.concat(pieces) };
}

describe("readSafetensors", () => {
  test("reads an image laid out by hand", () => {
    // 1.5 is 0x3FC00000, -2 is 0xC0000000, little-endian
    const bytes = image(
      '{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0],
    );
    expect(readSafetensors(bytes).get("w")).toEqual(float32([2], [1.5, -2]));
  });

  test("widens half and brain floats, and narrows 64-bit integers", () => {
    const header = {
      half: { dtype: "F16", shape: [1], data_offsets: [0, 2] },
      brain: { dtype: "BF16", shape: [1], data_offsets: [2, 4] },
      long: { dtype: "I64", shape: [1], data_offsets: [4, 12] },
    };
    // F16 1.5 = 0x3E00; BF16 -3 = 0xC040; I64 -2
    const tensors = readSafetensors(
      image(JSON.stringify(header), [0, 0x3e, 0x40, 0xc0, 0xfe, 255, 255, 255, 255, 255, 255, 255]),
    );
    expect([...tensors.values()].map((tensor) => tensor.data[0])).toEqual([1.5, -3, -2]);
  });

  test("reads a file that Python's safetensors wrote", () => {
    const bytes = readFileSync(new URL("goldens/python.safetensors", import.meta.url));
    const tensors = readSafetensors(bytes); // its metadata, of format and a note, is passed over
    expect(tensors.get("b.f16")).toEqual(float32([2, 2], [0.5, -1.25, 65504, 0]));
    expect(tensors.get("a.f32")).toEqual(float32([3], [1, Math.fround(0.1), -Infinity]));
    expect(tensors.get("i64")).toEqual({ dtype: "int32", shape: [2], data: Int32Array.of(-7, 2147483647) });
    expect(tensors.get("scalar")).toEqual(float32([], [2.5]));
  });

  const row = (name: string, shape: string, offsets: string, dtype = "F32") =>
    `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  test.each([
    ["an empty file", new Uint8Array(), /at least 8 bytes/],
    ["a header longer than the file", image("{}", [], 1n << 40n), /header of at most/],
    ["a header length of all ones", image("{}", [], (1n << 64n) - 1n), /header of at most/],
    ["a header that is not JSON", image("{nonsense"), /JSON/],
    ["a header that is not UTF-8", image("{}", [0xff, 0xfe], 4n), /UTF-8/],
    ["a header that is a list", image("[]"), /JSON object/],
    ["an entry that is null", image('{"a":null}'), /a: expected an object/],
    ["an unknown element type", image(`{${row("a", "[1]", "[0,4]", "F8_E4M3")}}`, [0, 0, 0, 0]), /F32, F16/],
    ["an element type from the prototype", image(`{${row("a", "[1]", "[0,4]", "toString")}}`), /F32, F16/],
    ["a negative size", image(`{${row("a", "[-1]", "[0,4]")}}`, [0, 0, 0, 0]), /non-negative/],
    ["a fractional size", image(`{${row("a", "[0.5]", "[0,2]")}}`, [0, 0]), /non-negative/],
    ["a shape that overflows", image(`{${row("a", "[4294967296,4294967296]", "[0,0]")}}`), /bytes for F32/],
    [
      "a shape that disagrees with the size",
      image(`{${row("a", "[3]", "[0,8]")}}`, Array(8).fill(0)),
      /12 bytes/,
    ],
    [
      "offsets beyond the file",
      image(`{${row("a", "[2]", "[0,8]")}}`, [0, 0, 0, 0]),
      /8 bytes of tensor data/,
    ],
    ["offsets that run backwards", image(`{${row("a", "[0]", "[4,0]")}}`, [0, 0, 0, 0]), /offsets 4 to 0/],
    [
      "offsets that overlap",
      image(`{${row("a", "[2]", "[0,8]")},${row("b", "[1]", "[4,8]")}}`, Array(8).fill(0)),
      /overlaps/,
    ],
    ["a hole", image(`{${row("a", "[1]", "[4,8]")}}`, Array(8).fill(0)), /hole/],
    [
      "bytes left over",
      image(`{${row("a", "[1]", "[0,4]")}}`, Array(9).fill(0)),
      /4 bytes of tensor data, got 9/,
    ],
    [
      "a name used twice",
      image(`{${row("a", "[0]", "[0,0]")},${row("a", "[1]", "[0,4]")}}`, [0, 0, 0, 0]),
      /"a" twice/,
    ],
    [
      "an integer of 40 bits",
      image(`{${row("a", "[1]", "[0,8]", "I64")}}`, [0, 0, 0, 0, 1, 0, 0, 0]),
      /32 bits/,
    ],
  ])("refuses %s with one message, in memory as in a file", async (_, bytes, message) => {
    expect(() => readSafetensors(bytes, "x.safetensors")).toThrow(UserError);
    expect(() => readSafetensors(bytes, "x.safetensors")).toThrow(message);
    await expect(fromFile(bytes)).rejects.toThrow(UserError);
    await expect(fromFile(bytes)).rejects.toThrow(message);
  });

  test("reads a file tensor by tensor as it reads it whole, and shows every byte once", async () => {
    const bytes = readFileSync(new URL("goldens/python.safetensors", import.meta.url));
    const { tensors, seen } = await fromFile(bytes);
    expect(tensors).toEqual(readSafetensors(bytes));
    expect(seen).toEqual(bytes);
  });

  test("reads and writes tensors that are larger than one piece", async () => {
    const numbers = new Float32Array(5_000_000).map((_, i) => i);
    const tensors = new Map<string, Tensor>([
      ["large", { dtype: "float32", shape: [numbers.length], data: numbers }],
      ["small", float32([1], [7])],
    ]);
    const pieces = [...safetensorsPieces(tensors)];
    expect(pieces).toHaveLength(4); // the header, 16 MiB and the rest, the small one
    const read = (await fromFile(Buffer.concat(pieces))).tensors;
    expect(read.get("small")).toEqual(tensors.get("small"));
    expect(Buffer.from(read.get("large")!.data.buffer).equals(Buffer.from(numbers.buffer))).toBe(true);
  });

  test("never fails with anything but a UserError, whatever is done to the bytes", () => {
    const good = writeSafetensors(
      new Map([
        ["a", float32([2, 2], [1, 2, 3, 4])],
        ["b", float32([3], [5, 6, 7])],
      ]),
    );
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(damage, fc.nat(good.length), (changes, length) => {
        const bytes = good.slice(0, length);
        for (const [at, value] of changes) if (at < length) bytes[at] = value;
        try {
          readSafetensors(bytes);
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe("writeSafetensors", () => {
  test("gives back what it was given, in any dtype, and starts the data at a multiple of 8", () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 9 });
    // Without marks that JSON escapes: once, among many objects, JSON.parse gave the name '"' back as '\\' (Node 24.21).
    const name = fc.string().filter((text) => !/["\\]/.test(text));
    fc.assert(
      fc.property(fc.dictionary(name, values), (record) => {
        const entries = Object.entries(record).filter(([name]) => name !== "__metadata__");
        const tensors = new Map(entries.map(([name, data]) => [name, float32([data.length], data)]));
        const bytes = writeSafetensors(tensors);
        expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
        expect(new Map([...readSafetensors(bytes)].sort())).toEqual(new Map([...tensors].sort()));
      }),
    );
  });

  test("gives the same bytes whatever the order of the tensors", () => {
    const a = float32([1], [1]);
    const b: Tensor = { dtype: "int32", shape: [2], data: Int32Array.of(3, 4) };
    const dtype = (name: string) => (name === "a" ? "F16" : "F32");
    const forwards = writeSafetensors(
      new Map([
        ["a", a],
        ["b", b],
      ]),
      { dtype },
    );
    expect(
      writeSafetensors(
        new Map([
          ["b", b],
          ["a", a],
        ]),
        { dtype },
      ),
    ).toEqual(forwards);
    expect(readSafetensors(forwards)).toEqual(
      new Map([
        ["b", b],
        ["a", a],
      ]),
    );
  });

  test("halves the size in F16 and refuses values that do not fit", () => {
    const bytes = writeSafetensors(new Map([["a", float32([2], [0.5, 2])]]), { dtype: "F16" });
    expect(readSafetensors(bytes).get("a")).toEqual(float32([2], [0.5, 2]));
    expect(() => writeSafetensors(new Map([["a", float32([1], [70000])]]), { dtype: "F16" })).toThrow(
      /65504/,
    );
  });
});
