import { expect, test } from "vitest";
import type { Preference } from "../method/records.ts";
import { smoothLabels, splitPreferences } from "./preference.ts";

const labelled = (probability: number, i: number): Preference => ({
  id: `p${i}`,
  source: "helpfulness",
  conversation: [{ role: "user", content: `Tea for ${i}?` }],
  textA: "Yes.",
  textB: "No.",
  probability,
});

test("smoothing draws certain labels to e and 1 - e and leaves even ones; none changes nothing", () => {
  const labels = [1, 0, 0.5, 0.75].map(labelled);
  const smoothed = smoothLabels(labels, 0.05).map(({ probability }) => probability);
  [0.95, 0.05, 0.5, 0.725].forEach((expected, i) => {
    expect(smoothed[i]).toBeCloseTo(expected, 12);
  });
  expect(smoothLabels(labels, 0)).toEqual(labels);
});

test("which side of the split a comparison is on depends on its conversation alone", () => {
  const all = Array.from({ length: 400 }, (_, i) => labelled(1, i));
  const { train, heldOut } = splitPreferences(all, 0.1, "seed");
  expect(heldOut.length).toBeGreaterThan(20);
  expect(heldOut.length).toBeLessThan(70);
  const fewer = splitPreferences(all.slice(0, 200), 0.1, "seed");
  expect(fewer.heldOut).toEqual(heldOut.filter(({ id }) => Number(id.slice(1)) < 200));
  expect(train.length + heldOut.length).toBe(400);
  const relabelled = all.map((preference) => ({
    ...preference,
    id: `other ${preference.id}`,
    probability: 0.3,
  }));
  expect(splitPreferences(relabelled, 0.1, "seed").heldOut.map(({ conversation }) => conversation)).toEqual(
    heldOut.map(({ conversation }) => conversation),
  );
});
