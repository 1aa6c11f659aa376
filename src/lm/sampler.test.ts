import { expect, test } from "vitest";
import { seed } from "../engine/random.ts";
import { sampleToken } from "./sampler.ts";

// Two rows of four tokens; the second is what most tests draw from.
const probabilities = Float32Array.from([1, 0, 0, 0, 0.1, 0.2, 0.3, 0.4]);
const draw = (temperature: number, topP: number, uniform: number) =>
  sampleToken(probabilities, 1, 4, { temperature, topP }, uniform);

test("at temperature 1 a uniform number falls where the cumulative distribution passes it", () => {
  expect([0, 0.09, 0.11, 0.29, 0.31, 0.59, 0.61, 0.999].map((u) => draw(1, 1, u))).toEqual([
    0, 0, 1, 1, 2, 2, 3, 3,
  ]);
});

test("greedy sampling takes the most probable token, the first of equals", () => {
  expect(draw(0, 1, 0)).toBe(3);
  expect(sampleToken(Float32Array.from([0.3, 0.35, 0.35]), 0, 3, { temperature: 0, topP: 1 }, 0.99)).toBe(1);
});

test("at temperature 1/2 probabilities are squared and normalised", () => {
  // 0.01, 0.04, 0.09, 0.16 of 0.30: cumulative 0.0333, 0.1667, 0.4667, 1
  expect([0.03, 0.04, 0.16, 0.17, 0.46, 0.47].map((u) => draw(0.5, 1, u))).toEqual([0, 1, 1, 2, 2, 3]);
});

test("the nucleus holds the most probable tokens up to the mass asked for, and no others", () => {
  // 0.4 alone reaches 0.39; 0.4 + 0.3 are the first to reach 0.6, and are drawn 4 : 3
  expect([0, 0.5, 0.999].map((u) => draw(1, 0.39, u))).toEqual([3, 3, 3]);
  expect([0, 0.57, 0.58, 0.999].map((u) => draw(1, 0.6, u))).toEqual([3, 3, 2, 2]);
});

test("a token of no probability is never drawn, even when rounding leaves the sum below the number", () => {
  expect(sampleToken(Float32Array.from([0.5, 0.4999, 0]), 0, 3, { temperature: 1, topP: 1 }, 0.99999)).toBe(
    0,
  );
  expect(sampleToken(probabilities, 0, 4, { temperature: 1, topP: 1 }, 0.9999999)).toBe(0);
});

test("many draws have the frequencies of the distribution", () => {
  const random = seed("frequencies").random();
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 10_000; i++) counts[draw(1, 1, random.float())]! += 1;
  // Four standard deviations: 4 sqrt(p (1 - p) / n) is at most 0.02.
  counts.forEach((count, token) => {
    expect(Math.abs(count / 10_000 - probabilities[4 + token]!)).toBeLessThan(0.02);
  });
});
