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
