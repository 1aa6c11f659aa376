import { expect, test } from "vitest";
import { type Constitution, parseConstitution } from "./constitution.ts";
import { drawPrinciple, drawPrinciples } from "./draw.ts";

/** Principles as "id weight text". */
function constitutionOf(...principles: readonly string[]): Constitution {
  const rows = principles.map((line) => {
    const [id, weight, ...text] = line.split(" ");
    return `  - { id: ${id}, weight: ${weight}, text: ${text.join(" ") || "Be kind."} }`;
  });
  return parseConstitution(`title: T\nversion: 1.0.0\nprinciples:\n${rows.join("\n")}\n`, "t.yaml");
}

const keys = Array.from({ length: 20_000 }, (_, i) => `draw ${i}`);
const draws = (constitution: Constitution) => keys.map((key) => drawPrinciple(constitution, key).id);

test("rewording a principle or changing their order moves no draw", () => {
  const before = draws(constitutionOf("a 1", "b 2", "c 3"));
  expect(draws(constitutionOf("c 3", "a 1 Other words.", "b 2"))).toEqual(before);
});

test("adding a principle moves only the draws it wins; removing it moves only those it had", () => {
  const without = draws(constitutionOf("a 1", "b 2"));
  const withC = draws(constitutionOf("a 1", "b 2", "c 1"));
  const moved = keys.filter((_, i) => without[i] !== withC[i]);
  expect(moved.length).toBe(withC.filter((id) => id === "c").length);
  expect(moved.length).toBeGreaterThan(0);
});

test("changing a weight moves draws only towards or from that principle", () => {
  const light = draws(constitutionOf("a 1", "b 1", "c 1"));
  const heavy = draws(constitutionOf("a 1", "b 1", "c 2"));
  const moved = keys.flatMap((_, i) => (light[i] === heavy[i] ? [] : [heavy[i]]));
  expect(new Set(moved)).toEqual(new Set(["c"]));
});

test("principles are drawn in proportion to their weights", () => {
  const drawn = draws(constitutionOf("a 1", "b 2", "c 3", "d 4"));
  const expected = { a: 2_000, b: 4_000, c: 6_000, d: 8_000 };
  const chiSquare = Object.entries(expected).reduce((total, [id, count]) => {
    return total + (drawn.filter((own) => own === id).length - count) ** 2 / count;
  }, 0);
  // 3 degrees of freedom: 16.27 is passed by chance once in a thousand.
  expect(chiSquare).toBeLessThan(16.27);
});

test("several principles are distinct, the first is the single draw, and the second follows the weights too", () => {
  const constitution = constitutionOf("a 1", "b 1", "c 2");
  const pairs = keys.map((key) => drawPrinciples(constitution, key, 2).map(({ id }) => id));
  expect(pairs.every(([first, second]) => first !== second)).toBe(true);
  expect(pairs.map(([first]) => first)).toEqual(draws(constitution));
  // Without replacement: P(b second | a first) = 1 / (1 + 2).
  const afterA = pairs.filter(([first]) => first === "a");
  const share = afterA.filter(([, second]) => second === "b").length / afterA.length;
  expect(Math.abs(share - 1 / 3)).toBeLessThan(3.5 * Math.sqrt(2 / 9 / afterA.length));
});

test("more principles than there are is refused", () => {
  expect(() => drawPrinciples(constitutionOf("a 1"), "k", 2)).toThrow("at least 2 principles, got 1");
});
