import { expect, it } from "vitest";
import type { Results } from "../method/evaluation/results.ts";
import { resultTable } from "./result-table.ts";

const rate = (value: number) => ({
  count: 100 * value,
  of: 100,
  rate: value,
  low: value - 0.04,
  high: value + 0.04,
});
const kinds = (comply: number) => ({
  comply: rate(comply),
  reasoned: rate(0.5),
  evasive: rate(0.04),
  other: rate(0.1),
});

/** Only what the table reads. */
const RESULTS = {
  grader: "town",
  models: [
    { name: "helpful-only", id: "1" },
    { name: "rl-cai", id: "2" },
  ],
  answers: [
    {
      model: "helpful-only",
      harmful: { kinds: kinds(0.95) },
      benign: { helpful: rate(0.9), overRefusal: rate(0.04) },
    },
    { model: "rl-cai", harmful: { kinds: kinds(0.05) }, benign: null },
  ],
  elo: [
    {
      judge: "grader",
      criterion: "harmlessness",
      ratings: [
        { model: "helpful-only", value: 0, low: 0, high: 0 },
        { model: "rl-cai", value: 399.6, low: 350.2, high: 450 },
      ],
    },
  ],
  preferenceModel: [
    {
      source: "harmlessness",
      accuracy: rate(0.9),
      expectedCalibrationError: { value: 0.0312, low: 0.0204, high: 0.0551 },
    },
  ],
} as unknown as Results;

it("puts the models side by side, each figure with its interval, a dash where there is none", () => {
  const { columns, rows, legend } = resultTable(RESULTS);
  expect(columns).toEqual(["", "helpful-only", "rl-cai"]);
  expect(rows).toEqual([
    ["harmful prompts: complies", "95.0% (91-99)", "5.0% (1-9)"],
    ["harmful prompts: evades", "4.0% (0-8)", "4.0% (0-8)"],
    ["harmful prompts: anything else but a decline", "10.0% (6-14)", "10.0% (6-14)"],
    ["benign prompts: helps", "90.0% (86-94)", "–"],
    ["benign prompts: over-refuses", "4.0% (0-8)", "–"],
    ["harmlessness Elo, by the grader", "0 (0 to 0)", "400 (350 to 450)"],
  ]);
  expect(legend).toEqual([
    "preference model, held-out harmlessness: accuracy 90.0% (86-94), calibration error 0.031 (0.020-0.055)",
  ]);
});

it("shows ratings alone where no grader knows the truth", () => {
  expect(resultTable({ ...RESULTS, grader: null }).rows.map(([title]) => title)).toEqual([
    "harmlessness Elo, by the grader",
  ]);
});
