import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type Json, sha256 } from "./canonical-json.ts";

describe("canonicalJson", () => {
  it("writes the example of RFC 8785, section 3.2.2, byte for byte", () => {
    // biome-ignore lint/correctness/noPrecisionLoss: the RFC's own number, which a double cannot hold
    const numbers = [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001];
    const value = {
      numbers,
      string: "€$\u000F\u000aA'\u0042\u0022\u005c\\\"\u002f",
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("sorts keys by UTF-16 code units (RFC 8785, section 3.2.3)", () => {
    const value = { "€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 };
    const order = [...canonicalJson(value).matchAll(/:(\d)/g)].map(([, digit]) => Number(digit));
    expect(order).toEqual([2, 4, 6, 7, 1, 5, 3]);
  });

  it("does not depend on the order in which keys were set, and reads back as the same value", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        const text = canonicalJson(record as Json);
        expect(canonicalJson(reversed as Json)).toBe(text);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it("refuses what JSON cannot hold, naming the place", () => {
    expect(() => canonicalJson({ a: [1, { b: Number.NaN }] })).toThrow(
      "a finite number at $.a[1].b, got NaN",
    );
    expect(() => canonicalJson([Number.POSITIVE_INFINITY])).toThrow("$[0], got Infinity");
    expect(() => canonicalJson({ a: new Float32Array(2) } as unknown as Json)).toThrow(
      "a plain object at $.a, got Float32Array",
    );
    expect(() => canonicalJson([undefined] as unknown as Json)).toThrow(
      "a JSON value at $[0], got undefined",
    );
  });

  it("leaves out undefined properties and writes minus zero as zero", () => {
    expect(canonicalJson({ a: undefined, b: -0 } as unknown as Json)).toBe('{"b":0}');
  });

  it("hashes text as UTF-8 (SHA-256 of 'abc', FIPS 180-4)", () => {
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
