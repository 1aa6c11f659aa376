import { expect, it } from "vitest";
import { nearestName } from "./nearest-name.ts";

const names = ["klCoefficient", "clip", "valueClip", "lambda"];

it.each([
  ["klCoeficient", "klCoefficient"],
  ["KLCOEFFICIENT", "klCoefficient"],
  ["clpi", "clip"],
  ["lamda", "lambda"],
  ["valueclip", "valueClip"],
])("takes %s to mean %s", (given, meant) => {
  expect(nearestName(given, names)).toBe(meant);
});

it("does not guess where nothing is near", () => {
  expect(nearestName("temperature", names)).toBeUndefined();
  expect(nearestName("clip", [])).toBeUndefined();
});
