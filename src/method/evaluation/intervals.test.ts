import { expect, test } from "vitest";
import { seed } from "../../engine/random.ts";
import { bootstrap, clusteredWilson, jackknife, quantile, wilson } from "./intervals.ts";

test("Wilson's interval is the published one", () => {
  // Newcombe 1998, table I: 81/263 -> 0.2553 to 0.3662; 15/148 -> 0.0624 to 0.1605; 0/20 -> 0 to 0.1611; 1/29 -> 0.0061 to 0.1718.
  for (const [count, of, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const rate = wilson(count, of)!;
    expect([rate.low, rate.high]).toEqual([expect.closeTo(low, 4), expect.closeTo(high, 4)]);
  }
});

test("all of n is the mirror of none of n, and nothing to count is null", () => {
  expect(wilson(20, 20)!.low).toBeCloseTo(1 - 0.1611, 4);
  expect(wilson(20, 20)!.high).toBe(1);
  expect(wilson(0, 0)).toBeNull();
});

test("outcomes in clusters: single ones are Wilson's, copies count once, independent ones as often as they are", () => {
  const single = Array.from({ length: 40 }, (_, i) => ({ count: i < 9 ? 1 : 0, of: 1 }));
  expect(clusteredWilson(single)).toEqual(wilson(9, 40));
  const copied = clusteredWilson(single.map(({ count }) => ({ count: 8 * count, of: 8 })))!;
  expect(copied).toMatchObject({ count: 72, of: 320 });
  expect(copied.low).toBeCloseTo(wilson(9, 40)!.low, 2);
  const random = seed("independent").random();
  const draws = Array.from({ length: 400 }, () =>
    Array.from({ length: 5 }, () => (random.chance(0.3) ? 1 : 0)).reduce<number>((sum, x) => sum + x, 0),
  );
  const independent = clusteredWilson(draws.map((count) => ({ count, of: 5 })))!;
  const all = wilson(independent.count, 2000)!;
  expect(independent.high - independent.low).toBeCloseTo(all.high - all.low, 2);
  expect(
    clusteredWilson([
      { count: 0, of: 4 },
      { count: 0, of: 4 },
    ])!.high,
  ).toBe(wilson(0, 2)!.high);
  // One cluster tells nothing of how clusters differ: 15 of its 16 are no surer than one outcome.
  const one = clusteredWilson([{ count: 15, of: 16 }])!;
  expect(one).toMatchObject({ count: 15, of: 16, rate: 15 / 16 });
  expect(one.high - one.low).toBeGreaterThan(0.7);
  expect(clusteredWilson([])).toBeNull();
});

test("the bootstrap's interval of a mean is the normal one for many clusters", () => {
  const random = seed("numbers").random();
  const numbers = Array.from({ length: 400 }, () => random.float());
  const mean = (xs: readonly number[]) => [xs.reduce((total, x) => total + x, 0) / xs.length];
  const [estimate] = bootstrap(numbers, mean, 2000, seed("bootstrap").random());
  // Standard error of a mean of 400 uniforms: sqrt(1/12/400) = 0.0144.
  expect((estimate!.high - estimate!.low) / 2 / 1.96).toBeCloseTo(0.0144, 2.5);
  expect(estimate!.low).toBeLessThan(estimate!.value);
  expect(estimate!.high).toBeGreaterThan(estimate!.value);
});

test("the jackknife of a mean has its standard error, s / sqrt(n)", () => {
  const numbers = [3, 1, 4, 1, 5, 9, 2, 6]; // mean 3.875, s = 2.74838
  const leftOut = numbers.map((own) => (31 - own) / 7);
  const { value, low, high } = jackknife(31 / 8, leftOut);
  expect(value).toBe(3.875);
  expect((high - low) / 2 / 1.959964).toBeCloseTo(2.74838 / Math.sqrt(8), 5);
  expect((high + low) / 2).toBeCloseTo(value, 12);
});

test("the same seed gives the same interval, another seed another", () => {
  const mean = (xs: readonly number[]) => [xs.reduce((total, x) => total + x, 0) / xs.length];
  const of = (name: string) => bootstrap([0, 0, 1, 5, 9, 11], mean, 50, seed(name).random());
  expect(of("a")).toEqual(of("a"));
  expect(of("a")).not.toEqual(of("b"));
});

test("without resampling the interval is the value itself", () => {
  expect(bootstrap([3], ([x]) => [x!], 0, seed("none").random())).toEqual([{ value: 3, low: 3, high: 3 }]);
});

test("quantiles lie between the order statistics", () => {
  expect(quantile([0, 10, 20], 0.25)).toBe(5);
  expect(quantile([], 0.5)).toBeUndefined();
});
