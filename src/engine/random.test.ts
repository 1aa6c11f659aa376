import { expect, it } from "vitest";
import { seed } from "./random.ts";

const draws = (name: string, count: number) => {
  const random = seed(name).random();
  return Array.from({ length: count }, () => random.float());
};

it("a name always gives the same stream, from its first draw", () => {
  expect(draws("run 7", 5)).toEqual(draws("run 7", 5));
  expect(draws("run 7", 5)).not.toEqual(draws("run 8", 5));
});

it("children are told apart by every part of their path", () => {
  const root = seed("root");
  const names = [
    root.child("a", 1),
    root.child("a", "1"),
    root.child("a").child("b"),
    root.child("a/b"),
    root.child("ab"),
  ];
  expect(new Set(names.map((child) => child.random().float())).size).toBe(names.length);
  expect(root.child("a", "b").name).toBe(root.child("a").child("b").name);
});

it("floats fill [0, 1) evenly", () => {
  const counts = new Array(10).fill(0);
  for (const x of draws("even", 100_000)) counts[Math.floor(x * 10)] += 1;
  // 10,000 each with a standard deviation of 95; five of them
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(475);
});

it("first draws of numbered children are as even as one stream, and neighbours do not follow each other", () => {
  const first = Array.from({ length: 20_000 }, (_, i) => seed("s").child(i).random().float() - 0.5);
  const meanOf = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
  expect(Math.abs(meanOf(first))).toBeLessThan(0.0103); // five of sqrt(1/12 / 20,000)
  expect(Math.abs(meanOf(first.slice(1).map((x, i) => x * first[i]!)))).toBeLessThan(0.003); // five of 1/12 / sqrt(20,000)
});

it("normal draws have mean 0, variance 1 and a normal's share beyond two", () => {
  const random = seed("normal").random();
  const numbers = Array.from({ length: 100_000 }, () => random.normal());
  const mean = numbers.reduce((a, b) => a + b) / numbers.length;
  const variance = numbers.reduce((a, b) => a + b * b, 0) / numbers.length;
  expect(Math.abs(mean)).toBeLessThan(0.016);
  expect(Math.abs(variance - 1)).toBeLessThan(0.023);
  const beyond = numbers.filter((x) => Math.abs(x) > 2).length / numbers.length;
  expect(Math.abs(beyond - 0.0455)).toBeLessThan(0.0033);
});

it("many draws at once are a value at the share of p and 0 otherwise, a word of the stream each", () => {
  const count = 100_000;
  const of = (name: string) => [...seed(name).random().bernoulli(count, 0.3, 2)];
  const [hits, others] = [of("many"), of("others")];
  expect(new Set(hits)).toEqual(new Set([0, 2]));
  const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
  expect(Math.abs(sum(hits) / 2 - 0.3 * count)).toBeLessThan(725); // five of sqrt(0.3 0.7 count)
  // Neither neighbours nor streams follow each other: 0.09 of the pairs are both hits, with a deviation of 0.0009.
  for (const pairs of [hits.slice(1), others])
    expect(Math.abs(sum(pairs.map((x, i) => (x * hits[i]!) / 4)) / count - 0.09)).toBeLessThan(0.0045);

  const [once, twice, floats] = [0, 1, 2].map(() => seed("words").random());
  const parts = [...twice!.bernoulli(3, 0.5, 1), ...twice!.bernoulli(5, 0.5, 1)];
  expect(parts).toEqual([...once!.bernoulli(8, 0.5, 1)]);
  for (let i = 0; i < 4; i++) floats!.float(); // two words each
  expect(once!.float()).toBe(floats!.float());
  expect([...seed("all").random().bernoulli(1000, 1, 1)]).toEqual(Array(1000).fill(1));
  expect([...seed("none").random().bernoulli(1000, 0, 1)]).toEqual(Array(1000).fill(0));
});

it("a shuffle keeps every item, leaves its argument alone, and reaches every order", () => {
  const items = ["a", "b", "c"];
  const orders = Array.from({ length: 600 }, (_, i) =>
    seed("shuffle").child(i).random().shuffle(items).join(""),
  );
  const counts = new Map<string, number>();
  for (const order of orders) counts.set(order, (counts.get(order) ?? 0) + 1);
  expect([...counts.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
  for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(46); // five of sqrt(600 5/36)
  expect(items).toEqual(["a", "b", "c"]);
});

it("integers and picks stay within bounds, and nothing cannot be picked from", () => {
  const random = seed("integers").random();
  const seen = new Set(Array.from({ length: 200 }, () => random.integer(5)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4]);
  expect(() => random.pick([])).toThrow("random.pick: expected at least one item, got none");
});
